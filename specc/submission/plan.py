"""What submitting would do, decided from the ledger alone. Nothing here sends anything."""

import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from enum import StrEnum

from specc.fast_dataclass import dataclass
from specc.lowering import Payload
from specc.source import Source
from specc.submission.keys import NO_PARAMS, LogicalKey, key_of
from specc.submission.ledger import Ledger
from specc.submission.records import Record, State

Exists = Callable[[LogicalKey], bool]


class Action(StrEnum):
    """What is done with one payload."""

    SEND = "send"
    RERUN = "rerun"
    RESEND = "resend"
    KEEP = "keep"
    WAIT = "in-flight"
    REFUSE_UNKNOWN = "unknown"
    REFUSE_CHANGED = "changed"
    REFUSE_MOVED = "moved"
    REFUSE_TWIN = "twin"

    @property
    def sends(self) -> bool:
        return self in (Action.SEND, Action.RERUN, Action.RESEND)

    @property
    def stops(self) -> bool:
        """What the user must decide first: as long as one payload is refused like this, none is sent."""
        return self in (Action.REFUSE_CHANGED, Action.REFUSE_MOVED, Action.REFUSE_TWIN)


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the user allows beyond the safe default: sending an altered payload, running an accepted one again,
    sending one again whose outcome is unknown."""

    changed: bool = False
    rerun: bool = False
    resend_unknown: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One payload and what is done with it. `why` says it to a person.

    `last` is the attempt that decides, `accepted` the one that was last accepted under this key, `number` the number
    that a new attempt gets. `twin` is the payload of this run that is the same, `seen` are the attempts that had sent
    the same payload under other keys when this was decided.
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


def plan(
    payloads: Iterable[Payload],
    target: str,
    target_name: str,
    params: Sequence[Source],
    ledger: Ledger,
    exists: Exists,
    allowed: Allowed,
) -> list[Step]:
    """A step for each payload. `target` is the target's identity, `exists` says whether the project still has a key.

    Two cells with one digest are refused, except repetitions of one cell. A job that was moved is offered once.
    """
    steps: list[Step] = []
    first: dict[str, Step] = {}
    offered: set[str] = set()
    for payload in payloads:
        key = key_of(payload, target, params)
        same = ledger.with_digest(target, payload.digest)
        left = [one for one in same if one.attempt not in offered]
        own = ledger.of_key(key)
        step = decide(payload, key, own, left, exists, allowed)
        if not own and step.action is Action.SEND and (before := ledger.of_name(target_name, key)):
            step = replace(step, action=Action.REFUSE_MOVED, why=_why_retargeted(before[-1], key), last=before[-1])
        step = replace(step, seen=frozenset(one.attempt for one in same))
        if step.action is Action.REFUSE_MOVED and step.last is not None:
            offered.add(step.last.attempt)
        twin = first.setdefault(payload.digest, step)
        if twin is not step and step.action.sends and not key.repeats(twin.key):
            why = f"it is the same payload as {twin.key}"
            step = replace(step, action=Action.REFUSE_TWIN, why=why, twin=twin.payload)
        steps.append(step)
    return steps


def decide(
    payload: Payload,
    key: LogicalKey,
    own: Sequence[Record],
    same_digest: Sequence[Record],
    exists: Exists,
    allowed: Allowed,
) -> Step:
    """The step for one payload, given its key's attempts in order, and those of the same payload under any key of
    which a job is or may be there."""
    number = own[-1].number + 1 if own else 1
    accepted = next((record for record in reversed(own) if record.state is State.ACCEPTED), None)
    last = own[-1] if own else None

    def step(action: Action, why: str, decisive: Record | None = last) -> Step:
        return Step(payload, key, action, why, number, decisive, accepted)

    open_attempt = next((record for record in own if record.is_open), None)
    if open_attempt is not None:
        return step(*_for_open(open_attempt, payload, allowed), open_attempt)
    if accepted is not None and accepted.digest == payload.digest:
        if allowed.rerun:
            return step(Action.RERUN, f"runs again on purpose, after {accepted.uuid}", accepted)
        return step(Action.KEEP, f"accepted as {accepted.uuid}", accepted)
    if accepted is not None and not allowed.changed:
        why = f"the payload changed since it was accepted as {accepted.uuid}; `--changed` sends the new one"
        return step(Action.REFUSE_CHANGED, why, accepted)
    earlier = next((one for one in own if one.state is State.ACCEPTED and one.digest == payload.digest), None)
    if earlier is not None:
        if allowed.rerun:
            return step(Action.RERUN, f"runs again on purpose, as {earlier.uuid} did", accepted)
        why = f"it is again the payload that was accepted as {earlier.uuid}; `--changed --rerun` runs that once more"
        return step(Action.REFUSE_CHANGED, why, accepted)
    elsewhere = [one for one in same_digest if one.key != key and not one.key.repeats(key)]
    for record in elsewhere:
        refused = _for_elsewhere(record, key, allowed, is_gone=not exists(record.key))
        if refused is not None:
            return step(*refused, record)
    return step(Action.SEND, _why_sent(accepted, last))


def _for_open(record: Record, payload: Payload, allowed: Allowed) -> tuple[Action, str]:
    if record.state is State.INTENT:
        return Action.WAIT, "another process is sending it now"
    if record.digest != payload.digest:
        why = f"another payload may have been accepted for it ({record.message}); `specc ledger resolve` comes first"
        return Action.REFUSE_UNKNOWN, why
    if allowed.resend_unknown:
        return Action.RESEND, "sent again although it may be there already"
    return Action.REFUSE_UNKNOWN, f"it may have been accepted ({record.message}); `specc ledger resolve` finds out"


def _for_elsewhere(record: Record, key: LogicalKey, allowed: Allowed, *, is_gone: bool) -> tuple[Action, str] | None:
    """The payload was sent before as something else: a moved file or a renamed cell, or another spec's work."""
    known = _known(record)
    if is_gone:
        why = f"the same payload was {known} under {record.key}, which is gone; `{_move(record, key)}`"
        return Action.REFUSE_MOVED, f"{why} takes it over"
    if allowed.rerun:
        return None
    return Action.REFUSE_TWIN, f"the same payload was {known} under {record.key}; `--rerun` sends it all the same"


def _move(record: Record, key: LogicalKey) -> str:
    """`-p` is of the new name, so an old one with parameters of its own is told by its attempt."""
    if record.key.params == key.params == NO_PARAMS:
        return f"specc ledger mv {record.key.name} {key}"
    return f"specc ledger mv {record.attempt} {key}" + (" --no-params" if key.params == NO_PARAMS else "")


def _known(record: Record) -> str:
    if record.state is State.INTENT:
        return "just now being sent"
    return f"accepted as {record.uuid}" if record.uuid else "sent, and nobody knows with what outcome,"


def _why_retargeted(record: Record, key: LogicalKey) -> str:
    """A target of that name was another place or account: the same account with an older access key, perhaps."""
    name = record.target_name
    was = f"it was {_known(record)} when `{name}` was {record.key.target}, and now that is {key.target}"
    same = shlex.join(["specc", "ledger", "mv", key.spec, key.spec, "--target", name])
    move = f"if it is the same account with a new key, `{same}`"
    return f"{was}; {move} takes it over; to send there as well, give the new place a target of its own"


def _why_sent(accepted: Record | None, last: Record | None) -> str:
    if accepted is not None:
        return f"changed since {accepted.uuid}"
    if last is None:
        return "new"
    return f"{last.state} before: {last.code or last.message or ''}".rstrip(": ")
