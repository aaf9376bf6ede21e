"""What a command line imports: the one command that it calls, and of that what it needs."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from projects import Place

from specc.cli.app import app, load
from specc.cli.commands import COMMANDS, Command

NAMES = [command.name for command in COMMANDS]


@pytest.mark.parametrize("command", COMMANDS, ids=NAMES)
def test_the_list_says_what_the_help_of_a_command_begins_with(command: Command) -> None:
    loaded = load(command)
    assert loaded.name == command.name
    assert loaded.hidden is command.is_hidden
    assert " ".join(inspect.cleandoc(loaded.help).partition("\n\n")[0].split()) == command.summary


def test_every_module_with_a_command_is_in_the_table() -> None:
    listed = typer.main.get_command(app)
    assert list(listed.commands) == NAMES
    assert len(set(NAMES)) == len(NAMES)


def imported_by(folder: Path, *arguments: str) -> set[str]:
    """Every module that one command line has imported when it is through."""
    code = (
        "import sys\nfrom specc.cli.main import run\n"
        "sys.exit(run(sys.argv[1:]) or print(*sys.modules, sep='\\n', file=sys.stderr))"
    )
    process = [sys.executable, "-c", code, *arguments]
    result = subprocess.run(process, cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return set(result.stderr.split())


def test_the_list_of_commands_imports_none_of_them(place: Place) -> None:
    modules = imported_by(place.root, "--help")
    assert not {f"specc.cli.{command.module}" for command in COMMANDS} & modules
    assert not {name for name in modules if name.startswith("specc.") and not name.startswith("specc.cli")} - {
        "specc.errors"
    }
