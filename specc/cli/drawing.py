"""Tables and progress bars on a terminal. Only imported where there is one."""

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Thread

from rich.cells import cell_len
from rich.console import Console
from rich.live import Live
from rich.markdown import Markdown
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column, Table
from rich.text import Text
from rich.theme import Theme

from specc.visible import visible

COLORS = {
    "accepted": "green",
    "finished": "green",
    "running": "cyan",
    "send": "cyan",
    "rerun": "cyan",
    "rejected": "red",
    "failed": "red",
    "exited": "red",
    "lost": "red",
    "changed": "yellow",
    "moved": "yellow",
    "twin": "yellow",
    "unknown": "yellow",
}


COPIED = ("uuid", "cell", "attempt")
"""Columns that people copy from, or give as arguments: narrow terminals take the room from others."""

TITLED = re.compile(r'^(?P<fence>```\w+) title="(?P<title>[^"\n]+)"$', re.MULTILINE)
"""The first line of a block of a page that shows a file."""

GAP, SHORTEST = 2, 4
READABLE = 100
WIDE, WIDE_BAR, NARROW_BAR = 100, 40, 10


def table(head: Sequence[str], rows: Sequence[Sequence[str]], titles: Sequence[str] = ()) -> None:
    """Draw a table. The first column is a state, and has its colour.

    `titles` are shown in place of the head. Where the terminal is too narrow, the messages (columns without a name) get
    lines of their own, and all that nobody copies ends in `…`.
    """
    console = Console(file=sys.stdout)
    titles = titles or head
    widths = [
        max(cell_len(title), *(cell_len(row[at]) for row in rows)) if rows else 0 for at, title in enumerate(titles)
    ]
    if sum(widths) + GAP * (len(widths) - 1) <= console.width:
        console.print(_drawn(head, rows, widths, titles))
        return
    named = [at for at, name in enumerate(head) if name or at == 0]
    least = [widths[at] if _is_whole(at, head[at]) else min(widths[at], SHORTEST) for at in named]
    width = console.width
    # A terminal that is narrower still folds the lines itself.
    console.width = max(width, sum(least) + GAP * (len(least) - 1))
    with console.capture() as captured:
        kept = [[row[at] for at in named] for row in rows]
        console.print(_drawn([head[at] for at in named], kept, least, [titles[at] for at in named]))
    first, *lines = captured.get().removesuffix("\n").split("\n")
    console.file.write(f"{first}\n")
    console.width = width
    for line, row in zip(lines, rows, strict=True):
        console.file.write(f"{line}\n")
        for message in (text for at, text in enumerate(row) if at not in named and text):
            console.print(Padding(Text(message), (0, 0, 0, GAP)))


def markdown(text: str) -> None:
    """Draw a page of the manual: headings, code in a colour of its own, and no line longer than a person reads.

    The name of a file, which is the title of its block, stands above the block.
    """
    console = Console(file=sys.stdout, theme=Theme({"markdown.code": "bold cyan"}))
    console.width = min(console.width, READABLE)
    console.print(Markdown(TITLED.sub(r"`\g<title>`\n\n\g<fence>", text), code_theme="ansi_dark"))


def _is_whole(at: int, name: str) -> bool:
    return at == 0 or name in COPIED


def _drawn(head: Sequence[str], rows: Sequence[Sequence[str]], least: Sequence[int], titles: Sequence[str]) -> Table:
    columns = (
        # A title is a text and no markup: `[s]` is a unit. It stays on one line, as each row does.
        Column(_line(title), header_style="bold", no_wrap=_is_whole(at, name), min_width=width)
        for at, (title, name, width) in enumerate(zip(titles, head, least, strict=True))
    )
    drawn = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        drawn.add_row(Text(row[0], COLORS.get(row[0], "")), *map(_line, row[1:]))
    return drawn


def _line(text: str) -> Text:
    return Text(text, no_wrap=True, overflow="ellipsis")


class Bar:
    """One progress bar, with a line of words behind it."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def show(self, done: int, words: str, total: int | None = None) -> None:
        refresh = not self._progress.live.auto_refresh
        self._progress.update(self._task, completed=done, words=visible(words), total=total, refresh=refresh)

    def say(self, line: str) -> None:
        """A line above the bar."""
        self._progress.console.print(visible(line), markup=False, highlight=False)


@contextmanager
def bar(what: str, total: int) -> Iterator[Bar]:
    console = Console(file=sys.stderr)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(WIDE_BAR if console.width >= WIDE else NARROW_BAR),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        # The one column that is folded where the terminal is narrow.
        TextColumn("{task.fields[words]}", markup=False, table_column=Column(no_wrap=False)),
    )
    # Rich draws the time that passes from a thread. Where there can be none, the bar is drawn when something happens.
    can_tick = _can_start_thread()
    with Progress(*columns, console=console, auto_refresh=can_tick) as progress:
        yield Bar(progress, progress.add_task(what, total=total, words=""))


@contextmanager
def screen() -> Iterator[Live]:
    """Take the whole terminal, and give it back in the end. It is drawn when `update` says so, by no thread."""
    console = Console(file=sys.stdout, highlight=False)
    with Live(console=console, screen=True, auto_refresh=False, redirect_stderr=False) as live:
        yield live


def _can_start_thread() -> bool:
    try:
        thread = Thread(target=bool, daemon=True)
        thread.start()
    except RuntimeError:
        return False
    thread.join()
    return True
