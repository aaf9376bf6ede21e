"""Sending the steps of a plan: first the intent, then the bytes, then the outcome.

Steps that the target takes in one call are sent together; their intents, keys and outcomes are each their own.

One thread decides and writes the ledger; other threads only ask the target, once for each flight. A thread is there
before the intent is written: where none can be started, nothing is begun. A sender that is stopped sends nothing more,
waits for the flights and writes their outcomes down, too. A sender that is abandoned leaves at once: what was in flight
stays an intent, and a later run finds that its process is dead and its outcome therefore unknown.
"""

import heapq
import json
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import field, replace
from os.path import join, normpath
from queue import Empty, SimpleQueue
from threading import Thread

from specc.errors import SpeccError, no_thread
from specc.fast_dataclass import dataclass
from specc.submission.batches import batches_of
from specc.submission.clock import PATIENCE, Backoff, Clock
from specc.submission.ledger import AttemptOpen, Ledger, NoRoom, Room, SentElsewhere, SettledAlready, UuidTaken
from specc.submission.plan import Action, Step
from specc.submission.records import CELL, Record, State
from specc.submission.results import Result, result_of, settled_elsewhere
from specc.targets import Accepted, Attempt, NotSent, Origin, Outcome, Rejected, Target, Unclear, new_keys

TAG_DIGITS = 8

SIGNATURES = 3
"""How often a request is signed again when the server rejects its time."""

STOP_AFTER = 5
"""So many failures of one kind in a row stop a run: the rest would fail in the same way."""

STOPPED = "stopped before it was sent"


@dataclass(frozen=True, slots=True)
class Sending:
    """How to send.

    `tag_names` puts a short tag of the attempt behind the job's name, outside the digest. `project` is the absolute
    path of the project's root; jobs that are sent without one know nothing of a project. `room` limits how many
    attempts are active at once. `sender` is who sends, as `Record.sender` has it.
    """

    target_name: str
    units: str
    owner: str
    max_in_flight: int = 1
    tries: int = 6
    tag_names: bool = False
    project: str | None = None
    room: Room | None = None
    sender: str | None = None


def intent_of(step: Step, attempt: str, sending: Sending, now: float, skew: float) -> Record:
    """Return the intent to carry out a step. `attempt` is its key, `now` is in seconds since the epoch, `skew` in
    seconds.

    The job's name gets a tag where the settings say so: a part of the attempt's key, by which the job is found again.
    """
    payload = step.payload
    hidden = sorted(payload.hidden) + ([CELL] if payload.hides_cell else [])
    params = payload.params
    return Record(
        attempt=attempt,
        key=step.key,
        target_name=sending.target_name,
        api=payload.api,
        digest=payload.digest,
        body=payload.canonical.decode(),
        sent_name=f"{payload.name}-{attempt[:TAG_DIGITS]}" if sending.tag_names else payload.name,
        slug=payload.cell.slug,
        axes=json.dumps(payload.cell.data(), ensure_ascii=False),
        units=sending.units,
        state=State.INTENT,
        owner=sending.owner,
        number=step.number,
        created_at=now,
        skew=skew,
        hidden=json.dumps(hidden) if hidden else None,
        inputs=json.dumps(params, ensure_ascii=False) if params else None,
        cell_attempt=step.attempt if step.attempt > 1 else None,
        retried_for=step.retried_for,
        sender=sending.sender,
    )


@dataclass(slots=True, eq=False)
class _Member:
    """One attempt of a flight. `is_unclear`: it may have been accepted in an earlier try, so that only a job or a
    withdrawal by the target settles it.
    """

    step: Step
    attempt: Attempt
    is_unclear: bool = False


@dataclass(slots=True, eq=False)
class _Flight:
    """The attempts that are sent in one call, with how often that was tried and signed again.

    `most_active`: so many of their jobs may run at a time; None for any number.
    """

    members: list[_Member]
    most_active: int | None = None
    tried: int = 0
    signed_again: int = 0


@dataclass(slots=True, eq=False)
class _Due:
    """What a round begins: the flights, and the results of steps that need not be sent.

    `taken` groups of steps were taken of those that wait, and the `resumed` flights of those that paused. They are put
    back if the round cannot be written.
    """

    flights: list[_Flight] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    taken: int = 0
    resumed: list[_Flight] = field(default_factory=list)


Answer = tuple[_Flight, Sequence[Outcome] | SpeccError | None]
"""A flight with the outcomes of its members. None: the target failed in a way that is a bug."""


def active_jobs(count: int) -> str:
    """Return how many jobs a target has that have not ended."""
    return "1 job is active" if count == 1 else f"{count:,} jobs are active"


class ConsecutiveFailures:
    """The calls in a row that failed, which show that a run should stop.

    Every answer is the same rejection, or there is no answer, or nothing reaches the target.
    """

    def __init__(self) -> None:
        self._kinds: list[str] = []
        self._count = 0
        self._general: str | None = None

    def note(self, results: Sequence[Result]) -> None:
        """Count the results of one call. A payload that waits for room has not failed."""
        tried = [result for result in results if not result.is_not_yet]
        if any(result.state is State.ACCEPTED for result in tried):
            self._kinds, self._count = [], 0
        elif tried:
            kinds = sorted({_kind(result) for result in tried})
            self._count = self._count + 1 if kinds == self._kinds else 1
            self._kinds = kinds
        self._general = next((_kind(result) for result in tried if result.is_general), self._general)

    @property
    def stop(self) -> bool:
        """Return whether nothing more should be sent."""
        return self._general is not None or self._count >= STOP_AFTER

    def __str__(self) -> str:
        return f"`{self._general}`" if self._general else f"{self._count} times in a row `{', '.join(self._kinds)}`"


def _kind(result: Result) -> str:
    return result.code or str(result.state)


class Sender:
    """One run of sending."""

    def __init__(
        self,
        target: Target,
        ledger: Ledger,
        sending: Sending,
        clock: Clock,
        random: Callable[[], float],
        tell: Callable[[str], object],
    ) -> None:
        """Take what comes from outside: `random` gives numbers from 0 to 1, `tell` takes a line for the user."""
        self._target = target
        self._ledger = ledger
        self._sending = sending
        self._clock = clock
        self._tell = tell
        self._backoff = Backoff(sending.tries, random)
        self._waiting: deque[list[Step]] = deque()
        self._paused: list[tuple[float, int, _Flight]] = []
        self._flying: dict[int, _Flight] = {}
        self._most = sending.max_in_flight
        self._threads = 0
        self._requests: SimpleQueue[_Flight | None] = SimpleQueue()
        self._answers: SimpleQueue[Answer | None] = SimpleQueue()
        self._failures = ConsecutiveFailures()
        self._quota_until = 0.0
        self._is_full: str | None = None
        self._error: Exception | None = None
        self._is_stopped = self._is_abandoned = False
        self.unwritten: list[Result] = []
        """Results that the ledger could not take. They must be shown to the user."""

    def results(self, steps: Sequence[Step]) -> Generator[Result, None, None]:
        """Yield a result for every step that sends, as it comes; steps that were not tried come last.

        An error of the ledger or the target is raised after the outcomes of all flights have been written down.
        """
        due = [step for step in steps if step.action.sends]
        try:
            self._waiting.extend(self._grouped(due))
            while self._flying or (not self._is_over and (self._has_next or self._paused)):
                yield from self._round()
            yield from self._leave()
        finally:
            self._close()
        if self._error is not None:
            raise self._error

    def _grouped(self, steps: Sequence[Step]) -> list[list[Step]]:
        try:
            return batches_of(steps, self._target.batches)
        except SpeccError as error:
            self._error = error
            return [[step] for step in steps]

    def stop(self) -> None:
        """Send nothing more. May be called from a signal handler."""
        self._is_stopped = True
        self._answers.put(None)

    def abandon(self) -> None:
        """Do not wait for the flights either."""
        self._is_abandoned = True

    @property
    def in_flight(self) -> list[Step]:
        """Return the steps that are being sent."""
        return [member.step for flight in self._flying.values() for member in flight.members]

    @property
    def _is_over(self) -> bool:
        return self._is_stopped or self._error is not None or self._failures.stop

    @property
    def _has_next(self) -> bool:
        """Return whether steps wait to be begun, and there is room for their jobs."""
        return bool(self._waiting) and self._is_full is None

    def _round(self) -> Iterator[Result]:
        """Write the outcomes that have come and the intents that are due, at once, and send what was begun.

        Where they cannot be written together, each outcome is written by itself, and nothing more is sent.
        """
        settled = [landed for answer in self._arrived() for landed in self._landed(*answer)]
        if not settled and not self._is_due():
            return
        due = _Due()
        self.unwritten.extend(result for _, result in settled)
        try:
            with self._ledger.together():
                written = [self._settle(member, result) for member, result in settled]
                self._begin(due)
        except SpeccError as error:
            self._error = self._error or error
            for flight in due.resumed:
                heapq.heappush(self._paused, (self._clock.monotonic(), id(flight), flight))
            del self.unwritten[len(self.unwritten) - len(settled) :]
            yield from [self._write(member, result) for member, result in settled]
            return
        del self.unwritten[len(self.unwritten) - len(settled) :]
        for _ in range(due.taken):
            self._waiting.popleft()
        for flight in due.flights:
            flight.tried += 1
            self._flying[id(flight)] = flight
            self._requests.put(flight)
        yield from (*written, *due.results)

    def _begin(self, due: "_Due") -> None:
        """Begin what is due, as far as the limit of flights and the quota allow, and write the intents of new steps."""
        while (flying := len(self._flying) + len(due.flights)) < self._most and not self._is_over:
            is_paused = self._has_paused_due()
            if not is_paused and (due.taken == len(self._waiting) or self._is_full is not None):
                return
            if not self._has_thread(flying) or not self._is_within_quota():
                return
            if is_paused:
                due.resumed.append(heapq.heappop(self._paused)[2])
                ready, results = self._resumed(due.resumed[-1])
            else:
                try:
                    ready, results = self._intended(*self._with_room(due.taken))
                except NoRoom:
                    self._is_full = active_jobs(self._sending.room.most) if self._sending.room else ""
                    return
                due.taken += 1
            due.results += results
            if ready.members:
                due.flights.append(ready)

    def _has_thread(self, flying: int) -> bool:
        """Return whether a thread is free; if not, start one. Where no more can be started, the present ones suffice.

        Raises SpeccError where there is no thread at all.
        """
        if flying < self._threads:
            return True
        try:
            Thread(target=self._work, name="send", daemon=True).start()
        except RuntimeError as error:
            self._most = self._threads
            if self._threads == 0:
                raise no_thread() from error
            return False
        self._threads += 1
        return True

    def _resumed(self, flight: _Flight) -> tuple[_Flight, list[Result]]:
        """Return a flight whose pause is over, and the results of the attempts that somebody has settled by hand
        meanwhile. The flight that is returned leaves these attempts out.
        """
        members, results = [], []
        for member in flight.members:
            record = self._ledger.attempt(member.attempt.key)
            if record is None or record.state is not State.INTENT:
                results.append(settled_elsewhere(member.step, record))
            else:
                members.append(member)
        return replace(flight, members=members), results

    def _is_due(self) -> bool:
        return len(self._flying) < self._most and not self._is_over and (self._has_next or self._has_paused_due())

    def _has_paused_due(self) -> bool:
        return bool(self._paused) and self._paused[0][0] <= self._clock.monotonic()

    def _is_within_quota(self) -> bool:
        """Take one call from the quota, before an intent is written: waiting may take an hour."""
        if self._clock.monotonic() < self._quota_until:
            return False
        pause = self._ledger.accounts.take_call(self._target.identity, self._target.quota)
        if pause > 0:
            self._quota_until = self._clock.monotonic() + pause
            self._tell(f"the quota of {self._target.quota} calls an hour is used up; the next call is in {pause:.0f} s")
        return pause <= 0

    def _intended(self, steps: Sequence[Step], most_active: int | None) -> tuple[_Flight, list[Result]]:
        """Write the intents of steps that are sent together. Return the flight, and the results of steps that another
        process has sent before. Raises NoRoom.
        """
        if steps[0].action is Action.RESUME:
            return self._resumed_steps(steps, most_active)
        skew = self._ledger.accounts.skew(self._target.identity)
        members, results = [], []
        records = [
            intent_of(step, key, self._sending, self._clock.now(), skew)
            for step, key in zip(steps, new_keys(len(steps)), strict=True)
        ]
        attempts = [
            Attempt(record.attempt, step.payload, record.sent_name, origin=self._origin(step, step.number))
            for step, record in zip(steps, records, strict=True)
        ]
        if len(steps) > 1 and self._target.batches is not None:
            self._target.batches.prepare(attempts)
        room = self._sending.room if len(steps) == 1 else None
        for step, record, attempt in zip(steps, records, attempts, strict=True):
            supersedes = step.last.attempt if step.action is Action.RESEND and step.last is not None else None
            try:
                self._ledger.begin(record, supersedes, step.seen, room)
            except AttemptOpen:
                of_key = self._ledger.of_key(step.key)
                results.append(settled_elsewhere(step, of_key[-1] if of_key else None))
            except SentElsewhere as error:
                results.append(Result(step, None, message=f"another process has sent the same payload as {error}"))
            else:
                members.append(_Member(step, attempt))
        return _Flight(members, most_active), results

    def _with_room(self, index: int) -> tuple[list[Step], int | None]:
        """Return those steps of a group that are sent now, and how many of their jobs may run at a time.

        The target holds the other jobs back by itself. A group is sent in part where less than half of the room is
        left: with all of it, few would run at a time until its end. Raises NoRoom.
        """
        steps, room = self._waiting[index], self._sending.room
        if room is None or len(steps) == 1:
            return steps, None
        active = self._ledger.active(self._target.identity)
        own = resumed_in(steps)  # they are active already, as far as anybody knows
        free = room.most - sum(record.attempt not in room.gone and record.attempt not in own for record in active)
        if free <= 0:
            raise NoRoom
        if free < len(steps) and free < (room.most + 1) // 2:
            self._waiting[index] = steps[:free]
            self._waiting.insert(index + 1, steps[free:])
        return self._waiting[index], free

    def _resumed_steps(self, steps: Sequence[Step], most_active: int | None) -> tuple[_Flight, list[Result]]:
        """Open attempts again whose outcomes are unknown, and return their flight, under the same keys."""
        members, results = [], []
        for step in steps:
            record = step.last
            if record is None:
                raise AssertionError("a step that is sent again under its key has an attempt")
            try:
                self._ledger.reopen(record.attempt, self._sending.owner)
            except SettledAlready:
                results.append(settled_elsewhere(step, self._ledger.attempt(record.attempt)))
                continue
            origin = self._origin(step, record.number)
            attempt = Attempt(record.attempt, step.payload, record.sent_name, origin=origin, is_resumed=True)
            members.append(_Member(step, attempt, is_unclear=True))
        return _Flight(members, most_active), results

    def _origin(self, step: Step, number: int) -> Origin | None:
        """Return where the job of the attempt of this number comes from."""
        project, payload = self._sending.project, step.payload
        if project is None:
            return None
        run = self._ledger.run_of(step.key, number)
        return Origin(project, normpath(join(project, payload.folder)), payload.cell.slug, run)

    def _work(self) -> None:
        """Send one flight after another, in a thread of its own that uses only the target and the queues."""
        while (flight := self._requests.get()) is not None:
            self._ask(flight)

    def _ask(self, flight: _Flight) -> None:
        outcomes: Sequence[Outcome] | SpeccError | None = None
        attempts = [member.attempt for member in flight.members]
        try:
            is_batch = len(attempts) > 1 or flight.most_active is not None
            if is_batch and self._target.batches is not None:
                outcomes = self._target.batches.submit(attempts, flight.most_active)
            else:
                outcomes = [self._target.submit(attempt) for attempt in attempts]
        except SpeccError as error:
            outcomes = error
        finally:
            self._answers.put((flight, outcomes))

    def _arrived(self) -> list[Answer]:
        """Wait for the next outcome, or for a pause to end. Return all outcomes that have come."""
        if not self._flying:
            pause = self._next_due()
            if pause > 0 and not self._is_over:
                self._clock.sleep(pause)
            return []
        is_full = len(self._flying) >= self._most
        idle = is_full or self._is_over or not (self._has_next or self._paused)
        arrived = [self._next_answer(None if idle else max(0.0, self._next_due()))]
        while arrived[-1] is not None:
            arrived.append(self._next_answer(0.0))
        return [answer for answer in arrived if answer is not None]

    def _next_due(self) -> float:
        """Return the seconds until something can be sent, as far as time and quota decide."""
        now = self._clock.monotonic()
        paused = [self._paused[0][0] - now] if self._paused else []
        waiting = [0.0] if self._has_next else []
        return max(self._quota_until - now, min([*paused, *waiting], default=0.0))

    def _next_answer(self, timeout: float | None) -> Answer | None:
        try:
            return self._answers.get(timeout=timeout)
        except Empty:
            return None

    def _landed(self, flight: _Flight, outcomes: Sequence[Outcome] | SpeccError | None) -> list[tuple[_Member, Result]]:
        """Return the results of the members of a flight that are over. The others are tried again later."""
        del self._flying[id(flight)]
        each = [outcomes] * len(flight.members) if isinstance(outcomes, SpeccError | None) else outcomes
        landed: list[tuple[_Member, Result]] = []
        again: list[tuple[_Member, NotSent]] = []
        for member, outcome in zip(flight.members, each, strict=True):
            result = self._outcome(member, outcome)
            if isinstance(result, NotSent):
                again.append((member, result))
            else:
                landed.append((member, result))
        if again:
            landed += self._again(_with_less_room(flight, each), again)
        self._failures.note([result for _, result in landed])
        return landed

    def _outcome(self, member: _Member, outcome: Outcome | SpeccError | None) -> Result | NotSent:
        """Return the result of an attempt, or why it was not sent, if it may be tried again."""
        step = member.step
        match outcome:
            case Unclear() if self._target.is_idempotent:
                member.is_unclear = True
                return NotSent(outcome.reason)
            case Rejected(message=message, is_withdrawn=False) if member.is_unclear:
                return Result(step, State.UNKNOWN, message=f"rejected now, and perhaps accepted before: {message}")
            case Accepted() | Rejected() | Unclear():
                return result_of(step, outcome)
            case NotSent() if outcome.is_withdrawn or (outcome.is_full and not member.is_unclear):
                if outcome.is_full:
                    self._is_full = self._is_full or outcome.reason
                return Result(step, State.NOT_SENT, message=outcome.reason, is_not_yet=True)
            case NotSent():
                return outcome
            case SpeccError():
                self._error = self._error or outcome
                return Result(step, _unsettled(member), message=outcome.message, help=outcome.help)
            case None:
                self._error = self._error or RuntimeError("the target failed; its traceback is above")
                message = "specc failed while it was sending; `specc ledger resolve` finds out if the job is there"
                return Result(step, State.UNKNOWN, message=message)

    def _again(self, flight: _Flight, members: Sequence[tuple[_Member, NotSent]]) -> list[tuple[_Member, Result]]:
        """Put members of a flight, which were not sent, among those that are tried again, with one pause for all.

        Return their results where they are not tried again.
        """
        first, outcome = members[0]
        self._learn_skew(first, outcome)
        if outcome.resign and flight.signed_again < SIGNATURES:
            flight.signed_again += 1
            pause: float | None = 0.0
        else:
            pause = self._backoff.pause(flight.tried, outcome.retry_after)
        if pause is None or self._is_over:
            return [
                (member, Result(member.step, _unsettled(member), message=_without_another_try(said)))
                for member, said in members
            ]
        if pause >= 1:
            if len(members) == 1:
                self._tell(f"{first.step.key}: {outcome.reason}; trying again in {pause:.0f} s")
            else:
                self._tell(f"{len(members):,} jobs: {outcome.reason}; trying again in {pause:.0f} s")
        later = replace(flight, members=[member for member, _ in members])
        heapq.heappush(self._paused, (self._clock.monotonic() + pause, id(later), later))
        return []

    def _learn_skew(self, member: _Member, outcome: NotSent) -> None:
        if outcome.server_time is None:
            return
        skew = outcome.server_time.timestamp() - self._clock.now()
        try:
            self._ledger.accounts.learn_skew(self._target.identity, skew, member.attempt.key)
        except SpeccError as error:
            self._error = self._error or error

    def _settle(self, member: _Member, result: Result) -> Result:
        """Write a result to the ledger, and return what was written. Raises SpeccError if the ledger cannot take it."""
        try:
            self._ledger.settle(
                member.attempt.key,
                result.state or State.NOT_SENT,
                uuid=result.uuid,
                code=result.code,
                message=result.message,
            )
        except UuidTaken:
            message = f"the target answered with {result.uuid}, which is the job of another attempt"
            return self._settle(member, Result(member.step, State.UNKNOWN, message=message))
        except SettledAlready:
            pass  # another process took this one for dead and settled the attempt in its place
        return result

    def _write(self, member: _Member, result: Result) -> Result:
        """Write a result to the ledger. A result that the ledger cannot take is kept for the user, and ends the run."""
        self.unwritten.append(result)
        try:
            written = self._settle(member, result)
        except SpeccError as error:
            self._error = self._error or error
            return result
        self.unwritten.remove(result)
        return written

    def _leave(self) -> Iterator[Result]:
        """Yield the results of the steps that are left when nothing more is sent."""
        why = f"not tried after {self._failures}" if self._failures.stop else STOPPED
        if self._error is not None:
            why = "not tried, because of an error"
        while self._paused:
            for member in heapq.heappop(self._paused)[2].members:
                said = f"{why}; it may have been accepted before" if member.is_unclear else why
                yield self._write(member, Result(member.step, _unsettled(member), message=said))
        is_not_yet = self._is_full is not None and not self._is_over
        why = f"not yet: {self._is_full}" if is_not_yet else why
        while self._waiting:
            for step in self._waiting.popleft():
                yield Result(step, None, message=why, is_not_yet=is_not_yet)

    def _close(self) -> None:
        """Wait for the flights and write their outcomes down, also where nobody reads the results any more."""
        self._is_stopped = True
        while self._flying and not self._is_abandoned:
            answer = self._next_answer(None)
            for member, result in self._landed(*answer) if answer is not None else ():
                self._write(member, result)
        for _ in self._leave() if not self._is_abandoned else ():
            pass
        for _ in range(self._threads):
            self._requests.put(None)


def _with_less_room(flight: _Flight, outcomes: Sequence[Outcome | SpeccError | None]) -> _Flight:
    """Return a flight of which a part is sent again, without the room that its accepted jobs take."""
    if flight.most_active is None:
        return flight
    accepted = sum(isinstance(outcome, Accepted) for outcome in outcomes)
    return replace(flight, most_active=max(0, flight.most_active - accepted))


def resumed_in(steps: Iterable[Step]) -> frozenset[str]:
    """Return the attempts that are sent again under their keys. Each has its place among those that are active."""
    return frozenset(one.last.attempt for one in steps if one.action is Action.RESUME and one.last is not None)


def _unsettled(member: _Member) -> State:
    """Return the state of an attempt that is given up without a job."""
    return State.UNKNOWN if member.is_unclear else State.NOT_SENT


def _without_another_try(outcome: NotSent) -> str:
    """Return why a step was not sent, with the pause that the server asks for if that is too long."""
    wanted = outcome.retry_after or 0.0
    return f"{outcome.reason}; it asks for a pause of {wanted:,.0f} s" if wanted > PATIENCE else outcome.reason
