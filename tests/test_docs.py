"""Every spec in the documentation compiles without a finding, and its links lead somewhere."""

import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from support.tables import each

from specc.cli.main import run

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SETTINGS = 'project = "docs"\n[units]\nmem_limit = "MiB"\ntime_limit = "min"\n'


def specs(page: Path) -> list[str]:
    tokens = MarkdownIt().parse(page.read_text(encoding="utf-8"))
    blocks = [token.content for token in tokens if token.type == "fence" and token.info.strip() == "yaml"]
    return [block for block in blocks if re.search(r"^specc: 1$", block, re.MULTILINE)]


OF_CODES = (ROOT / "docs" / "codes", ROOT / "docs" / "rules")
"""The blocks of their pages are good and bad examples; tests/rules runs both."""
TITLED = {"tutorial.md", "ci.md", "bases.md", "cookbook.md"}
"""Pages of which e2e/test_sessions.py, unit/test_manual.py and e2e/test_templates.py test each block."""
WRITTEN = [page for page in PAGES if page.parent not in OF_CODES]
BLOCKS = [(page, number, text) for page in WRITTEN for number, text in enumerate(specs(page), 1)]


FILES = {"cases.csv": "mesh,dt\ncoarse,0.1\nfine,0.01\n", "seeds.txt": "1\n2\n"}
"""The files that specs of the manual include."""


@pytest.mark.parametrize(
    ("page", "number", "text"), BLOCKS, ids=[f"{page.name}-{number}" for page, number, _ in BLOCKS]
)
def test_specs_compile(
    page: Path,
    number: int,
    text: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "specc.toml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "block.job.yaml").write_text(text, encoding="utf-8")
    for name, data in FILES.items():
        (tmp_path / name).write_text(data, encoding="utf-8")
    assert run(["check"]) == 0, capsys.readouterr().out
    assert "no problems" in capsys.readouterr().out


@pytest.mark.parametrize("text", [pytest.param(text, id=f"{page.name}-{number}") for page, number, text in BLOCKS])
def test_specs_have_the_layout_of_fmt(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "specc.toml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "block.job.yaml").write_text(text, encoding="utf-8")
    assert run(["fmt", "--diff"]) == 0


def fences(page: Path, language: str) -> list[tuple[str, str]]:
    """What stands behind the language, and the text."""
    written = page.read_text(encoding="utf-8")
    if f"```{language}" not in written:
        return []  # parsing all pages takes a while
    tokens = [token for token in MarkdownIt().parse(written) if token.type == "fence"]
    words = [(token.info.partition(" "), token.content) for token in tokens]
    return [(rest, text) for (name, _, rest), text in words if name == language]


@each("page", WRITTEN)
def test_no_block_of_yaml_goes_untested(page: Path) -> None:
    compiled = specs(page)
    for title, text in fences(page, "yaml"):
        if page.name in TITLED:
            assert title, "the tests of this page know its files by their titles"
        else:
            assert text in compiled, text


@pytest.mark.parametrize(
    ("page", "text"),
    [
        pytest.param(page, text, id=page.name)
        for page in WRITTEN
        for title, text in fences(page, "toml")
        if not (title and page.name in TITLED)  # these are files of a project, which is tested as a whole
    ],
)
def test_settings_are_taken(
    page: Path, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "specc.toml").write_text(text, encoding="utf-8")
    assert run(["config"]) == 0, capsys.readouterr()
    assert capsys.readouterr().err == ""


def test_the_language_reference_has_specs() -> None:
    assert len(specs(ROOT / "docs" / "language.md")) >= 4
    assert specs(ROOT / "README.md")


@each("page", PAGES)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"
