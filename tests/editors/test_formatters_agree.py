"""prettier and the YAML language server leave what `specc fmt` has written, with the settings that init writes."""

import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT
from support.language_server import LanguageServer

from specc import assets
from specc.formatter import Formatted, format_source
from specc.project import shipped_apis
from specc.source import Source

FIELDS = tuple(shipped_apis()["ehpc/v1"].fields)
OPTIONS = {"tabSize": 2, "insertSpaces": True}
WORDS = [
    *(
        "a",
        "coarse",
        "icoFoam",
        "64GiB",
        "2h30m",
        "汉字",
        "1",
        "2.5",
        "true",
        "'it''s'",
        "'single'",
        '"a\\tb"',
        "'say \"x\"'",
    ),
    *(
        '"\\"q\\""',
        "'{{ params.n }}'",
        "\"{{ vars.m['k'] }}\"",
        "x" * 30,
        "汉" * 20,
        "y" * 70,
        "'#'",
        '"a # b"',
        "a#b",
        "no",
    ),
]


def collection(chance: random.Random, depth: int) -> str:
    """Return `[...]` or `{...}`, with blanks and line breaks as somebody may write them."""
    parts = [value(chance, depth + 1) for _ in range(chance.choice((0, 1, 2, 3, 9)))]
    gap = chance.choice((" ", " ", "", "\n" + " " * (8 + 2 * depth)))
    is_map = chance.random() < 0.5
    inner = [f"k{number}: {part}" if is_map else part for number, part in enumerate(parts)]
    text = f",{gap or ' '}".join(inner)
    return ("{" if is_map else "[") + (f"{gap}{text}{gap}" if inner else "") + ("}" if is_map else "]")


def value(chance: random.Random, depth: int = 0) -> str:
    return collection(chance, depth) if depth < 3 and chance.random() < 0.5 else chance.choice(WORDS)


def spec(chance: random.Random) -> str:
    """Return a spec of variables, with comments, empty lines and lists here and there."""
    lines = [chance.choice(("", "---\n", "# head\n\n", "\n\n")) + "specc: 1", "vars:"]
    for number in range(chance.randint(1, 6)):
        lines += chance.choice(([], [], [""], ["", ""], ["  # above"], ["", "      # far"]))
        match chance.randrange(4):
            case 0:
                step = chance.choice(("", "  ", "    "))
                lines += [f"  v{number}:", *(f"  {step}- {value(chance)}" for _ in range(chance.randint(1, 3)))]
            case 1:
                lines += [
                    f"  v{number}: {chance.choice('|>')}{chance.choice(('', '-', '+'))}",
                    "     two",
                    "",
                    "      lines",
                ]
            case _:
                comment = chance.choice(("", "", "  # why"))
                lines.append(f"  v{number}:  {value(chance)}{comment}")
    return "\n".join(lines) + chance.choice(("\n", "", "\n\n\n"))


def sources() -> Iterator[Path]:
    yield from ROOT.glob("examples/**/*.job.yaml")
    yield from ROOT.glob("templates/*.job.yaml")
    yield from ROOT.glob("tests/cases/*/*/**/*.job.yaml")


@pytest.fixture(scope="module")
def laid_out() -> dict[str, str]:
    """What fmt makes of all specs of the project, and of random ones."""
    texts = {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in sources()}
    texts |= {f"random/{seed}.job.yaml": spec(random.Random(seed)).encode() for seed in range(300)}
    found: dict[str, str] = {}
    for name, data in texts.items():
        result = format_source(Source(name, data.decode("utf-8", "replace")), FIELDS)
        if isinstance(result, Formatted):
            assert result.problem is None, f"{name}: {result.problem}"
            found[name] = result.text
    assert len(found) > 450
    return found


def test_prettier_changes_nothing(laid_out: dict[str, str], prettier: str, tmp_path: Path) -> None:
    settings = assets.folder("templates") / "init" / "editors" / "prettierrc.yaml.in"
    (tmp_path / ".prettierrc.yaml").write_text(settings.read_text(encoding="utf-8"), encoding="utf-8")
    for name, text in laid_out.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    command = [prettier, "--check", "**/*.job.yaml"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
    assert ended.returncode == 0, ended.stderr
    (tmp_path / "other.job.yaml").write_text("specc:   1\n", encoding="utf-8")
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
    assert (ended.returncode, "other.job.yaml" in ended.stderr) == (1, True)


def test_the_yaml_language_server_changes_nothing(laid_out: dict[str, str], yaml_server: LanguageServer) -> None:
    chosen = [*(name for name in laid_out if "examples" in name and "broken" not in name), *list(laid_out)[-60:]]
    for name in chosen:
        path = Path("/somewhere") / name
        yaml_server.open(path, laid_out[name])
        document = {"textDocument": {"uri": path.as_uri()}, "options": OPTIONS}
        assert yaml_server.ask("textDocument/formatting", document) in ([], None), name
    path = Path("/somewhere/else.job.yaml")
    yaml_server.open(path, "specc:   1\n")
    assert yaml_server.ask("textDocument/formatting", {"textDocument": {"uri": path.as_uri()}, "options": OPTIONS})
