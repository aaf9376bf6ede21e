"""Questions to a person, and numbers of things."""

import io
import sys

import pytest

from specc.cli import console
from specc.cli.console import confirm, write_table
from specc.wording import counted


class Interrupted(io.StringIO):
    def readline(self, *given: object) -> str:
        raise KeyboardInterrupt


@pytest.mark.parametrize(("answer", "meant"), [("y\n", True), ("YES \n", True), ("\n", False), ("no\n", False)])
def test_an_answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: str, meant: bool
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(answer))
    assert confirm("send?") is meant
    assert capsys.readouterr().err == "send? [y/N] "


def test_no_answer_is_no_and_ends_the_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert not console.agrees("send?")
    assert capsys.readouterr().err == "send? [y/N] \nnothing was sent\n"


def test_an_interruption_ends_the_line_and_says_what_it_came_to(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", Interrupted())
    with pytest.raises(KeyboardInterrupt):
        console.agrees("cancel?", "nothing was cancelled")
    assert capsys.readouterr().err == "cancel? [y/N] \nnothing was cancelled\n"


def test_one_of_a_thing() -> None:
    assert [counted(n, "job") for n in (0, 1, 2, 1200)] == ["0 jobs", "1 job", "2 jobs", "1,200 jobs"]


def test_a_table_without_rows_has_no_head(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    write_table(("state", "uuid"), [])
    assert capsys.readouterr().out == ""
