"""What submitting would do, decided from the ledger alone. Nothing here sends anything."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from specc.lowering import Payload
from specc.source import Source
from specc.submission.keys import LogicalKey, key_of
from specc.submission.ledger import Ledger
from specc.submission.records import Record, State

Exists = Callable[[LogicalKey], bool]


class Action(StrEnum):
    """What is done with one payload."""

    SEND = "send"
    RERUN = "rerun"
    RESEND = "resend"
    KEEP = "keep"
    REFUSE_CHANGED = "changed"
    REFUSE_UNKNOWN = "unknown"
    REFUSE_MOVED = "moved"
    REFUSE_TWIN = "twin"
    WAIT = "in-flight"

    @property
    def sends(self) -> bool:
        return self in (Action.SEND, Action.RERUN, Action.RESEND)

    @property
    def refuses(self) -> bool:
        return self.name.startswith("REFUSE")


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the user allows beyond the safe default: sending an altered payload, running an accepted one again,
    sending one again whose outcome is unknown."""

    changed: bool = False
    rerun: bool = False
    resend_unknown: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One payload and what is done with it. `last` is the attempt that decides, `why` says it to a person."""

    payload: Payload
    key: LogicalKey
    action: Action
    why: str
    number: int
    last: Record | None = None


def plan(
    payloads: Iterable[Payload],
    target: str,
    params: Sequence[Source],
    ledger: Ledger,
    exists: Exists,
    allowed: Allowed,
) -> list[Step]:
    """A step for each payload. `exists` says whether the project still has a key, to tell what was moved.

    Two cells with one digest are refused, except repetitions of one cell.
    """
    steps: list[Step] = []
    first: dict[str, Step] = {}
    for payload in payloads:
        key = key_of(payload, target, params)
        step = decide(payload, key, ledger.of_key(key), ledger.with_digest(target, payload.digest), exists, allowed)
        twin = first.setdefault(payload.digest, step)
        if twin is not step and step.action.sends and not _are_repetitions(twin.payload, payload):
            why = f"it is the same payload as cell {twin.payload.cell.id} of {twin.payload.spec_id}"
            step = Step(payload, key, Action.REFUSE_TWIN, why, step.number, twin.last)
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
    """The step for one payload, given its key's attempts and the accepted attempts of the same payload elsewhere."""
    number = max((record.number for record in own), default=0) + 1
    open_attempt = next((record for record in own if record.is_open), None)
    if open_attempt is not None:
        return _for_open(payload, key, open_attempt, number, allowed)
    accepted = [record for record in own if record.state is State.ACCEPTED]
    if not accepted:
        return _for_new(payload, key, own, same_digest, number, exists)
    last = accepted[-1]
    if last.digest == payload.digest:
        if allowed.rerun:
            return Step(payload, key, Action.RERUN, f"runs again on purpose, after {last.uuid}", number, last)
        return Step(payload, key, Action.KEEP, f"accepted as {last.uuid}", number, last)
    if allowed.changed or allowed.rerun:
        return Step(payload, key, Action.SEND, f"changed since {last.uuid}", number, last)
    why = f"the payload changed since it was accepted as {last.uuid}; `--changed` sends the new one"
    return Step(payload, key, Action.REFUSE_CHANGED, why, number, last)


def _for_open(payload: Payload, key: LogicalKey, record: Record, number: int, allowed: Allowed) -> Step:
    if record.state is State.INTENT:
        return Step(payload, key, Action.WAIT, "another process is sending it now", number, record)
    if allowed.resend_unknown:
        return Step(payload, key, Action.RESEND, "sent again although it may be there already", number, record)
    why = f"an earlier attempt may have been accepted ({record.message}); `specc ledger resolve` finds out"
    return Step(payload, key, Action.REFUSE_UNKNOWN, why, number, record)


def _for_new(
    payload: Payload,
    key: LogicalKey,
    own: Sequence[Record],
    same_digest: Sequence[Record],
    number: int,
    exists: Exists,
) -> Step:
    moved = next((record for record in same_digest if not exists(record.key)), None)
    if moved is not None:
        gone = f"{moved.key.spec} cell {moved.key.cell}, which is gone"
        why = f"the same payload was accepted as {moved.uuid} under {gone}; `specc ledger mv` takes it over"
        return Step(payload, key, Action.REFUSE_MOVED, why, number, moved)
    last = own[-1] if own else None
    why = "new" if last is None else f"{last.state} before: {last.code or last.message or ''}".rstrip(": ")
    return Step(payload, key, Action.SEND, why, number, last)


def _are_repetitions(one: Payload, other: Payload) -> bool:
    """`matrix.repeat` asks for the same payload several times: same spec, same axis values, another repetition."""
    same_values = one.cell.data() == other.cell.data()
    return one.spec_id == other.spec_id and same_values and one.cell.repeat != other.cell.repeat
