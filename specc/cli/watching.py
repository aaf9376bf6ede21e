"""`specc status --watch`: how jobs stand, drawn anew on a terminal as long as any has not ended."""

import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rich.cells import cell_len, set_cell_size
from rich.console import Group
from rich.live import Live
from rich.text import Text

from specc.app.attempts import AttemptChoice
from specc.app.failures import Failures
from specc.app.following import Seen, look_at_chosen
from specc.app.pages import job_of
from specc.cli.drawing import screen
from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.person import Nobody
from specc.reporters.page import Job, Kind, Outcome, cell_text, columns_of, grouped, levels, worst_of
from specc.submission import Ledger, Locked, fair_pause
from specc.visible import visible
from specc.wording import counted, duration_text

FIRST_SECONDS, MOST_SECONDS, GROWTH = 1.0, 15.0, 1.3
SHARE_OF_TIME = 3
"""A look may take a quarter of the time."""

REDRAWN_SECONDS = 0.25
OPEN = (Outcome.RUNNING, Outcome.WAITING)
COLORS = {
    Outcome.FINISHED: "green",
    Outcome.RUNNING: "cyan",
    Outcome.WAITING: "yellow",
    Outcome.CANCELLED: "magenta",
    Outcome.UNKNOWN: "bright_black",
    Outcome.FAILED: "red",
}
BLOCKS = {
    Outcome.FINISHED: "█",
    Outcome.RUNNING: "▓",
    Outcome.WAITING: "░",
    Outcome.CANCELLED: "⊘",
    Outcome.UNKNOWN: "?",
    Outcome.FAILED: "✗",
}
MOST_LABEL, LEAST_CELL = 12, 3


@dataclass(frozen=True, slots=True)
class Frame:
    """What is drawn: all jobs, what failed, when this was asked, and what went wrong with asking, if anything."""

    title: str
    jobs: tuple[Job, ...]
    failures: Failures
    asked_at: float
    trouble: str

    @property
    def is_over(self) -> bool:
        """Return whether nothing will change any more."""
        return not any(job.outcome in OPEN for job in self.jobs)


class _Notes(Nobody):
    """Keeps the last line that is told, which has no other place while the screen is drawn."""

    def __init__(self) -> None:
        self.last = ""

    def tell(self, line: str) -> None:
        self.last = line


def watch_status(choice: AttemptChoice, ledger: Ledger) -> None:
    """Draw how the chosen jobs stand until all have ended, or ^C. Raises SpeccError where there is no terminal."""
    if not sys.stdout.isatty() or os.environ.get("TERM") == "dumb":
        help = "`specc wait` tells each change line by line, and `specc status --output json` is for programs"
        raise SpeccError("`--watch` draws on a terminal, and standard output is not one", help=help)
    seen = look_at_chosen(choice, ledger)  # whoever is to be asked something is asked before the screen is taken
    notes = _Notes()
    quiet = replace(choice, workplace=replace(choice.workplace, person=notes))
    interval = FIRST_SECONDS
    try:
        with screen() as live:
            while True:
                frame = _frame(quiet, ledger, seen, notes.last)
                if frame.is_over:
                    return
                quotas = [(group.opened.target.quota, group.opened.calls()) for group in seen.groups]
                pause = max(interval, *(fair_pause(quota, calls) for quota, calls in quotas), 0.0)
                _draw_for(pause, frame, live)
                before, notes.last = seen.reports, ""
                began = time.monotonic()
                try:
                    seen = look_at_chosen(quiet, ledger)
                except Locked as error:
                    notes.last = error.message
                changed = seen.reports != before
                interval = FIRST_SECONDS if changed else min(interval * GROWTH, MOST_SECONDS)
                interval = max(interval, SHARE_OF_TIME * (time.monotonic() - began))
    except KeyboardInterrupt:
        return


def _frame(choice: AttemptChoice, ledger: Ledger, seen: Seen, trouble: str) -> Frame:
    records = list(choice.each(ledger))
    jobs = tuple(job_of(record, seen.reports) for record in records)
    title = choice.workplace.project.settings.project
    return Frame(title, jobs, Failures(choice.workplace.usual_target, records, seen.reports), time.time(), trouble)


def _draw_for(seconds: float, frame: Frame, live: Live) -> None:
    """Draw at once, and again with each second and when the terminal has another size, for so many seconds."""
    end = time.monotonic() + seconds
    shown: object = None
    while (left := end - time.monotonic()) > 0:
        state = int(time.time()), live.console.size
        if state != shown:
            live.update(drawn(frame, live.console.size, time.time()), refresh=True)
            shown = state
        time.sleep(min(REDRAWN_SECONDS, left))


def drawn(frame: Frame, size: tuple[int, int], now: float) -> Group:
    """Return what stands on a screen of so many columns and lines."""
    width, height = size
    lines = [*_head(frame, width, now), Text(), *_map(frame.jobs, width, max(4, height // 2 - 2))]
    left = height - len(lines) - 1
    failed = [Text(visible(line), COLORS[Outcome.FAILED]) for line in frame.failures.why()]
    if failed:
        failed.append(Text(visible(frame.failures.logs()), "bright_black"))
    running = list(_running(frame.jobs, now))
    if frame.trouble:
        lines.append(Text(visible(frame.trouble), "yellow"))
    for part in (failed, running):
        if part and left > 2:
            lines += [Text(), *part[: left - 2]]
            left -= 1 + len(part)
    for line in lines:
        line.truncate(width, overflow="ellipsis")
        line.no_wrap = True
    return Group(*lines[: height - 1])


def _head(frame: Frame, width: int, now: float) -> Iterator[Text]:
    counts = Counter(job.outcome for job in frame.jobs)
    left = Text(visible(frame.title), "bold") + Text(f"  {counted(len(frame.jobs), 'job')}")
    right = f"asked {duration_text(max(0, round(now - frame.asked_at)))} ago, ^C leaves"
    yield left + Text(" " * max(2, width - left.cell_len - len(right))) + Text(right, "bright_black")
    yield _bar(counts, min(width, 100))
    parts = [
        Text(f"{outcome.sign} {counts[outcome]:,} {outcome}", COLORS[outcome]) for outcome in Outcome if counts[outcome]
    ]
    yield Text("   ").join(parts)


def _bar(counts: Counter[Outcome], width: int) -> Text:
    """Return a bar in which each outcome has its share, and at least one character."""
    total, bar, done, used = max(1, counts.total()), Text(), 0, 0
    for outcome in Outcome:
        if counts[outcome]:
            done += counts[outcome]
            end = max(used + 1, round(done / total * width))
            bar.append(BLOCKS[outcome] * (end - used), COLORS[outcome])
            used = end
    return bar


def _map(jobs: Sequence[Job], width: int, height: int) -> list[Text]:
    """Return the heat map of the first two axes in so many lines: the sign of the worst outcome in each cell."""
    axes = [column for column in columns_of(jobs) if column.kind in (Kind.AXIS, Kind.PARAM)]
    if not axes:
        return []
    across, down = axes[0], axes[1] if len(axes) > 1 else None
    columns, rows = levels(across, jobs), levels(down, jobs) if down is not None else [""]
    cells = grouped(jobs, lambda job: (across.text(across.value(job)), down.text(down.value(job)) if down else ""))
    title = f"{visible(down.name)} \\ {visible(across.name)}" if down is not None else visible(across.name)
    side = min(max(map(cell_len, (title, *map(visible, rows)))), max(MOST_LABEL, width // 4))
    room = min(MOST_LABEL, max(LEAST_CELL, max(cell_len(visible(name)) for name in columns) + 2))
    fits = max(1, (width - side - 2) // room)
    if len(columns) > fits:  # without names, a cell is one character
        room, fits = 1, max(1, width - side - 2)
    lines = [Text(set_cell_size(title, side) + "  ", "bold")]
    if room > 1:
        lines[0].append("".join(set_cell_size(visible(name), room) for name in columns[:fits]), "bold")
    for row in rows[: height - 2]:
        line = Text(set_cell_size(visible(row), side) + "  ")
        for column in columns[:fits]:
            line.append(*_cell(cells.get((column, row), []), room))
        lines.append(line)
    hidden = [(len(rows) - (height - 2), down), (len(columns) - fits, across)]
    notes = [f"{count:,} more values of {visible(axis.name)}" for count, axis in hidden if count > 0 and axis]
    return [*lines, Text(", ".join(notes), "bright_black")] if notes else lines


def _cell(jobs: Sequence[Job], room: int) -> tuple[str, str]:
    if not jobs:
        return " " * room, ""
    worst = worst_of(jobs)
    count = sum(job.outcome is worst for job in jobs)
    text = worst.sign if len(jobs) == 1 or room < LEAST_CELL + 2 else f"{worst.sign}{count}/{len(jobs)}"
    return set_cell_size(text, room), COLORS[worst]


def _running(jobs: Sequence[Job], now: float) -> Iterator[Text]:
    """Yield a line for each job that runs, the one that began last first."""
    running = [job for job in jobs if job.outcome is Outcome.RUNNING]
    running.sort(key=lambda job: job.started_at or 0.0, reverse=True)
    for job in running:
        since = "" if job.started_at is None else f"  {duration_text(max(0, round(now - job.started_at)))}"
        where = f"  on {job.node}" if job.node else ""
        yield Text(visible(f"{Outcome.RUNNING.sign} {cell_text(job)}{since}{where}"), COLORS[Outcome.RUNNING])
