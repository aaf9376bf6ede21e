"""Tables on terminals of any width."""

import io
from collections.abc import Callable, Sequence

import pytest
from rich.console import Console

from specc.cli import drawing

HEAD = ("state", "uuid", "spec", "cell", "name", "")
UUID, CELL = "hpcjob-3f9k2m7q", "a8f3c1d2e4"
REASON = "memory limit of 2000 MiB exceeded: 2112 MiB in use"
ROWS = [
    ("finished", UUID, "jobs/a-long-name-of-a-sweep.job.yaml", CELL, "a-long-name-of-a-job-coarse-0001", ""),
    ("exited", UUID, "jobs/a-long-name-of-a-sweep.job.yaml", CELL, "a-long-name-of-a-job-fine-0002", REASON),
]

Draw = Callable[..., list[str]]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Draw:
    def draw(width: int, head: Sequence[str] = HEAD, rows: Sequence[Sequence[str]] = ROWS) -> list[str]:
        monkeypatch.setattr(drawing, "Console", lambda file: Console(file=file, width=width))
        drawing.table(head, rows)
        return capsys.readouterr().out.splitlines()

    return draw


@pytest.mark.parametrize("width", [30, 40, 60, 80, 100, 200])
def test_what_is_copied_is_never_cut(drawn: Draw, width: int) -> None:
    lines = drawn(width)
    assert sum(UUID in line for line in lines) == sum(CELL in line for line in lines) == 2
    assert sum("exited" in line for line in lines) == 1


@pytest.mark.parametrize("width", [60, 80])
def test_a_row_without_a_message_is_one_line(drawn: Draw, width: int) -> None:
    lines = drawn(width)
    assert lines[1].startswith("finished")
    assert lines[2].startswith("exited")
    assert max(map(len, lines)) <= width


@pytest.mark.parametrize("width", [30, 60, 70, 100])
def test_a_message_is_told_to_its_end(drawn: Draw, width: int) -> None:
    assert REASON in " ".join(" ".join(drawn(width)).split())


def test_a_wide_terminal_cuts_nothing(drawn: Draw) -> None:
    assert not any("…" in line for line in drawn(200))
    assert len(drawn(200)) == 3


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_bar_on_a_narrow_terminal_still_counts(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    written = io.StringIO()
    monkeypatch.setattr(drawing, "Console", lambda file: Console(file=written, width=width, force_terminal=True))
    with drawing.bar("waiting", 1200) as bar:
        bar.show(1150, "1 exited, 1,149 finished, 30 pending, 20 running")
    last = written.getvalue()
    assert "1150/1200" in last
    assert "0:00:00" in last
    assert "1 exited," in last
    assert "running" in last


def test_other_tables(drawn: Draw) -> None:
    lines = drawn(20, ("", "uuid", ""), [("not cancelled", UUID, "it has ended: finished")])
    assert any(UUID in line for line in lines)


@pytest.mark.parametrize("width", [10, 30, 40, 100])
def test_units_in_the_head_are_kept_and_make_no_second_line(drawn: Draw, width: int) -> None:
    lines = drawn(width, ("state", "time to solution [s]", "[bold]x"), [("finished", "1", "2")])
    assert len(lines) == 2
    assert width < 100 or "time to solution [s]  [bold]x" in lines[0]
