"""What submitting would do, decided from the ledger alone, and what it may cost. Nothing here sends anything."""

import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from fractions import Fraction
from itertools import islice

from specc.fast_dataclass import dataclass
from specc.lowering import Payload
from specc.source import Source
from specc.submission.keys import NO_PARAMS, LogicalKey, key_of
from specc.submission.ledger import Ledger
from specc.submission.records import Record, State, current_attempt
from specc.targets import EndReason, JobState
from specc.units import DURATION_UNITS

HOUR = 3600

Exists = Callable[[LogicalKey], bool]


class Action(StrEnum):
    """What is done with one payload."""

    SEND = "send"
    RERUN = "rerun"
    RETRY = "retry"
    RESEND = "resend"
    RESUME = "resume"
    KEEP = "keep"
    WAIT = "in-flight"
    REFUSE_UNKNOWN = "unknown"
    REFUSE_CHANGED = "changed"
    REFUSE_MOVED = "moved"
    REFUSE_TWIN = "twin"

    @property
    def sends(self) -> bool:
        """Return whether the payload is sent."""
        return self in (Action.SEND, Action.RERUN, Action.RETRY, Action.RESEND, Action.RESUME)

    @property
    def stops(self) -> bool:
        """Return whether the user must decide first: as long as one payload is refused like this, none is sent."""
        return self in (Action.REFUSE_CHANGED, Action.REFUSE_MOVED, Action.REFUSE_TWIN)


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the user allows beyond the safe default.

    `changed` sends a payload that is not the accepted one, `rerun` runs an accepted payload again, `resend_unknown`
    sends a payload again whose outcome is unknown.
    """

    changed: bool = False
    rerun: bool = False
    resend_unknown: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One payload and what is done with it. `why` gives a person the reason.

    `last` is the attempt that decides, `accepted` the attempt that was last accepted under this key, `number` the
    number that a new attempt gets. `twin` is an equal payload of this run; `seen` are the attempts that had sent the
    same payload under other keys when this was decided. `attempt` is what `cell.attempt` has to be in the payload, and
    `retried_for` why the last job ended, if this is another attempt because of that.
    """

    payload: Payload
    key: LogicalKey
    action: Action
    why: str
    number: int
    last: Record | None = None
    accepted: Record | None = None
    twin: Payload | None = None
    seen: frozenset[str] = frozenset()
    attempt: int = 1
    retried_for: EndReason | None = None


class Same:
    """The attempts of one payload under any key, of which a job is or may be there."""

    def __init__(self, records: Sequence[Record]) -> None:
        self.attempts = frozenset(record.attempt for record in records)
        self._records = records
        self._families = {record.key.family for record in records}

    def of_others(self, key: LogicalKey) -> list[Record]:
        """Return those that are neither of this key nor of another repetition of its cell."""
        if self._families <= {key.family}:
            return []
        return [record for record in self._records if record.key.family != key.family]


LOOKED_UP = 500
"""So many payloads are looked up at once: some 50 ms, for which other processes wait."""


def plan_steps(
    payloads: Iterable[Payload],
    target: str,
    target_name: str,
    params: Sequence[Source],
    ledger: Ledger,
    exists: Exists,
    allowed: Allowed,
    who: str | None = None,
    *,
    resumes: bool = False,
    at: str = "",
) -> list[Step]:
    """Return a step for each payload. `target` is the target's identity, `exists` tells if the project still has a key.
    `who` is the user who would send: what another one has sent by a shared ledger is not sent again.
    `resumes`: the target runs an attempt once, however often it is sent, so one that is unknown is sent again as it is.
    `at` is the option that a command needs to mean the target, with a blank before it.

    Two cells with one digest are refused, except repetitions of one cell. A job that was moved is offered once.
    """
    steps: list[Step] = []
    first: dict[str, Step] = {}
    known: dict[str, Same] = {}
    offered: set[str] = set()

    def add_step(payload: Payload) -> None:
        key = key_of(payload, target, params)
        if payload.digest not in known:  # of a thousand repetitions, all have one
            known[payload.digest] = Same(ledger.with_digest(target, payload.digest))
        same = known[payload.digest]
        left = [record for record in same.of_others(key) if record.attempt not in offered]
        own = ledger.of_key(key)
        step = decide(payload, key, own, left, exists, allowed, resumes=resumes, at=at)
        if not own and step.action is Action.SEND and (before := ledger.of_retargeted(target_name, key)):
            step = _after_others(step, before[-1], key, allowed, who)
        step = replace(step, seen=same.attempts)
        if step.action is Action.REFUSE_MOVED and step.last is not None:
            offered.add(step.last.attempt)
        twin = first.setdefault(payload.digest, step)
        if twin is not step and step.action.sends and not key.repeats(twin.key):
            why = f"it is the same payload as {twin.key}"
            step = replace(step, action=Action.REFUSE_TWIN, why=why, twin=twin.payload)
        steps.append(step)

    every = iter(payloads)
    while some := list(islice(every, LOOKED_UP)):
        with ledger.at_once():
            for payload in some:
                add_step(payload)
    return steps


def decide(
    payload: Payload,
    key: LogicalKey,
    own: Sequence[Record],
    of_others: Sequence[Record],
    exists: Exists,
    allowed: Allowed,
    *,
    resumes: bool = False,
    at: str = "",
) -> Step:
    """Return the step for one payload.

    `own` are the attempts of its key in order, `of_others` the attempts of the same payload under other keys, but for
    repetitions, of which a job is or may be there.
    """
    number = own[-1].number + 1 if own else 1
    accepted = next((record for record in reversed(own) if record.state is State.ACCEPTED), None)
    last = own[-1] if own else None

    def step(action: Action, why: str, decisive: Record | None = last) -> Step:
        return Step(payload, key, action, why, number, decisive, accepted, attempt=current_attempt(own))

    open_attempt = next((record for record in own if record.is_open), None)
    if open_attempt is not None:
        return step(*_for_open(open_attempt, payload, allowed, resumes=resumes), open_attempt)
    if accepted is not None and payload.digest in accepted.stands_for:
        if allowed.rerun:
            return step(Action.RERUN, f"runs again on purpose, after {accepted.uuid}", accepted)
        is_kept = payload.digest != accepted.digest
        changed = "; its results are kept, though the payload has changed since" if is_kept else ""
        return step(Action.KEEP, f"accepted as {accepted.uuid}{changed}", accepted)
    if accepted is not None and not allowed.changed:
        why = f"the payload changed since it was accepted as {accepted.uuid}; `--changed` sends the new one"
        why += f", `specc keep{at}` keeps the results" if accepted.job_state == JobState.FINISHED else ""
        return step(Action.REFUSE_CHANGED, why, accepted)
    earlier = next((one for one in own if one.state is State.ACCEPTED and one.digest == payload.digest), None)
    if earlier is not None:
        if allowed.rerun:
            return step(Action.RERUN, f"runs again on purpose, as {earlier.uuid} did", accepted)
        why = f"the payload is again the one that was accepted as {earlier.uuid}; `--changed --rerun` runs it once more"
        return step(Action.REFUSE_CHANGED, why, accepted)
    for record in of_others:
        refused = _for_elsewhere(record, key, allowed, is_gone=not exists(record.key))
        if refused is not None:
            return step(*refused, record)
    return step(Action.SEND, _why_sent(accepted, last))


def retry_step(step: Step, payload: Payload, attempt: int, reason: EndReason, ledger: Ledger) -> Step:
    """Return the step that makes the next attempt of a cell whose job ended for a reason.

    `step` is what would be done with the cell otherwise, and `payload` what the cell is at that attempt. Where the
    payload is one that another cell has sent, and was not before, the step is refused.
    """
    key, last = step.key, step.accepted
    same = Same(ledger.with_digest(key.target, payload.digest))
    made = replace(
        step,
        payload=payload,
        action=Action.RETRY,
        why=f"attempt {attempt}, because {last.uuid if last else 'the last job'} ended for `{reason}`",
        last=last,
        seen=same.attempts,
        attempt=attempt,
        retried_for=reason,
    )
    other = next(iter(same.of_others(key)), None)
    was_shared = payload.digest == step.payload.digest
    if other is None or was_shared:
        return made
    why = f"as attempt {attempt} it would be the payload that was {_outcome(other)} under {other.key}"
    return replace(made, action=Action.REFUSE_TWIN, why=why)


def _for_open(record: Record, payload: Payload, allowed: Allowed, *, resumes: bool) -> tuple[Action, str]:
    if record.state is State.INTENT:
        return Action.WAIT, "another process is sending it now"
    if record.digest != payload.digest:
        why = f"another payload may have been accepted for it ({record.message}); `specc ledger resolve` comes first"
        return Action.REFUSE_UNKNOWN, why
    if allowed.resend_unknown:
        return Action.RESEND, "sent again although it may be there already"
    if resumes:
        return Action.RESUME, f"nobody knows if it was accepted ({record.message}); sent under its key, it runs once"
    return Action.REFUSE_UNKNOWN, f"it may have been accepted ({record.message}); `specc ledger resolve` finds out"


def _for_elsewhere(record: Record, key: LogicalKey, allowed: Allowed, *, is_gone: bool) -> tuple[Action, str] | None:
    """Return what is done with a payload that was sent under another key; None where it is sent all the same.

    The other key is that of a file that was moved, of a cell that was renamed, or of another spec.
    """
    known = _outcome(record)
    if is_gone:
        why = f"the same payload was {known} under {record.key}, which is gone; `{_move(record, key)}`"
        return Action.REFUSE_MOVED, f"{why} takes it over"
    if allowed.rerun:
        return None
    return Action.REFUSE_TWIN, f"the same payload was {known} under {record.key}; `--rerun` sends it all the same"


def _move(record: Record, key: LogicalKey) -> str:
    """Return the command that moves an attempt. `-p` belongs to the new name, so an old name with parameters of its own
    is given by its attempt."""
    if record.key.params == key.params == NO_PARAMS:
        return f"specc ledger mv {record.key.name} {key}"
    return f"specc ledger mv {record.attempt} {key}" + (" --no-params" if key.params == NO_PARAMS else "")


def _outcome(record: Record) -> str:
    if record.state is State.INTENT:
        return "being sent at this moment"
    return f"accepted as {record.uuid}" if record.uuid else "sent with an unknown outcome"


def _after_others(step: Step, record: Record, key: LogicalKey, allowed: Allowed, who: str | None) -> Step:
    """Return the step for what would be new, if there were not an attempt by another user or at another place."""
    if record.who is None or record.who == who:
        return replace(step, action=Action.REFUSE_MOVED, why=_why_retargeted(record, key), last=record)
    by = f"{_outcome(record)}, by {record.who}"
    if allowed.rerun:
        return replace(step, why=f"runs again on purpose: {by}")
    if record.uuid is not None and step.payload.digest in record.stands_for:
        return replace(step, action=Action.KEEP, why=by, last=record)
    if allowed.changed and record.uuid is not None:
        return replace(step, why=f"changed since {record.uuid}, by {record.who}")
    changed = "; the payload has changed since, and `--changed` sends yours" if record.uuid is not None else ""
    return replace(step, action=Action.REFUSE_CHANGED, why=f"it was {by}{changed}", last=record)


def _why_retargeted(record: Record, key: LogicalKey) -> str:
    """Return why nothing is sent where the target's name meant another place or account before."""
    name = record.target_name
    was = f"it was {_outcome(record)} when `{name}` was {record.key.target}, and now that is {key.target}"
    same = shlex.join(["specc", "ledger", "mv", key.spec, key.spec, "--target", name])
    move = f"if it is the same account with a new key, `{same}`"
    return f"{was}; {move} takes the job over; to send there as well, give the new place a target of its own"


def _why_sent(accepted: Record | None, last: Record | None) -> str:
    if accepted is not None:
        return f"changed since {accepted.uuid}"
    if last is None:
        return "new"
    return f"{last.state} before: {last.code or last.message or ''}".rstrip(": ")


@dataclass(frozen=True, slots=True)
class Cost:
    """The core-hours that payloads can use at most. `unlimited` payloads set no time, so theirs are not known."""

    hours: Fraction
    counted: int
    unlimited: int
    has_unit: bool

    def __str__(self) -> str:
        if not self.has_unit:
            return "core-hours: unknown, because no unit of `time_limit` is set"
        if not self.counted and not self.unlimited:
            return "core-hours: none"
        at_most = f"core-hours: at most {hours_text(self.hours)}" if self.counted else "core-hours: unknown"
        return f"{at_most}, and {self.unlimited} without `time_limit`" if self.unlimited else at_most


def hours_text(hours: Fraction) -> str:
    """Return a number of hours with at most two decimals."""
    return f"{float(hours):,.2f}".rstrip("0").rstrip(".")


def core_hours(body: Mapping[str, object], units: Mapping[str, str]) -> Fraction | None:
    """Return `core_limit` (one core where it is not set) times `time_limit`; None if the unit or time is unknown."""
    cores, time, unit = body.get("core_limit", 1), body.get("time_limit"), units.get("time_limit")
    if not isinstance(cores, int) or not isinstance(time, int) or unit not in DURATION_UNITS:
        return None
    return Fraction(cores * time * DURATION_UNITS[unit], HOUR)


def cost(bodies: Iterable[Mapping[str, object]], units: Mapping[str, str]) -> Cost:
    """Return what payloads may cost together."""
    each = [core_hours(body, units) for body in bodies]
    known = [hours for hours in each if hours is not None]
    return Cost(sum(known, Fraction()), len(known), len(each) - len(known), units.get("time_limit") in DURATION_UNITS)
