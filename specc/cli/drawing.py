"""Tables and progress bars on a terminal. Only imported where there is one."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

COLORS = {
    "accepted": "green",
    "finished": "green",
    "running": "cyan",
    "send": "cyan",
    "rerun": "cyan",
    "rejected": "red",
    "exited": "red",
    "lost": "red",
    "changed": "yellow",
    "moved": "yellow",
    "twin": "yellow",
    "unknown": "yellow",
}


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """The first column is a state, and has its colour."""
    drawn = Table(*head, box=None, header_style="bold", pad_edge=False)
    for first, *rest in rows:
        color = COLORS.get(first)
        state = f"[{color}]{escape(first)}[/]" if color else escape(first)
        drawn.add_row(state, *(escape(cell) for cell in rest))
    Console(file=sys.stdout).print(drawn)


class Bar:
    """One progress bar, with a line of words behind it."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def show(self, done: int, words: str) -> None:
        self._progress.update(self._task, completed=done, words=words)

    def say(self, line: str) -> None:
        """A line above the bar."""
        self._progress.console.print(line, markup=False, highlight=False)


@contextmanager
def bar(what: str, total: int) -> Iterator[Bar]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[words]}"),
    )
    with Progress(*columns, console=Console(file=sys.stderr)) as progress:
        yield Bar(progress, progress.add_task(what, total=total, words=""))
