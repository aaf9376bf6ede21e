"""A command is a module and an entry in one table: one that is added there works, is listed, and has its page."""

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Annotated

import pytest
import typer
from support.projects import Place

from manual import commands as manual
from specc.app.session import Session
from specc.cli import dispatch
from specc.cli.console import write_line
from specc.cli.table import COMMANDS, Command

Loud = Annotated[bool, typer.Option("--loud", help="Say it loudly.")]


def count(loud: Loud = False) -> int:
    """Say how many specs the project has. Exits with 10 when there is none.

    Example: specc count --loud
    """
    specs = sum(len(entry.names) for entry in Session().specs([]))
    write_line(f"{specs} specs{'!' if loud else ''}")
    return 0 if specs else 10


@pytest.fixture
def place(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A project whose specc has one command more."""
    module = ModuleType("specc.cli.commands.count")
    module.count = count  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "specc.cli.commands.count", module)
    added = (*COMMANDS, Command("count", "count", "count", "Say how many specs the project has."))
    for user in (dispatch, manual):
        monkeypatch.setattr(user, "COMMANDS", added)
    dispatch._all_commands.cache_clear()
    yield place
    dispatch._all_commands.cache_clear()


def test_it_runs_with_its_options_and_its_exit_code(place: Place) -> None:
    assert place.run("count", "--loud") == 0
    assert place.out.endswith("specs!\n")
    for file in place.root.glob("*.job.yaml"):
        file.unlink()
    assert place.run("count") == 10


def test_it_is_in_the_list_and_has_help_with_its_example(place: Place) -> None:
    assert place.run("--help") == 0
    assert "Say how many specs the project has." in place.out
    assert place.run("count", "--help") == 0
    assert "specc count --loud" in place.out
    assert "Say it loudly." in place.out


def test_it_is_a_part_of_the_manual(place: Place) -> None:
    page = manual.commands_page()
    assert "## specc count" in page
    assert "Say it loudly." in page


def test_what_it_does_not_know_is_an_error_with_a_way_out(place: Place) -> None:
    assert place.run("count", "--quiet") == 2
    assert "`specc count --help` says what there is" in place.err
