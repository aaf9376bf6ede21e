"""Jobs after they were accepted: their states, in as few calls as possible, until they end."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.submission.clock import Clock
from specc.submission.ledger import Ledger
from specc.submission.records import Record, State, asked_by, life_now
from specc.targets import EndReason, JobReport, JobState, Life
from specc.targets.lives import life_from
from specc.targets.opening import Opened

FIRST_SECONDS = 0.25
MOST_SECONDS = 30.0
GROWTH = 1.5
TIMES_AS_LONG = 20
"""A pause is so many times as long as the look before it, but not longer than `MOST_SECONDS`. A look at many jobs takes
seconds.
"""

LATENESS = 0.01
"""A pause is at least this part of the time since the first look, but not longer than `MOST_SECONDS`: what has taken
hours may be heard of seconds later. Where jobs wait for room that an end makes, they are not kept waiting.
"""

SHARE = 0.5
"""The part of the quota that waiting may use."""

SILENCE = 600.0
"""Seconds. A job that its target has not mentioned for so long is no longer waited for."""

HOUR = 3600.0

NOT_FOUND = "not found"
"""For people: the target answers that it has no such job. As data it is `unknown`."""


def look(
    opened: Opened,
    uuids: Sequence[str],
    ledger: Ledger,
    tell: Callable[[str], object],
    noted: dict[str, JobReport] | None = None,
) -> dict[str, JobReport]:
    """Return the target's reports of jobs, and note them in the ledger. Jobs that it does not mention are left out.

    `noted` are the reports that the ledger has already; those that it gets now are put there.
    """
    if not uuids:
        return {}
    noted = {} if noted is None else noted
    target, before = opened.target, opened.calls()
    reports = target.status(uuids)
    known = {
        uuid: report
        for uuid, report in reports.items()
        if report.state is not JobState.UNKNOWN and report != noted.get(uuid)
    }
    try:
        ledger.saw(target.identity, list(known.values()))
        vanished = {uuid: one.reason for uuid, one in known.items() if one.is_vanished}
        ledger.vanished(target.identity, vanished)
        noted |= known
        for uuid in vanished:  # the ledger has no job of this name any more, and may get one again
            del noted[uuid]
        if target.quota is not None and opened.calls() > before:
            ledger.accounts.note_calls(target.identity, opened.calls() - before)
    except SpeccError as error:
        # The reports are true all the same, and a full disk should not hide them.
        tell(f"the jobs' states were not noted: {error.message}")
    return reports


class More(NamedTuple):
    """Jobs that are to be followed, too, and whether there may come more, even if no job ends."""

    uuids: Sequence[str] = ()
    is_open: bool = False


def follow_jobs(
    opened: Opened,
    uuids: Sequence[str],
    ledger: Ledger,
    clock: Clock,
    tell: Callable[[str], object],
    timeout: float | None,
    more: Callable[[Mapping[str, JobReport]], More] = lambda reports: More(),
) -> Iterator[dict[str, JobReport]]:
    """Ask again and again for the jobs that have not ended, and yield all reports so far each time.

    Stops when all jobs have ended, or after `timeout` seconds. A job that the target does not mention for `SILENCE`
    seconds is given up. `more` is asked after each time which jobs have come.
    """
    start = clock.monotonic()
    known: dict[str, JobReport] = {}
    noted: dict[str, JobReport] = {}
    heard = dict.fromkeys(uuids, start)
    waiting = list(uuids)
    interval = FIRST_SECONDS
    while True:
        before, begun = opened.calls(), clock.monotonic()
        seen = look(opened, waiting, ledger, tell, noted)
        changed = any(report != known.get(uuid) for uuid, report in seen.items())
        known |= seen
        yield dict(known)
        now = clock.monotonic()
        heard.update((uuid, now) for uuid, report in seen.items() if not is_not_found(report))
        waiting = [uuid for uuid in waiting if not _has_ended(known.get(uuid)) and now - heard[uuid] < SILENCE]
        came = more(known)
        for uuid in came.uuids:  # a number can come again: of a job that its target had lost
            known.pop(uuid, None)
        waiting.extend(came.uuids)
        heard.update(dict.fromkeys(came.uuids, now))
        left = None if timeout is None else start + timeout - now
        if not (waiting or came.is_open) or (left is not None and left <= 0):
            return
        interval = FIRST_SECONDS if changed or came.uuids else min(interval * GROWTH, MOST_SECONDS)
        late = 0.0 if came.is_open else LATENESS * (now - start)
        patient = min(max(TIMES_AS_LONG * (now - begun), late), MOST_SECONDS)
        pause = max(interval, patient, fair_pause(opened.target.quota, opened.calls() - before))
        clock.sleep(pause if left is None else min(pause, left))


def _has_ended(report: JobReport | None) -> bool:
    return report is not None and report.state.is_final


def is_not_found(report: JobReport) -> bool:
    """Return whether the target answers that it has no such job. It may not have it yet, or not see it for a while."""
    return report.state is JobState.UNKNOWN and not report.raw


def fair_pause(quota: int | None, calls: int) -> float:
    """Return the pause that leaves the rest of the quota for other calls."""
    return 0.0 if quota is None else calls * HOUR / (quota * SHARE)


@dataclass(frozen=True, slots=True)
class Ending:
    """How jobs that were waited for ended. A job that was cancelled has neither failed nor finished."""

    finished: int = 0
    failed: int = 0
    cancelled: int = 0
    open: int = 0

    def __str__(self) -> str:
        parts = {
            "finished": self.finished, "failed": self.failed, "cancelled": self.cancelled, "not ended": self.open,
        }  # fmt: skip
        return ", ".join(f"{count:,} {name}" for name, count in parts.items() if count) or "no jobs"


def ending(uuids: Iterable[str], reports: Mapping[str, JobReport]) -> Ending:
    """Return how many jobs ended in which way."""
    counts: Counter[str] = Counter()
    for uuid in uuids:
        report = reports.get(uuid)
        if report is None or not report.state.is_final:
            counts["open"] += 1
        elif report.state is JobState.CANCELLED:
            counts["cancelled"] += 1
        else:
            counts["finished" if report.state.is_success else "failed"] += 1
    return Ending(**counts)


def word_of(report: JobReport) -> str:
    """Return a job's state for people. As the state of an attempt, `unknown` means that its job may run."""
    return NOT_FOUND if is_not_found(report) else report.state.value


def state_of(record: Record, reports: Mapping[str, JobReport]) -> str:
    """Return the job's state where it is known, else the attempt's."""
    report = reports.get(record.uuid or "")
    if report is not None and report.state is not JobState.UNKNOWN:
        return report.state.value
    if report is not None and not report.raw:
        return word_of(report)
    return record.job_state or record.state.value


def last_word(record: Record, reports: Mapping[str, JobReport]) -> tuple[str | None, int | None]:
    """Return why the job is in its state, and its exit code: as the target says now, else as it was last seen."""
    report = reports.get(record.uuid or "")
    return (record.job_reason, record.exit_code) if report is None else (report.reason, report.exit_code)


BY_STATE: dict[str, EndReason] = {
    JobState.EXITED: EndReason.EXIT,
    JobState.STOPPED: EndReason.STOPPED,
    JobState.LOST: EndReason.LOST,
    JobState.CANCELLED: EndReason.CANCELLED,
}


def end_reason(record: Record, reports: Mapping[str, JobReport]) -> EndReason | None:
    """Return why the job ended without success, in one word; None if it has not ended, or has succeeded."""
    usual = BY_STATE.get(state_of(record, reports))
    return usual and (life_of(record, reports).ended_for or usual)


def life_of(record: Record, reports: Mapping[str, JobReport]) -> Life:
    """Return when and where the job ran, and what it used: as the target says now, else as it was last seen.

    What the job asked for is in its payload, where the target does not say it.
    """
    report = reports.get(record.uuid or "")
    life = life_from(record.life) if report is None else life_now(report, record.life)
    return life if record.uuid is None else life.over(Life(usage=asked_by(record)))


def why_of(record: Record, reports: Mapping[str, JobReport]) -> str:
    """Return why the job is in its state or, where there is no job, what the target said of the payload."""
    if record.state is State.ACCEPTED:
        return last_word(record, reports)[0] or ""
    return ": ".join(filter(None, (record.code, record.shown_message)))
