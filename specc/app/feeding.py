"""A submission after its first sending: the rest as there is room for it, and other attempts of what failed.

A step that found no room is not a failure. It waits here, and is sent when jobs have ended; whoever stops meanwhile and
starts the same command again goes on where this was, because the ledger alone says what was sent.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from specc.app.requests import refusals
from specc.app.retrying import Name, name_of, numbered_now
from specc.app.submitting import Sent, Submission
from specc.diagnostics import Diagnostic
from specc.fast_dataclass import dataclass
from specc.lowering import Payload
from specc.submission import Action, More, Result, Room, State, Step, active_jobs, is_not_found, look, resumed_in
from specc.targets import JobReport

MOST_AT_ONCE = 1024
"""The most steps that are tried at once where the target has said that it is full. The first try is of as many steps as
jobs have ended, and after each that succeeds comes one of twice as many: what does not fit leaves an attempt in the
ledger."""

SHARE = 0.05
"""What part of the jobs has to end before their places are filled again, unless some time has passed."""

FIRST_PAUSE, MOST_PAUSE, GROWTH = 5.0, 120.0, 1.5
"""Seconds after which a full target is asked again although no job of this run has ended: others have jobs, too."""

REST = 30.0
"""The same, once it has taken something: few places are not worth a call each."""

SENT_ELSEWHERE = "another process sent it"

Send = Callable[[Sequence[Step], Room | None], Sent]


@dataclass(frozen=True, slots=True)
class Limits:
    """At most `most_active` jobs are in the target's queue, of all that the ledger knows; None for any number."""

    most_active: int | None = None


class Feeder:
    """The steps of a submission that wait for room, and the jobs whose ends may make room or call for another attempt.

    `send` sends steps, as far as there is room.
    """

    def __init__(self, run: Submission, steps: Iterable[Step], kept: Iterable[Result], limits: Limits) -> None:
        self.results: list[Result] = []
        self.was_stopped = False
        self._run = run
        self._limits = limits
        self._waiting = deque(step for step in steps if step.action.sends)
        self._elsewhere = [step for step in steps if step.action is Action.WAIT]
        self._first = {name_of(payload): payload for payload in run.request.payloads}
        self._jobs: dict[str, Name] = {}
        self._last: dict[Name, str] = {}
        self._refused: list[Diagnostic] = []
        self._why = "there is no room"
        self._has_room, self._has_tried = True, False
        self._at_once: int | None = None
        self._ended = 0
        self._pause, self._tried_at = FIRST_PAUSE, 0.0
        for result in kept:
            self._note_job(result)

    @property
    def uuids(self) -> list[str]:
        """Return the last job of each cell."""
        return list(self._last.values())

    @property
    def left(self) -> list[Result]:
        """Return the steps that are not sent yet, as results that say why."""
        return [Result(step, None, message=f"not yet: {self._why}", is_not_yet=True) for step in self._waiting]

    @property
    def diagnostics(self) -> list[Diagnostic]:
        """Return what is wrong with attempts that could not be made."""
        return [*self._run.versions.diagnostics, *self._refused]

    def begin(self, send: Send) -> Sent:
        """Send all for which there is room, and wait for what another process is sending."""
        sent = self._send(send)
        if self._elsewhere and not sent.was_stopped and sent.fault is None:
            other = send(self._elsewhere, None)
            self._elsewhere = []
            self._note(other)
            sent = Sent((*sent.results, *other.results), other.was_stopped, other.fault)
        return sent

    def feed(self, reports: Mapping[str, JobReport], send: Send) -> More:
        """Send what jobs that have ended since make room for, or call for. Return the new jobs.

        Raises KeyboardInterrupt when the user stops the sending, and SpeccError where it breaks.
        """
        ended = [uuid for uuid, report in reports.items() if uuid in self._jobs and report.state.is_final]
        vanished = [uuid for uuid in ended if reports[uuid].is_vanished]
        before = set(self._jobs) - set(ended)
        self._resume([self._first[self._jobs.pop(uuid)] for uuid in vanished])
        self._retry([self._first[self._jobs.pop(uuid)] for uuid in ended if uuid in self._jobs])
        self._ended += len(ended)
        is_worth_it = self._ended >= max(1.0, SHARE * len(self._jobs))
        is_due = time.monotonic() >= self._tried_at + self._pause
        if self._waiting and (self._has_room or is_worth_it or is_due):
            _go_on(self._send(send))
        if self._elsewhere:
            self._settle(send)
        is_open = bool(self._waiting or self._elsewhere)
        return More(tuple(uuid for uuid in self._jobs if uuid not in before), is_open)

    def _retry(self, payloads: Sequence[Payload]) -> None:
        """Put the next attempts of these cells behind all that waits, where their jobs ended for such a reason."""
        if self._run.retrying is None or self._run.retrying.is_all or not payloads:
            return
        for step in self._run.decide(payloads):
            refused = refusals([step], self._run.opened.target) if step.action is Action.RETRY else []
            self._refused += refused
            if step.action is Action.RETRY and not refused:
                self._waiting.append(step)
                self._has_room = True
            elif not refused:
                self._follow(step)

    def _resume(self, payloads: Sequence[Payload]) -> None:
        """Put what the target has lost before it began it behind all that waits, to be sent again under its key."""
        for step in self._run.decide(payloads) if payloads else ():
            if step.action is Action.RESUME:
                self._waiting.append(step)
                self._has_room = True
            else:
                self._follow(step)

    def _follow(self, step: Step) -> None:
        """Take what another process has sent for a cell, before this one could, for the cell's last job."""
        if step.action is Action.WAIT:
            self._elsewhere.append(step)
        elif step.action is Action.KEEP and step.accepted is not None:
            uuid = step.accepted.uuid
            if uuid != self._last.get((step.key.spec, step.key.cell)):
                self._note(Sent((Result(step, State.ACCEPTED, uuid, message=SENT_ELSEWHERE),), False, None))

    def _settle(self, send: Send) -> None:
        """Wait for what another process is sending. What takes longer is asked for again with the next look."""
        sent = send(self._elsewhere, None)
        self._elsewhere = [result.step for result in sent.results if result.state is State.INTENT]
        self._note(replace(sent, results=tuple(one for one in sent.results if one.state is not State.INTENT)))
        _go_on(sent)

    def _send(self, send: Send) -> Sent:
        """Send what waits, as far as there is room."""
        results: list[Result] = []
        sent = Sent((), False, None)
        self._has_room = False
        if self._at_once is not None:
            self._at_once = max(1, min(self._ended, MOST_AT_ONCE))
        self._ended = 0
        while self._waiting and not sent.was_stopped and sent.fault is None:
            room, free = self._room()
            if free <= 0:
                break
            worth_a_try = len(self._waiting) if self._holds_back else min(free, len(self._waiting))
            due = [self._waiting.popleft() for _ in range(worth_a_try)]
            # A step that was tried before has an attempt in the ledger, even if there was no room for its job.
            sent = send(self._numbered(due) if self._has_tried else due, room)
            self._has_tried = True
            self._note(sent)
            back = [result.step for result in sent.results if result.is_not_yet]
            results.extend(result for result in sent.results if not result.is_not_yet)
            self._waiting.extendleft(reversed(back))
            if self._at_once is not None:
                self._at_once = min(2 * self._at_once, MOST_AT_ONCE)
            if back:
                self._at_once = 1
                self._why = next(r.message for r in sent.results if r.is_not_yet).removeprefix("not yet: ")
                break
        self._tried_at = time.monotonic()
        self._pause = REST if results else min(self._pause * GROWTH, MOST_PAUSE)
        return Sent(tuple(results), sent.was_stopped, sent.fault)

    def _numbered(self, steps: Iterable[Step]) -> list[Step]:
        """Return the steps as they are to be sent now, without those that another process has sent meanwhile."""
        found = []
        for step in steps:
            now = numbered_now(step, self._run.ledger)
            if now is not None:
                found.append(now)
                continue
            last = self._run.ledger.of_key(step.key)[-1]
            if last.state is State.INTENT:
                self._elsewhere.append(replace(step, action=Action.WAIT))
                continue
            result = Result(step, last.state, last.uuid, message=SENT_ELSEWHERE)
            self.results.append(result)
            self._note_job(result)
        return found

    @property
    def _holds_back(self) -> bool:
        """Return whether the target itself starts no more of what it has than there is room for."""
        return self._limits.most_active is not None and self._run.opened.target.batches is not None

    def _room(self) -> tuple[Room | None, int]:
        """Return the limit for the ledger, and how many steps are worth a try now."""
        most = self._limits.most_active
        if most is None:
            return None, self._at_once or len(self._waiting)
        ledger, opened = self._run.ledger, self._run.opened
        active = ledger.active(opened.target.identity)
        uuids = [record.uuid for record in active if record.uuid is not None]
        seen = look(opened, uuids, ledger, self._run.request.workplace.person.tell)
        gone = {record.attempt for record in active if (report := seen.get(record.uuid or "")) and is_not_found(report)}
        active = ledger.active(opened.target.identity)
        unknown = sum(record.uuid is None for record in active)
        self._why = active_jobs(len(active) - len(gone)) + (f", {unknown:,} of them unknown" if unknown else "")
        own = resumed_in(self._waiting)
        return Room(most, frozenset(gone)), most - sum(
            one.attempt not in gone and one.attempt not in own for one in active
        )

    def _note(self, sent: Sent) -> None:
        for result in sent.results:
            if not result.is_not_yet:
                self.results.append(result)
                self._note_job(result)
        self.was_stopped |= sent.was_stopped

    def _note_job(self, result: Result) -> None:
        name = (result.step.key.spec, result.step.key.cell)
        if result.uuid is not None and name in self._first:
            self._jobs[result.uuid], self._last[name] = name, result.uuid


def _go_on(sent: Sent) -> None:
    """Raise what broke or stopped a sending, if anything did."""
    if sent.fault is not None:
        raise sent.fault
    if sent.was_stopped:
        raise KeyboardInterrupt
