"""Waiting for jobs: a progress bar on a terminal, else a line for each change."""

import contextlib
import os
import random
import re
import shlex
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple

from specc.cli.choosing import Choice
from specc.cli.news import News
from specc.cli.speech import counted, drawing, say
from specc.cli.targets import Opened
from specc.cli.workplace import Workplace
from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.source import file_path
from specc.submission.follow import SILENCE, Ending, ending, follow, look
from specc.submission.ledger import Ledger
from specc.submission.records import Record
from specc.submission.selector import FAILED
from specc.submission.tables import Locked
from specc.submission.trust import UntrustedHost
from specc.submission.world import World
from specc.targets import JobReport, JobState
from specc.units import QuantityMistake, read

MOST_NAMED = 3
UNHEARD = f"has said nothing for {SILENCE / 60:.0f} minutes of"
SECONDS = re.compile(r"[0-9]+(?:\.[0-9]+)?")

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


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Attempts at a target that is not to be had any more, or not now."""

    records: tuple[Record, ...]
    why: str


def reach(workplace: Workplace, ledger: Ledger, records: Sequence[Record]) -> tuple[list[Group], list[Unreachable]]:
    """The jobs by target, and those whose target cannot be asked, which is said."""
    found: list[Group] = []
    lost: list[Unreachable] = []
    for (name, identity), listed in by_target([record for record in records if record.uuid is not None]).items():
        opened = open_again(workplace, name, identity, ledger)
        if isinstance(opened, Opened):
            found.append(Group(opened, listed))
        else:
            say(f"{counted(len(listed), 'job')} cannot be asked about: {opened}")
            lost.append(Unreachable(listed, opened))
    return found, lost


def chosen_now(choice: Choice, ledger: Ledger) -> list[Record]:
    """The attempts that are meant. Where states choose among them, targets are asked for these first."""
    if choice.words.states:
        anyhow = Choice(choice.workplace, replace(choice.words, states=()), choice.specs).records(ledger)
        found, _ = reach(choice.workplace, ledger, [one for one in anyhow if not is_over(one)])
        look_at(found, ledger)
    return choice.records(ledger)


def by_target(records: Sequence[Record]) -> dict[tuple[str, str], tuple[Record, ...]]:
    """By the target's name when they were sent, and the identity that it had."""
    found: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        found.setdefault((record.target_name, record.key.target), []).append(record)
    return {where: tuple(listed) for where, listed in found.items()}


def open_again(workplace: Workplace, name: str, identity: str, ledger: Ledger) -> Opened | str:
    """The target of that identity, by that name or by another that it has now, or why there is none."""
    skew = _patient_skew(ledger)
    try:
        opened = workplace.open(name, skew=skew)
        if opened.target.identity == identity:
            return opened
        why = f"the target `{name}` was {identity}, and is {opened.target.identity} now"
    except SpeccError as error:
        help = f"; {error.help}" if isinstance(error, UntrustedHost) else ""
        why = f"the target `{name}` cannot be used: {error.message}{help}"
    others = (other for other in workplace.project.settings.targets if other != name)
    renamed = next((other for other in others if _identity(workplace, other) == identity), None)
    return why if renamed is None else workplace.open(renamed, skew=skew)


def _patient_skew(ledger: Ledger) -> Callable[[str], float]:
    """Return what tells the skew of a server's clock, as last known while another process locks the ledger."""
    known: dict[str, float] = {}

    def skew(identity: str) -> float:
        with contextlib.suppress(Locked):
            known[identity] = ledger.accounts.skew(identity)
        return known.get(identity, 0.0)

    return skew


def _identity(workplace: Workplace, name: str) -> str | None:
    """None for a target that cannot be opened: it may be anything."""
    try:
        return workplace.open(name, is_offline=True).target.identity
    except SpeccError:
        return None


def is_over(record: Record) -> bool:
    """Whether the job is known to have ended: then its target need not be asked."""
    return record.job_state is not None and JobState(record.job_state).is_final


def last_seen(records: Sequence[Record]) -> dict[str, JobReport]:
    """What the ledger knows of jobs that have ended."""
    return {
        one.uuid: JobReport(one.uuid, JobState(one.job_state), one.job_state, one.job_reason or "", one.exit_code)
        for one in records
        if one.uuid is not None and one.job_state is not None and is_over(one)
    }


def look_at(groups: Sequence[Group], ledger: Ledger) -> dict[str, JobReport]:
    """What each target says now. One that does not answer is said to."""
    reports: dict[str, JobReport] = {}
    for group in groups:
        seen = look(group.opened.watched, group.uuids, ledger, say)
        _say_silence(group, len(seen))
        reports |= seen
    return reports


def _say_silence(group: Group, seen: int) -> None:
    if seen < len(group.uuids):
        trouble = group.opened.trouble()
        silent = counted(len(group.uuids) - seen, "job")
        say(f"{group.opened.name} said nothing of {silent}" + (trouble and f": {trouble}"))


def seconds_of(text: str | None) -> float | None:
    """`--timeout 2h30m`; a plain number is of seconds. Raises SpeccError for a text that is no duration."""
    if text is None:
        return None
    if SECONDS.fullmatch(text):
        return float(text)
    duration = read(text, "duration")
    if isinstance(duration, QuantityMistake):
        raise SpeccError(f"`--timeout`: {duration.message}", help=duration.help)
    return float(duration)


def patience() -> World:
    return World(time.time, time.monotonic, time.sleep, random.random, say)


class Waited(NamedTuple):
    """What was seen of the jobs in the end, or until ^C. `given_up` says of which nothing was heard for too long."""

    reports: dict[str, JobReport]
    ending: Ending
    was_stopped: bool
    given_up: frozenset[str] = frozenset()


def wait_for(groups: Sequence[Group], ledger: Ledger, timeout: float | None) -> Waited:
    """Waits until all have ended, or for `timeout` seconds; one target after the other. ^C says what goes on."""
    start = time.monotonic()
    reports: dict[str, JobReport] = {}
    given_up: set[str] = set()
    records = {record.uuid: record for group in groups for record in group.records if record.uuid}
    try:
        with _showing({uuid: record.sent_name for uuid, record in records.items()}) as show:
            for group in groups:
                left = None if timeout is None else max(0.0, start + timeout - time.monotonic())
                looks = follow(group.opened.watched, group.uuids, ledger, patience(), left)
                for number, seen in enumerate(looks):
                    if number == 0:
                        _say_silence(group, len(seen))
                    before, reports = reports, reports | seen
                    show(before, seen)
                if timeout is None or time.monotonic() < start + timeout:
                    given_up |= _given_up(group, reports)
    except KeyboardInterrupt:
        _say_what_goes_on([one for uuid, one in records.items() if not _has_ended(reports.get(uuid))])
        return Waited(reports, ending(records, reports), was_stopped=True)
    _say_how_to_read([one for uuid, one in records.items() if uuid in reports and reports[uuid].state in FAILED])
    return Waited(reports, ending(records, reports), was_stopped=False, given_up=frozenset(given_up))


def _given_up(group: Group, reports: Mapping[str, JobReport]) -> set[str]:
    """The jobs of the group that were not waited for to their end, though there was time: nothing was heard of them."""
    lost = {uuid for uuid in group.uuids if not _has_ended(reports.get(uuid))}
    if lost:
        trouble = group.opened.trouble()
        say(f"gave up: {group.opened.name} {UNHEARD} {counted(len(lost), 'job')}" + (trouble and f": {trouble}"))
    return lost


def _has_ended(report: JobReport | None) -> bool:
    return report is not None and report.state.is_final


def _say_what_goes_on(records: Sequence[Record]) -> None:
    named = _named(records)
    if records:
        say(
            f"{counted(len(records), 'job')} {'goes' if len(records) == 1 else 'go'} on; `specc wait{named}` waits "
            f"again, `specc cancel{named or ' --all'}` ends {'it' if len(records) == 1 else 'them'}"
        )


def _say_how_to_read(failed: Sequence[Record]) -> None:
    if failed:
        chosen = f" {failed[0].uuid}" if len(failed) == 1 else f"{_named(failed)} --state failed"
        say(f"help: specc logs{chosen} --stream stderr")


def _named(records: Sequence[Record]) -> str:
    """The specs of the jobs as arguments, or none where they are many: then the whole project is meant."""
    specs = sorted({record.key.spec for record in records})
    if any(map(os.path.isdir, specs)):  # an id, which would be taken for the folder
        specs = [str(record.uuid) for record in records]
    return "".join(f" {shlex.quote(file_path(spec))}" for spec in specs) if len(specs) <= MOST_NAMED else ""


@contextmanager
def _showing(names: Mapping[str, str]) -> Iterator[Show]:
    has_bar = sys.stderr.isatty()
    news = News(names, has_bar=has_bar)
    if not has_bar:

        def tell(before: Mapping[str, JobReport], now: Mapping[str, JobReport]) -> None:
            for line in news.lines(before, now):
                say(line)

        yield tell
        return
    with drawing().bar("waiting", len(names)) as bar:

        def show(before: Mapping[str, JobReport], now: Mapping[str, JobReport]) -> None:
            for line in news.lines(before, now):
                bar.say(line)
            known = {**before, **now}
            counts = Counter(str(report.state) for report in known.values())
            done = sum(report.state.is_final for report in known.values())
            bar.show(done, ", ".join(f"{count:,} {state}" for state, count in sorted(counts.items())))

        yield show
