"""The next attempts of cells whose jobs failed: which cells, for which reasons, and their payloads.

What `cell.attempt` is in a payload is known from the ledger alone: the last job of a cell says which attempt it was. So
a run that was stopped goes on where it was, and two processes decide the same.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from specc.diagnostics import Diagnostic, did_you_mean
from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.lowering import Payload
from specc.project import DiagnosticSet
from specc.submission import Action, Ledger, Record, Step, end_reason, retries_made, retry_step
from specc.targets import EndReason

USUAL = frozenset(
    {EndReason.MEMORY, EndReason.TIME, EndReason.NODE, EndReason.PREEMPTED, EndReason.EXIT, EndReason.STOPPED}
)
"""Reasons for which jobs are tried again where none is named. Nobody knows if a job that is lost has ended, and a job
that was cancelled was not wanted."""

Name = tuple[str, str]
"""A spec's id and a cell's id."""

Compile = Callable[[Sequence[Payload], int, DiagnosticSet], Iterable[Payload]]
"""Compiles the cells of payloads again, as another attempt."""


@dataclass(frozen=True, slots=True)
class Retrying:
    """Which cells are tried again: those whose jobs ended for one of the reasons, at most so often each.

    `is_all`: nothing else is sent, and what fails meanwhile is not tried again.
    """

    reasons: frozenset[EndReason] = USUAL
    most: int | None = None
    is_all: bool = False


def reasons_named(texts: Iterable[str], option: str) -> frozenset[EndReason]:
    """Return the reasons of `--reason memory,time`, repeatable; the usual ones for none.

    Raises SpeccError for a word that is not a reason, and for no word: an unset variable of a script is not the usual.
    """
    texts = list(texts)
    names = [name.strip() for text in texts for name in text.split(",") if name.strip()]
    known = {reason.value: reason for reason in EndReason}
    if texts and not names:
        raise SpeccError(f"`{option}` names no reason", help=did_you_mean("", known, "reasons"))
    for name in names:
        if name not in known:
            raise SpeccError(f"`{option} {name}`: no job ends for that", help=did_you_mean(name, known, "reasons"))
    return frozenset(known[name] for name in names) or USUAL


class Versions:
    """The payloads of a request as other attempts than the first, each compiled once."""

    def __init__(self, compile: Compile) -> None:
        self._compile = compile
        self._made: dict[int, dict[Name, Payload]] = {}
        self._asked: dict[int, set[Name]] = {}
        self._diagnostics = DiagnosticSet()

    @property
    def diagnostics(self) -> list[Diagnostic]:
        """Return what is wrong with cells as later attempts. Of these there is no payload."""
        return self._diagnostics.all()

    def of(self, payloads: Iterable[Payload], attempt: int) -> dict[Name, Payload]:
        """Return what the cells of payloads are at an attempt, by name; a cell with an error is not among them."""
        made, asked = self._made.setdefault(attempt, {}), self._asked.setdefault(attempt, set())
        new = [payload for payload in payloads if name_of(payload) not in asked]
        asked.update(map(name_of, new))
        if new:
            made.update((name_of(payload), payload) for payload in self._compile(new, attempt, self._diagnostics))
        return made


def name_of(payload: Payload) -> Name:
    """Return by which names the spec and the cell of a payload go."""
    return payload.spec_id, payload.cell.id


def as_now(steps: Iterable[Step], versions: Versions) -> list[Payload]:
    """Return the payload of each step as the attempt that its cell is at."""
    by_attempt: dict[int, list[Payload]] = {}
    listed = list(steps)
    for step in listed:
        by_attempt.setdefault(step.attempt, []).append(step.payload)
    made = {attempt: versions.of(payloads, attempt) for attempt, payloads in by_attempt.items() if attempt > 1}
    return [made.get(step.attempt, {}).get(name_of(step.payload), step.payload) for step in listed]


def with_retries(steps: Sequence[Step], retrying: Retrying, versions: Versions, ledger: Ledger) -> list[Step]:
    """Return the steps with another attempt in place of each that only keeps a job which failed."""
    due = {index: reason for index, step in enumerate(steps) if (reason := _due(step, retrying, ledger)) is not None}
    by_attempt: dict[int, list[Payload]] = {}
    for index in due:
        by_attempt.setdefault(steps[index].attempt + 1, []).append(steps[index].payload)
    made = {attempt: versions.of(payloads, attempt) for attempt, payloads in by_attempt.items()}
    found = list(steps)
    for index, reason in due.items():
        step, attempt = steps[index], steps[index].attempt + 1
        payload = made[attempt].get(name_of(step.payload))
        if payload is not None:
            found[index] = retry_step(step, payload, attempt, reason, ledger)
    if not retrying.is_all:
        return found
    return [step for step in found if step.action is Action.RETRY or (step.action.stops and _failed(step, retrying))]


def _due(step: Step, retrying: Retrying, ledger: Ledger) -> EndReason | None:
    """Return why the job of a step ended, if that is why it is tried again."""
    is_changed = step.action is Action.SEND and step.accepted is not None
    if step.accepted is None or not (step.action is Action.KEEP or is_changed):
        return None
    reason = end_reason(step.accepted, {})
    if reason not in retrying.reasons:
        return None
    if retrying.most is not None and retries_made(ledger.of_key(step.key)) >= retrying.most:
        return None
    return reason


def _failed(step: Step, retrying: Retrying) -> bool:
    return step.accepted is not None and end_reason(step.accepted, {}) in retrying.reasons


def numbered_now(step: Step, ledger: Ledger) -> Step | None:
    """Return a step that was not sent with the number that its attempt gets now; None if another process sent it.

    What is unknown is sent again under its key, unless it was withdrawn meanwhile: then it needs another attempt, too.
    """
    of_key = ledger.of_key(step.key)
    if step.action is Action.RESUME:
        return step if of_key[-1].may_run else _anew(step, of_key)
    since = of_key[step.number - 1 :]
    if any(record.may_run for record in since):
        return None
    return replace(step, number=step.number + len(since))


def _anew(step: Step, of_key: Sequence[Record]) -> Step:
    """Return a step whose last attempt surely started nothing, with another attempt for the same reason."""
    last = of_key[-1]
    reason = EndReason(last.retried_for) if last.retried_for is not None else None
    action = Action.SEND if reason is None else Action.RETRY
    attempt = last.cell_attempt or 1
    return replace(step, action=action, number=len(of_key) + 1, attempt=attempt, retried_for=reason)
