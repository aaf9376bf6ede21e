"""What a command line imports: the one command that it calls, and of that what it needs."""

import inspect
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from support import uncovered
from support.laws import law
from support.projects import Place
from support.tables import each

from specc.cli import dispatch as dispatching
from specc.cli import main as command_line
from specc.cli.checking import CheckOptions, read_without_typer
from specc.cli.commands import check as check_command
from specc.cli.dispatch import app, dispatch, load
from specc.cli.main import run
from specc.cli.table import COMMANDS, Command

NAMES = [command.name for command in COMMANDS]


@each("command", COMMANDS)
def test_the_list_says_what_the_help_of_a_command_begins_with(command: Command) -> None:
    loaded = load(command)
    assert loaded.name == command.name
    assert loaded.hidden is command.is_hidden
    assert " ".join(inspect.cleandoc(loaded.help).partition("\n\n")[0].split()) == command.summary


def test_every_module_with_a_command_is_in_the_table() -> None:
    listed = typer.main.get_command(app)
    assert list(listed.commands) == NAMES
    assert len(set(NAMES)) == len(NAMES)


def imported_by(folder: Path, *arguments: str) -> list[str]:
    """Every module that one command line has imported when it is through, in the order of imports."""
    code = (
        "import sys\nfrom specc.cli.main import run\n"
        "sys.exit(run(sys.argv[1:]) or print(*sys.modules, sep='\\n', file=sys.stderr))"
    )
    process = [sys.executable, "-c", code, *arguments]
    environment = uncovered.environment()
    result = subprocess.run(process, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stderr.split()


def test_the_list_of_commands_imports_none_of_them(place: Place) -> None:
    modules = set(imported_by(place.root, "--help"))
    assert not {f"specc.cli.commands.{command.module}" for command in COMMANDS} & modules
    assert {name.split(".")[1] for name in modules if name.startswith("specc.")} == {
        "cli", "docstrings", "errors", "fast_dataclass", "language", "source", "visible",
    }  # fmt: skip


BROKEN = 'specc: 1\njob: {name: a, cor_limit: 1, mem_limit: "{{ vars.no }}"}\n'


class TestAPlainCheck:
    @pytest.mark.parametrize(
        "paths",
        [[], ["."], ["base.job.yaml"], ["broken.job.yaml"], ["jobs"], ["base.job.yaml", "broken.job.yaml"]],
        ids=" ".join,
    )
    @pytest.mark.parametrize("color", ["", "1"], ids=["plain", "colour"])
    def test_says_what_the_command_says(
        self,
        paths: list[str],
        color: str,
        place: Place,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setenv("FORCE_COLOR", color)
        place.write(broken=BROKEN, jobs__a="specc: 1\nextends: ../base.job.yaml\n")
        assert read_without_typer(paths) is not None
        plain = (run(["check", *paths]), *capsys.readouterr())
        assert plain == (dispatch(["check", *paths]), *capsys.readouterr())

    def test_of_a_wrong_configuration(self, place: Place, capsys: pytest.CaptureFixture[str]) -> None:
        place.put("specc.toml", b"nothing = 1\n")
        plain = (run(["check"]), *capsys.readouterr())
        assert plain == (dispatch(["check"]), *capsys.readouterr())
        assert plain[0] == 2

    @each("argument", ["-", "--no-cache", "-h", "--", "--outptu", "--strict=", "--output", "--target"])
    def test_has_no_other_option(self, argument: str) -> None:
        assert read_without_typer([argument]) is None
        assert read_without_typer(["a.job.yaml", argument]) is None

    def test_is_no_completion(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[list[str]] = []
        monkeypatch.setenv("_SPECC_COMPLETE", "complete_bash")
        monkeypatch.setattr(dispatching, "dispatch", asked.append)
        command_line.run(["check"])
        assert asked == [["check"]]


WORDS = st.sampled_from(
    [
        "",
        "a",
        "jobs",
        "a=b",
        "n=1",
        "--strict",
        "--statistics",
        "--output",
        "--output=json",
        "--output=",
        "json:x",
        "--target",
        "--target=t",
        "--target=",
        "-p",
        "-",
        "--",
        "--output=-",
        "--strict=1",
        "--no-cache",
        "-x=--strict",
    ]
)


@law(200)
@given(words=st.lists(WORDS, max_size=6))
def test_options_read_without_typer_are_those_that_typer_reads(words: list[str]) -> None:
    options = read_without_typer(words)
    read: list[CheckOptions] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(check_command, "run_check", lambda given: read.append(given) or 0)
        if options is not None:
            dispatch(["check", *words])
            assert read == [options]


DEAR = {
    *("typer", "rich", "httpx", "asyncio", "concurrent", "starlette", "uvicorn", "sqlite3", "psutil", "subprocess"),
    *("difflib", "jsonschema", "referencing", "markdown_it", "ruamel"),
    *("importlib.metadata", "importlib.resources", "email", "xml", "socket", "logging", "platform", "traceback"),
    *("specc.checker.schema_errors", "specc.parser.syntax"),
    *("specc.inheritance.graph", "specc.disk.outputs"),
}
"""What no plain check needs that finds nothing: it would cost from 0.5 to 130 ms each."""

SPEC = """specc: 1
extends: base.job.yaml
params: {case: {type: string, default: c1}}
vars: {run_dir: "/scratch/{{ params.case }}"}
matrix: {axes: {mesh: [coarse, fine]}}
job:
  name: "cfd-{{ cell.slug }}"
  cmd_line: mpirun -np 4 ./solver -in {{ vars.run_dir | sh }}/in.foam {{ matrix.mesh }} > out-{{ matrix.mesh }}.txt
"""


def test_a_clean_check_imports_nothing_dear(place: Place) -> None:
    (place.root / "sweep.job.yaml").unlink()
    place.write(run=SPEC)
    modules = set(imported_by(place.root, "check", "run.job.yaml"))
    assert not DEAR & modules
    others = {command.module for command in COMMANDS}
    assert not {f"specc.cli.commands.{other}" for other in others} & modules
    assert not {name for name in modules if name.startswith(("specc.reporters.text", "specc.submission"))}
    assert {name.removeprefix("specc.targets.") for name in modules if name.startswith("specc.targets.")} == {
        *("kind", "kinds", "lives", "opening", "protocol", "refusals"),
        *("local", "slurm", "slurm.options", "command", "ehpc", "ehpc.refusals"),
    }


STAGES = {
    *("compiler", "rules", "evaluator", "expressions", "expander", "resolver", "parser", "linter", "project", "schema"),
}


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["."],
        ["run.job.yaml"],
        ["--strict", "--statistics"],
        ["--output", "concise"],
        ["--output=json:../report.json"],
    ],
    ids=" ".join,
)
def test_a_check_of_what_has_not_changed_imports_no_compiler(arguments: list[str], place: Place) -> None:
    (place.root / "sweep.job.yaml").unlink()
    place.write(run=SPEC)
    assert {name.split(".")[1] for name in imported_by(place.root, "check") if name.startswith("specc.")} > STAGES
    modules = set(imported_by(place.root, "check", *arguments))
    assert not STAGES & {name.split(".")[1] for name in modules if name.startswith("specc.")}
    assert not {*DEAR, "jinja2", "yaml"} - {"specc.disk.outputs"} & modules


@pytest.mark.parametrize("arguments", [["check", "run.job.yaml"], ["render", "run.job.yaml"]], ids=" ".join)
def test_large_libraries_are_imported_before_what_needs_them(arguments: list[str], place: Place) -> None:
    place.write(run=SPEC)
    modules = imported_by(place.root, *arguments)
    own = [modules.index(name) for name in ("specc.parser", "specc.expressions", "specc.compiler")]
    assert max(modules.index("yaml"), modules.index("jinja2")) < min(own)


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
@pytest.mark.parametrize("name", ["run", "wrong"])
def test_a_check_does_not_ask_the_system_for_memory_at_each_call(name: str, place: Place) -> None:
    """CPython 3.11 to 3.13 does so where imports are nested deeply: 500 times if nothing is wrong, else 1,800."""
    place.write(run=SPEC, wrong=BROKEN)
    imported_by(place.root, "check", "run.job.yaml")  # writes the bytecode, whose making needs memory, too
    traced = ["strace", "-f", "-qq", "-e", "trace=munmap", "-o", "../calls"]
    command = [*traced, sys.executable, "-m", "specc.cli.main", "check", f"{name}.job.yaml"]
    subprocess.run(command, cwd=place.root, env=uncovered.environment(), capture_output=True, check=False)
    assert 0 < (place.root.parent / "calls").read_text().count("munmap(") < 400


def test_a_check_of_a_mistake_imports_what_says_so(place: Place) -> None:
    """Else the test above could not fail."""
    place.write(broken="specc: 1\njob: {name: a, name: b}\n")
    with pytest.raises(AssertionError, match="found"):
        imported_by(place.root, "check", "broken.job.yaml")
