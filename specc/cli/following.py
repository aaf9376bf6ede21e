"""Waiting for jobs: a progress bar on a terminal, else a line for each change."""

import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from specc.cli.speech import drawing, say
from specc.cli.targets import Opened
from specc.cli.workplace import Workplace
from specc.errors import SpeccError
from specc.submission.follow import Ending, ending, follow, look
from specc.submission.ledger import Ledger
from specc.submission.records import Record
from specc.submission.world import World
from specc.targets import JobReport
from specc.units import Problem, read

Show = Callable[[Mapping[str, JobReport], Mapping[str, JobReport]], None]
"""Shows what is known, given what was known before."""


@dataclass(frozen=True, slots=True)
class Group:
    """Accepted attempts at one target."""

    opened: Opened
    records: tuple[Record, ...]

    @property
    def uuids(self) -> list[str]:
        return [record.uuid for record in self.records if record.uuid is not None]


def groups(workplace: Workplace, ledger: Ledger, records: Sequence[Record]) -> list[Group]:
    """The jobs by target. What went to a target that is not to be had any more is left out."""
    by_target: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        if record.uuid is not None:
            by_target.setdefault((record.target_name, record.key.target), []).append(record)
    found = []
    for (name, identity), listed in by_target.items():
        opened = workplace.open_again(name, identity, len(listed), ledger.skew)
        if opened is not None:
            found.append(Group(opened, tuple(listed)))
    return found


def look_at(groups: Sequence[Group], ledger: Ledger) -> dict[str, JobReport]:
    """What each target says now. One that does not answer is said to."""
    reports: dict[str, JobReport] = {}
    for group in groups:
        seen = look(group.opened.watched, group.uuids, ledger, say)
        if len(seen) < len(group.uuids):
            trouble = group.opened.trouble()
            say(
                f"{group.opened.name} said nothing of {len(group.uuids) - len(seen):,} jobs"
                + (trouble and f": {trouble}")
            )
        reports |= seen
    return reports


def seconds_of(text: str | None) -> float | None:
    """`--timeout 2h30m`; a plain number is of seconds. Raises SpeccError for a text that is no duration."""
    if text is None:
        return None
    if text.isascii() and text.isdigit():
        return float(text)
    duration = read(text, "duration")
    if isinstance(duration, Problem):
        raise SpeccError(f"`--timeout`: {duration.message}", help=duration.help)
    return float(duration)


def patience() -> World:
    return World(time.time, time.monotonic, time.sleep, random.random, say)


def wait_for(groups: Sequence[Group], ledger: Ledger, timeout: float | None) -> tuple[dict[str, JobReport], Ending]:
    """Waits until all have ended, or for `timeout` seconds; one target after the other."""
    start = time.monotonic()
    reports: dict[str, JobReport] = {}
    uuids = [uuid for group in groups for uuid in group.uuids]
    names = {record.uuid: record.sent_name for group in groups for record in group.records if record.uuid}
    with _showing(names) as show:
        for group in groups:
            left = None if timeout is None else max(0.0, start + timeout - time.monotonic())
            for seen in follow(group.opened.watched, group.uuids, ledger, patience(), left):
                show(reports, seen)
                reports |= seen
    return reports, ending(uuids, reports)


class _Lines:
    """A line for each job that got into another state."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def __call__(self, before: Mapping[str, JobReport], now: Mapping[str, JobReport]) -> None:
        for uuid, report in now.items():
            if uuid not in before or before[uuid].state is not report.state:
                reason = f" ({report.reason})" if report.reason else ""
                say(f"{report.state}: {self._names[uuid]} {uuid}{reason}")


@contextmanager
def _showing(names: Mapping[str, str]) -> Iterator[Show]:
    if not sys.stderr.isatty():
        yield _Lines(names)
        return
    with drawing().bar("waiting", len(names)) as bar:

        def show(before: Mapping[str, JobReport], now: Mapping[str, JobReport]) -> None:
            known = {**before, **now}
            counts = Counter(str(report.state) for report in known.values())
            done = sum(report.state.is_final for report in known.values())
            bar.show(done, ", ".join(f"{count:,} {state}" for state, count in sorted(counts.items())))

        yield show
