"""The bases that ship with specc: clean alone, useful through a small child, and combinable without a warning."""

import json
import re
import shlex
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from support.tables import each

from specc import assets
from specc.cli.main import run

Capture = pytest.CaptureFixture[str]

TEMPLATES = assets.folder("templates")
BASES = sorted(path.name.removesuffix(".job.yaml") for path in TEMPLATES.glob("*.job.yaml"))
SETTINGS = """\
project = "small"
target = "t"
[targets.t]
kind = "ehpc"
job = {zone = "jn1a", cluster_id = "ehpc-8jqdq0mz", run_user = "usr-IuZxPyn2"}
"""
TARGET = {"zone": "jn1a", "cluster_id": "ehpc-8jqdq0mz", "run_user": "usr-IuZxPyn2"}


@pytest.fixture(autouse=True)
def small_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "specc.toml").write_text(SETTINGS)
    monkeypatch.chdir(tmp_path)


def payloads(text: str, capsys: Capture, *arguments: str) -> list[dict[str, object]]:
    """What a spec renders to, without what the target says. It must be clean."""
    Path("small.job.yaml").write_text(f"specc: 1\n{text}", encoding="utf-8")
    assert run(["check"]) == 0, capsys.readouterr().out
    assert capsys.readouterr().out.endswith("no problems\n")
    assert run(["render", "small.job.yaml", *arguments]) == 0, capsys.readouterr().err
    cells = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [{name: value for name, value in cell.items() if name not in TARGET} for cell in cells]


def test_the_bases_that_ship() -> None:
    assert BASES == ["array", "hybrid", "mpi", "serial", "threads"]


@pytest.mark.parametrize("base", BASES)
def test_a_base_is_clean_alone_and_renders_nothing(base: str, capsys: Capture) -> None:
    assert run(["check", str(TEMPLATES / f"{base}.job.yaml")]) == 0
    assert capsys.readouterr().out == "checked 1 file: no problems\n"
    assert run(["render", str(TEMPLATES / f"{base}.job.yaml")]) == 1
    assert "abstract-spec" in capsys.readouterr().err


def example_of(base: str) -> str:
    """The child that a base's leading comment shows."""
    comment = (TEMPLATES / f"{base}.job.yaml").read_text(encoding="utf-8").partition("specc: 1\n")[0]
    assert comment.startswith(f"# specc:{base}: ")
    return "".join(f"{line}\n" for line in re.findall(r"^#   (.+)$", comment, re.MULTILINE))


@pytest.mark.parametrize("base", BASES)
def test_the_example_in_a_base_works(base: str, capsys: Capture) -> None:
    example = example_of(base)
    assert f"extends: specc:{base}\n" in example
    cells = payloads(example, capsys)
    assert len(cells) == (10 if base == "array" else 1)
    assert all(str(cell["cmd_line"]).strip() for cell in cells)


def blocks_of_the_page(language: str) -> list[tuple[str, str]]:
    """Return the title and the text of each block of docs/bases.md."""
    page = (TEMPLATES.parent / "docs" / "bases.md").read_text(encoding="utf-8")
    return re.findall(rf'^```{language}(?: title="([^"\n]+)")?\n(.*?)^```$', page, re.MULTILINE | re.DOTALL)


def test_the_page_has_each_base_as_it_is() -> None:
    files = {title: text for title, text in blocks_of_the_page("yaml") if title.startswith("specc:")}
    assert files == {f"specc:{base}": (TEMPLATES / f"{base}.job.yaml").read_text(encoding="utf-8") for base in BASES}


def test_the_examples_of_the_page_give_the_payloads_of_the_page(capsys: Capture) -> None:
    specs = [text for title, text in blocks_of_the_page("yaml") if not title.startswith("specc:")]
    shown = [json.loads(text) for _, text in blocks_of_the_page("json")]
    assert len(specs) == len(shown) == len(BASES)
    for spec, expected in zip(specs, shown, strict=True):
        first, *_ = payloads(spec.removeprefix("specc: 1\n"), capsys)
        assert first == json.loads(json.dumps(expected).replace("solve-", "small-").replace('"solve"', '"small"'))


@each("base", BASES)
def test_a_base_explains_what_a_child_sets(base: str) -> None:
    """Every variable that a base reads and does not set stands in its comment."""
    text = (TEMPLATES / f"{base}.job.yaml").read_text(encoding="utf-8")
    comment, _, body = text.partition("specc: 1\n")
    node = YAML(typ="safe", pure=True).load(text)
    parent = str(node.get("extends", "")).removeprefix("specc:")
    inherited = YAML(typ="safe", pure=True).load((TEMPLATES / f"{parent}.job.yaml").read_text()) if parent else {}
    known = {*node.get("vars", {}), *inherited.get("vars", {})}
    asked = set(re.findall(r"\bvars\.(\w+)", body)) - known
    assert all(f"`vars.{name}`" in comment or "specc:mpi" in comment for name in asked)


def test_serial(capsys: Capture) -> None:
    (cell,) = payloads("extends: specc:serial\njob: {cmd_line: ./post results.csv}\n", capsys)
    assert cell == {"name": "small", "core_limit": 1, "cmd_line": "./post results.csv"}


def test_threads(capsys: Capture) -> None:
    child = "extends: specc:threads\nparams: {threads: {default: 16}}\nvars: {program: ./solve, arguments: [my case]}\n"
    (cell,) = payloads(child, capsys)
    assert cell == {"name": "small", "core_limit": 16, "cmd_line": "OMP_NUM_THREADS=16 ./solve 'my case'"}
    assert payloads(child, capsys, "-p", "threads=4")[0]["core_limit"] == 4


def test_mpi(capsys: Capture) -> None:
    child = "extends: specc:mpi\nparams: {ranks: {default: 64}}\nvars: {program: ./solve}\n"
    (cell,) = payloads(child, capsys)
    assert cell == {"name": "small", "core_limit": 64, "cmd_line": "mpirun -n 64 ./solve"}
    child = (
        "extends: specc:mpi\nvars: {program: ./solve, launcher: {$append: [--bind-to, core]}, arguments: [a b, 1]}\n"
    )
    (cell,) = payloads(child, capsys, "-p", "ranks=2")
    assert shlex.split(str(cell["cmd_line"])) == ["mpirun", "--bind-to", "core", "-n", "2", "./solve", "a b", "1"]
    assert payloads("extends: specc:mpi\nvars: {program: ./solve, launcher: [srun]}\n", capsys)[0]["cmd_line"] == (
        "srun -n 1 ./solve"
    )


def test_hybrid(capsys: Capture) -> None:
    child = "extends: specc:hybrid\nparams: {ranks: {default: 8}, threads: {default: 4}}\nvars: {program: ./solve}\n"
    (cell,) = payloads(child, capsys)
    assert cell == {"name": "small", "core_limit": 32, "cmd_line": "OMP_NUM_THREADS=4 mpirun -n 8 ./solve"}


def test_array(capsys: Capture) -> None:
    child = "extends: specc:array\nvars: {log_dir: logs}\nmatrix: {axes: {seed: [1, 2]}}\n"
    child += "job: {cmd_line: './solve {{ matrix.seed }}'}\n"
    first, second = payloads(child, capsys)
    assert first == {
        "name": "small-1",
        "core_limit": 1,
        "cmd_line": "./solve 1",
        "stdout_redirect_path": "logs/small-1.out",
        "stderr_redirect_path": "logs/small-1.err",
    }
    assert second["name"] == "small-2"


@pytest.mark.parametrize("order", ["[specc:{0}, specc:array]", "[specc:array, specc:{0}]"])
@pytest.mark.parametrize("base", ["mpi", "threads", "hybrid"])
def test_a_program_and_a_sweep_go_together(base: str, order: str, capsys: Capture) -> None:
    rest = "matrix: {axes: {mesh: [S, XL]}}\nvars: {program: ./solve}\njob: {input_file: '{{ matrix.mesh }}'}\n"
    cells = payloads(f"extends: {order.format(base)}\n{rest}", capsys)
    assert [cell["name"] for cell in cells] == ["small-S", "small-XL"]
    assert str(cells[0]["cmd_line"]).endswith("./solve")


def test_a_child_without_a_program_is_told_what_to_set(capsys: Capture) -> None:
    Path("small.job.yaml").write_text("specc: 1\nextends: specc:mpi\n")
    assert run(["check"]) == 1
    out = capsys.readouterr().out
    assert "error[SPC302 undefined-name]: `vars.program` is not defined\n  --> specc:mpi:" in out
    assert " ::: small.job.yaml:2:10\n" in out
    assert "= help: add it: `vars: {program: ...}`\n" in out
