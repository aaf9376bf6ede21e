"""Attempts whose outcome is unknown, and the jobs on the target that they may have started.

An exact tag proves a match. Any other match is proposed, one job for one attempt, and only a person can confirm it. If
no job is found, that proves nothing.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.lowering import receive
from specc.schema import ApiSchema
from specc.submission.ledger import Ledger
from specc.submission.records import Record, State
from specc.targets import Attempt, Candidate, Target

MARGIN = 120.0
"""Seconds before and after an attempt in which its job is looked for: clocks differ, and servers are slow."""

NEEDED = ("run_user", "cmd_line")
"""Fields that the target must give and that must agree. Many jobs have the same name and time."""

BY_USER = "the user's word"


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """A job for an attempt. In an exact match the job carries the attempt's own tag."""

    record: Record
    candidate: Candidate
    is_exact: bool

    @property
    def is_weak(self) -> bool:
        """Return whether another job may equally be the attempt's: then only a person may choose this job."""
        return bool(self.doubts)

    @property
    def doubts(self) -> tuple[str, ...]:
        """Return what is not known of a match that is not exact: its time, its user or command, or other jobs."""
        if self.is_exact:
            return ()
        sent, given = _sent(self.record), _echoed(self.record, self.candidate)
        missing = tuple(f"the API gave no `{name}`" for name in NEEDED if sent.get(name) and name not in given)
        # Without a time nothing else matters: a job of any day may have these fields.
        why = ("the API gave no time",) if self.candidate.submitted_at is None else missing
        return (*self.candidate.doubts, *why)

    @property
    def evidence(self) -> str:
        """Return what supports the match and what is in doubt, as a sentence."""
        fields = sorted(_echoed(self.record, self.candidate))
        match fields:
            case []:
                agreed = "the API gave no field"
            case [only]:
                agreed = f"only the {only} agrees"
            case [*others, last]:
                agreed = f"{', '.join(others)} and {last} agree"
        agreed += "" if self.candidate.submitted_at is None else ", and the time fits"
        return "; ".join((agreed, *self.doubts))


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The matches for unknown attempts of one target.

    `open` are the attempts without a match, each with the jobs that may be its own, though nobody can say which.
    """

    exact: tuple[Match, ...]
    proposed: tuple[Match, ...]
    open: tuple[tuple[Record, tuple[Candidate, ...]], ...]


def find_jobs(records: Sequence[Record], target: Target, ledger: Ledger, schema: Callable[[str], ApiSchema]) -> Found:
    """Ask the target once for all attempts, and return the matches. `schema` returns an API's schema by name."""
    if not records:
        return Found((), (), ())
    windows = [window(record) for record in records]
    since, until = min(start for start, _ in windows), max(end for _, end in windows)
    attempts = [attempt_of(record, schema(record.api)) for record in records]
    found = target.look_up(attempts, datetime.fromtimestamp(since, UTC), datetime.fromtimestamp(until, UTC))
    taken = ledger.taken(target.identity, [one.uuid for one in found])
    return matched(records, {one.uuid: one for one in found if one.uuid not in taken}.values())


def matched(records: Sequence[Record], candidates: Iterable[Candidate]) -> Found:
    """Return exact matches first, then those of attempts and jobs that fit each other and no others."""
    free = list(candidates)
    exact: list[Match] = []
    for record in records:
        tagged = [one for one in free if is_tagged(record, one)]
        if len(tagged) == 1:
            exact.append(Match(record, tagged[0], True))
            free.remove(tagged[0])
    matched_attempts = {match.record.attempt for match in exact}
    left = [record for record in records if record.attempt not in matched_attempts]
    fits = {record.attempt: [one for one in free if agrees(record, one)] for record in left}
    proposed: list[Match] = []
    unresolved: list[tuple[Record, tuple[Candidate, ...]]] = []
    for group in _groups(left, fits):
        jobs = fits[group[0].attempt]
        if _is_one_to_one(group, jobs, fits):
            pairs = zip(sorted(group, key=lambda one: one.created_at), sorted(jobs, key=_time), strict=True)
            proposed.extend(Match(record, job, False) for record, job in pairs)
        else:
            unresolved.extend((record, tuple(fits[record.attempt])) for record in group)
    return Found(tuple(exact), tuple(proposed), tuple(unresolved))


def _groups(records: Sequence[Record], fits: dict[str, list[Candidate]]) -> list[list[Record]]:
    """Return the groups of attempts that compete for a job, directly or through others."""
    groups: list[tuple[list[Record], set[str]]] = []
    for record in records:
        members, jobs = [record], {one.uuid for one in fits[record.attempt]}
        apart = []
        for group, wanted in groups:
            if wanted & jobs:
                members, jobs = [*group, *members], jobs | wanted
            else:
                apart.append((group, wanted))
        groups = [*apart, (members, jobs)]
    return [members for members, _ in groups]


def _is_one_to_one(group: list[Record], jobs: list[Candidate], fits: dict[str, list[Candidate]]) -> bool:
    """Return whether it does not matter which job is given to which attempt.

    There are as many jobs as attempts, each job fits each attempt, and all attempts sent one payload.
    """
    uuids = {one.uuid for one in jobs}
    return (
        len(jobs) == len(group)
        and all({one.uuid for one in fits[record.attempt]} == uuids for record in group)
        and len({record.digest for record in group}) == 1
    )


def is_tagged(record: Record, candidate: Candidate) -> bool:
    """Return whether the job carries the attempt's own tag: its key, or the name that only this attempt had."""
    if candidate.tag is not None:
        return candidate.tag == record.attempt
    name = json.loads(record.body).get("name")
    return record.sent_name != name and candidate.fields.get("name") == record.sent_name


def agrees(record: Record, candidate: Candidate) -> bool:
    """Return whether the job can be the attempt's: no other tag, the right time, and every echoed field as it was sent.

    A field that is empty in the answer is not echoed. A field that was not sent was filled in by the server.
    """
    if candidate.tag is not None and candidate.tag != record.attempt:
        return False
    if candidate.submitted_at is not None:
        start, end = window(record)
        if not start <= candidate.submitted_at.timestamp() <= end:
            return False
    sent = _sent(record)
    return all(str(value) == str(sent[name]) for name, value in _echoed(record, candidate).items())


def _sent(record: Record) -> dict[str, object]:
    return {**json.loads(record.body), "name": record.sent_name}


def _echoed(record: Record, candidate: Candidate) -> dict[str, object]:
    """Return the fields that were sent and that the target gives of the job."""
    sent = _sent(record)
    return {name: value for name, value in candidate.fields.items() if value not in (None, "") and name in sent}


def window(record: Record) -> tuple[float, float]:
    """Return when the job can have been submitted, by the server's clock.

    What is known of that clock may be out of date, so the times by both clocks are within the window.
    """
    end = record.settled_at if record.settled_at is not None else record.created_at
    first, last = min(record.created_at, end), max(record.created_at, end)
    return first + min(0.0, record.skew) - MARGIN, last + max(0.0, record.skew) + MARGIN


def attempt_of(record: Record, schema: ApiSchema) -> Attempt:
    """Return the attempt as it was given to the target. Raises SpeccError when the API has changed since then."""
    payload = receive(json.loads(record.body), schema)
    if isinstance(payload, list):
        help = "settle the attempt by hand: `specc ledger resolve ATTEMPT --uuid UUID`, or `--dismiss`"
        raise SpeccError(f"the payload of attempt {record.attempt} is no longer valid for {record.api}", help=help)
    return Attempt(record.attempt, payload, record.sent_name)


def adopt(ledger: Ledger, match: Match) -> None:
    """Write that the job is the attempt's."""
    why = "found by its tag" if match.is_exact else "found on the target, and confirmed"
    ledger.settle(match.record.attempt, State.ACCEPTED, uuid=match.candidate.uuid, message=why)


def settle_by_hand(ledger: Ledger, record: Record, uuid: str | None) -> None:
    """Write what the user says: the job is `uuid`, or (None) nothing was started."""
    if uuid is None:
        ledger.settle(record.attempt, State.DISMISSED, message=BY_USER)
    else:
        ledger.settle(record.attempt, State.ACCEPTED, uuid=uuid, message=BY_USER)


def _time(candidate: Candidate) -> float:
    return candidate.submitted_at.timestamp() if candidate.submitted_at else 0.0
