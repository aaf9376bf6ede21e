"""Jobs after they were sent: which targets to ask about them, what these say, and waiting until they have ended."""

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from specc.app.attempts import AttemptChoice
from specc.app.workplace import Workplace
from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.person import Person
from specc.submission import (
    SILENCE,
    Clock,
    Ending,
    Ledger,
    Locked,
    More,
    Record,
    SettledAlready,
    State,
    UuidTaken,
    adopt,
    ending,
    find_jobs,
    follow_jobs,
    look,
)
from specc.targets import JobReport, JobState
from specc.targets.lives import life_from
from specc.targets.opening import Opened
from specc.targets.trust import UntrustedHost
from specc.wording import counted

UNHEARD = f"has not answered for {SILENCE / 60:.0f} minutes about"

Watch = Callable[[Mapping[str, JobReport], Mapping[str, JobReport]], None]
"""Is called with what was known before, and with what is known now, each time that a target was asked."""


Feed = Callable[[Mapping[str, JobReport]], tuple[Sequence[Record], bool]]
"""Gets what is known of the jobs, and returns attempts that have become jobs since, and whether there may come more."""


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
            workplace.person.tell(f"{counted(len(listed), 'job')} cannot be asked about: {opened}")
            lost.append(Unreachable(listed, opened))
    return found, lost


def settle_known(workplace: Workplace, ledger: Ledger, records: Sequence[Record]) -> int:
    """Give unknown attempts the jobs that carry their keys, where targets keep keys. Return how many were settled.

    What has no job stays unknown: `submit` sends it again under its key.
    """
    unknown = [record for record in records if record.state is State.UNKNOWN]
    settled = 0
    for (name, identity), listed in by_target(unknown).items():
        opened = open_again(workplace, name, identity, ledger)
        if not isinstance(opened, Opened) or not opened.target.is_idempotent:
            continue
        for match in find_jobs(listed, opened.target, ledger, workplace.project.apis.__getitem__).exact:
            with contextlib.suppress(SettledAlready, UuidTaken):  # another process was quicker
                adopt(ledger, match)
                settled += 1
    return settled


@dataclass(frozen=True, slots=True)
class Seen:
    """A look at the chosen jobs that have not ended, whatever states are asked for: what their targets say now."""

    reports: dict[str, JobReport]
    groups: list[Group]
    lost: list[Unreachable]

    @property
    def is_blind(self) -> bool:
        """Whether there are jobs that have not ended, and no target says anything of them."""
        return bool(self.groups or self.lost) and not self.reports


def look_at_chosen(choice: AttemptChoice, ledger: Ledger) -> Seen:
    """Ask about the jobs that are meant. States that choose among them are left out, because they may be old."""
    anyhow = replace(choice, words=replace(choice.words, states=()))
    if ledger.open_attempts():
        settle_known(choice.workplace, ledger, [one for one in anyhow.each(ledger) if one.state is State.UNKNOWN])
    running = [one for one in anyhow.each(ledger) if one.uuid and not is_over(one)]
    found, lost = reach(choice.workplace, ledger, running)
    return Seen(look_at(found, ledger, choice.workplace.person), found, lost)


def chosen_now(choice: AttemptChoice, ledger: Ledger) -> list[Record]:
    """The attempts that are meant. Where states choose among them, targets are asked for these first."""
    if choice.words.states:
        look_at_chosen(choice, ledger)
        return choice.records(ledger)
    records = choice.records(ledger)
    return choice.records(ledger) if settle_known(choice.workplace, ledger, records) else records


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
        one.uuid: JobReport(
            one.uuid,
            JobState(one.job_state),
            one.job_state,
            one.job_reason or "",
            one.exit_code,
            life=life_from(one.life),
        )
        for one in records
        if one.uuid is not None and one.job_state is not None and is_over(one)
    }


def look_at(groups: Sequence[Group], ledger: Ledger, person: Person) -> dict[str, JobReport]:
    """Return what each target says now of its jobs. The person is told of targets that do not answer."""
    reports: dict[str, JobReport] = {}
    for group in groups:
        seen = look(group.opened, group.uuids, ledger, person.tell)
        _tell_silence(group, len(seen), person)
        reports |= seen
    return reports


def _tell_silence(group: Group, seen: int, person: Person) -> None:
    if seen < len(group.uuids):
        trouble = group.opened.last_error()
        silent = counted(len(group.uuids) - seen, "job")
        person.tell(f"{group.opened.name} did not answer about {silent}" + (trouble and f": {trouble}"))


class Waited(NamedTuple):
    """What was seen of the jobs in the end. `given_up` are those of which nothing was heard for too long.

    `interrupted` are the attempts whose jobs had not ended at ^C; None where nobody interrupted.
    """

    reports: dict[str, JobReport]
    ending: Ending
    interrupted: tuple[Record, ...] | None
    given_up: frozenset[str] = frozenset()


def wait_for(
    groups: Sequence[Group],
    ledger: Ledger,
    timeout: float | None,
    person: Person,
    watch: Watch,
    feed: Feed | None = None,
) -> Waited:
    """Wait until all jobs have ended, for `timeout` seconds at most; one target after the other.

    `feed` may add jobs of the first target while it is waited for.

    A KeyboardInterrupt ends the waiting, and the jobs keep running.
    """
    start = time.monotonic()
    reports: dict[str, JobReport] = {}
    given_up: set[str] = set()
    records = {record.uuid: record for group in groups for record in group.records if record.uuid}
    clock = Clock(time.time, time.monotonic, time.sleep)

    def more(known: Mapping[str, JobReport]) -> More:
        came, is_open = feed(known) if feed is not None else ((), False)
        new = {record.uuid: record for record in came if record.uuid is not None}
        records.update(new)
        return More(tuple(new), is_open)

    try:
        for index, group in enumerate(groups):
            left = None if timeout is None else max(0.0, start + timeout - time.monotonic())
            ask = more if index == 0 else lambda known: More()
            for number, seen in enumerate(
                follow_jobs(group.opened, group.uuids, ledger, clock, person.tell, left, ask)
            ):
                if number == 0:
                    _tell_silence(group, len(seen), person)
                before, reports = reports, reports | seen
                watch(before, seen)
            if timeout is None or time.monotonic() < start + timeout:
                given_up |= _given_up(group, reports, person)
    except KeyboardInterrupt:
        running = tuple(one for uuid, one in records.items() if not _has_ended(reports.get(uuid)))
        return Waited(reports, ending(records, reports), running)
    return Waited(reports, ending(records, reports), None, frozenset(given_up))


def _given_up(group: Group, reports: Mapping[str, JobReport], person: Person) -> set[str]:
    """Return the jobs of the group that had time, and did not end: nothing was heard of them."""
    lost = {uuid for uuid in group.uuids if not _has_ended(reports.get(uuid))}
    if lost:
        trouble = group.opened.last_error()
        told = f"gave up: {group.opened.name} {UNHEARD} {counted(len(lost), 'job')}"
        person.tell(told + (trouble and f": {trouble}"))
    return lost


def _has_ended(report: JobReport | None) -> bool:
    return report is not None and report.state.is_final
