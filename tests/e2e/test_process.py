"""The installed command as a process: pipes, signals, exit codes, what it imports."""

import errno
import itertools
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import uncovered
from support.projects import Place

import specc
from specc.cli import main
from specc.cli.dispatch import load
from specc.cli.table import COMMANDS

SPECC = str(Path(sys.executable).with_name("specc"))
LARGE = """specc: 1
matrix: {axes: {a: {from: 1, to: 100}, b: {from: 1, to: 100}}, max: 10000}
job: {name: "n-{{ cell.slug }}", cmd_line: "echo {{ matrix.a }}", core_limit: 1}
"""


def test_the_version_costs_no_import() -> None:
    code = "import sys; sys.argv = ['specc', '--version']; from specc.cli.main import main; main(); "
    code += "assert not {'typer', 'jinja2', 'specc.cli.dispatch'} & sys.modules.keys()"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == f"specc {specc.__version__}\n"


def test_the_module_is_the_command(place: Place) -> None:
    result = subprocess.run([sys.executable, "-m", "specc", "check"], capture_output=True, text=True, check=True)
    assert "no problems" in result.stdout


@pytest.mark.slow
def test_a_reader_that_goes_away(place: Place) -> None:
    place.write(sweep=LARGE)
    result = subprocess.run(f"{SPECC} render | head -n 1", shell=True, capture_output=True, text=True, check=False)
    assert result.stdout.count("\n") == 1
    assert result.stderr == ""


@pytest.mark.parametrize("command", [["status"], ["check"], ["submit", "--yes"], ["init", "x"]])
def test_a_current_folder_that_is_gone(tmp_path: Path, command: list[str]) -> None:
    script = f"cd {tmp_path} && mkdir gone && cd gone && rmdir ../gone && exec {shlex.join([SPECC, *command])}"
    result = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "error: the current folder is gone\nhelp: `cd` to one that exists\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="has no disk that is always full")
@pytest.mark.slow
def test_an_output_that_takes_nothing_more(place: Place) -> None:
    place.write(sweep=LARGE)
    for arguments in ("render", "--version"):
        command = f"{SPECC} {arguments} > /dev/full"
        result = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
        assert result.returncode == 2
        assert result.stderr == "error: cannot write the output: No space left on device\n"


@pytest.mark.parametrize(
    "fault", [FileNotFoundError(errno.ENOENT, "No such file or directory"), OSError(errno.ENOSPC, "No space", "file")]
)
def test_a_fault_of_another_file_is_our_bug(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], fault: OSError
) -> None:
    def broken(arguments: list[str]) -> int:
        raise fault

    monkeypatch.setattr("specc.cli.dispatch.dispatch", broken)
    assert main.run(["render", "x"]) == 101
    assert f"{fault}" in capsys.readouterr().err


def test_an_interruption_leaves_nothing_half_written(place: Place) -> None:
    place.write(sweep=LARGE.replace("b: {from: 1, to: 100}", "b: {from: 1, to: 15}"))
    command, pipe = [SPECC, "render", "-o", "out"], subprocess.PIPE
    process = subprocess.Popen(command, stdout=pipe, stderr=pipe, env=uncovered.environment())
    while process.poll() is None and not list(place.root.glob("out/*")):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    written = list((place.root / "out").glob("*")) if (place.root / "out").exists() else []
    assert process.returncode in (130, 0)
    assert b"Traceback" not in errors
    assert all(path.read_text().endswith("}\n") for path in written if path.suffix == ".json")


def test_colour_is_for_terminals(place: Place) -> None:
    place.write(sweep="specc: 1\n")
    result = subprocess.run([SPECC, "check"], capture_output=True, env={**os.environ, "TERM": "xterm"}, check=False)
    assert result.returncode == 1
    assert b"\x1b[" not in result.stdout


def test_our_bug_ends_with_101_and_a_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(arguments: list[str]) -> int:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("specc.cli.dispatch.dispatch", broken)
    assert main.run(["render", "x"]) == 101
    report = capsys.readouterr().err
    assert "arguments: ['render', 'x']" in report
    assert "ZeroDivisionError: a bug" in report
    assert specc.__version__ in report


@pytest.mark.parametrize("command", [[], ["check"], ["render"], ["explain"], ["schema", "build"], ["init"], ["config"]])
def test_help_has_an_example(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run([*command, "--help"]) == 0
    out = capsys.readouterr().out
    assert not command or f"specc {command[0]}" in out.partition("Example:")[2]


def test_help_shows_all_of_its_text() -> None:
    """On a terminal rich would take a word in brackets for a style, and show nothing of it."""
    for command in COMMANDS:
        for text in texts_of(load(command)):
            assert not re.search(r"\[[a-z#/@][^\[]*?\]", text), text


def texts_of(command: Any) -> Iterator[str]:
    yield command.help or ""
    yield from (each.help for each in command.params if getattr(each, "help", None))
    for each in getattr(command, "commands", {}).values():
        yield from texts_of(each)


@pytest.mark.parametrize("width", ["60", "100"])
def test_help_is_as_wide_as_the_terminal(width: str) -> None:
    """No line is broken where the source breaks it."""
    shown = subprocess.run(
        [SPECC, "ledger", "resolve", "--help"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "COLUMNS": width},
    ).stdout
    text = [line.strip() for line in shown.partition("─ Arguments")[0].splitlines()]
    for line, after in itertools.pairwise(text):
        if line and after:
            assert len(line) + 1 + len(after.split()[0]) > int(width) - 4, (line, after)
