"""Sending the steps of a plan: intent first, then the bytes, then what came of it.

One thread decides and writes the ledger; other threads do nothing but ask the target, once for each flight. A thread is
there before the intent is written: where none can be started, nothing is begun. A sender that is stopped sends nothing
more, waits for what is in flight and writes that down, too. One that is abandoned leaves at once: what was in flight
stays an intent, which a later run finds to be of a dead process, and so unknown.
"""

import heapq
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from os.path import join, normpath
from queue import Empty, SimpleQueue
from threading import Thread

from specc.errors import SpeccError, no_thread
from specc.fast_dataclass import dataclass
from specc.submission.intents import intent_of
from specc.submission.ledger import AttemptOpen, Ledger, SentElsewhere, SettledAlready, UuidTaken
from specc.submission.plan import Action, Step
from specc.submission.records import State
from specc.submission.results import Luck, Result, result_of, settled_elsewhere
from specc.submission.retry import PATIENCE, Backoff
from specc.submission.world import Sending, World
from specc.targets import Accepted, Attempt, NotSent, Origin, Outcome, Rejected, Target, Unclear

SIGNATURES = 3
"""How often a request is signed anew when the server finds its time wrong."""

STOPPED = "stopped before it was sent"


@dataclass(slots=True, eq=False)
class _Flight:
    """One attempt on its way, with how often it was tried and signed anew."""

    step: Step
    attempt: Attempt
    tried: int = 0
    signed_anew: int = 0


Landing = tuple[_Flight, Outcome | SpeccError | None]
"""A flight with its outcome. None: the target failed in a way that is a bug."""


class Sender:
    """One run of sending."""

    def __init__(self, target: Target, ledger: Ledger, sending: Sending, world: World) -> None:
        self._target = target
        self._ledger = ledger
        self._sending = sending
        self._world = world
        self._backoff = Backoff(sending.tries, world.random)
        self._waiting: deque[Step] = deque()
        self._paused: list[tuple[float, int, _Flight]] = []
        self._flying: dict[int, _Flight] = {}
        self._most = sending.max_in_flight
        self._threads = 0
        self._departures: SimpleQueue[_Flight | None] = SimpleQueue()
        self._landings: SimpleQueue[Landing | None] = SimpleQueue()
        self._luck = Luck()
        self._quota_until = 0.0
        self._fault: Exception | None = None
        self._is_stopped = self._is_abandoned = False
        self.unwritten: list[Result] = []
        """What the target answered and the ledger could not take. It must be told to the user."""

    def results(self, steps: Sequence[Step]) -> Generator[Result, None, None]:
        """A result for every step that sends, as it comes; those that were not tried come last.

        Raises what broke the world or the target, after what was in flight has been written down.
        """
        self._waiting.extend(step for step in steps if step.action.sends)
        try:
            while self._flying or (not self._is_over and (self._waiting or self._paused)):
                yield from self._launch()
                yield from self._land()
            yield from self._leave()
        finally:
            self._close()
        if self._fault is not None:
            raise self._fault

    def stop(self) -> None:
        """Sends nothing more. May be called from a signal handler."""
        self._is_stopped = True
        self._landings.put(None)

    def abandon(self) -> None:
        """Does not wait for what is in flight either."""
        self._is_abandoned = True

    @property
    def in_flight(self) -> list[Step]:
        """Steps whose bytes may be on their way."""
        return [flight.step for flight in self._flying.values()]

    @property
    def _is_over(self) -> bool:
        return self._is_stopped or self._fault is not None or self._luck.is_out

    def _launch(self) -> Iterator[Result]:
        """Sends what is due, as far as the limit of flights and the quota allow. A ledger that fails ends the run."""
        while len(self._flying) < self._most and not self._is_over and self._is_due():
            try:
                if not self._has_thread() or not self._is_within_quota():
                    return
                ready = self._ready()
            except SpeccError as error:
                self._fault = self._fault or error
                return
            if isinstance(ready, Result):
                yield ready
                continue
            ready.tried += 1
            self._flying[id(ready)] = ready
            self._departures.put(ready)

    def _has_thread(self) -> bool:
        """Whether a thread is free; one is started if not. Where no more can be started, those that there are do.

        Raises SpeccError where there is none at all.
        """
        if len(self._flying) < self._threads:
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

    def _ready(self) -> _Flight | Result:
        """What is to be sent next, its intent written; or why the next step is not to be sent."""
        if self._paused and self._paused[0][0] <= self._world.monotonic():
            flight = heapq.heappop(self._paused)[2]
            record = self._ledger.attempt(flight.attempt.key)
            if record is None or record.state is not State.INTENT:
                # It waited for its next try so long that somebody settled it by hand.
                return settled_elsewhere(flight.step, record)
            return flight
        step = self._waiting[0]
        flight_or_result = self._begin(step)
        self._waiting.popleft()
        return flight_or_result

    def _is_due(self) -> bool:
        return bool(self._waiting) or (bool(self._paused) and self._paused[0][0] <= self._world.monotonic())

    def _is_within_quota(self) -> bool:
        """Takes one call from the quota, before an intent is written: waiting may take an hour."""
        if self._world.monotonic() < self._quota_until:
            return False
        pause = self._ledger.accounts.take_call(self._target.identity, self._target.quota)
        if pause > 0:
            self._quota_until = self._world.monotonic() + pause
            self._world.tell(f"the quota of {self._target.quota} calls an hour is used up; going on in {pause:.0f} s")
        return pause <= 0

    def _begin(self, step: Step) -> _Flight | Result:
        """Writes the intent; what became of the step when another process was quicker."""
        skew = self._ledger.accounts.skew(self._target.identity)
        record = intent_of(step, self._sending, self._world.clock(), skew)
        supersedes = step.last.attempt if step.action is Action.RESEND and step.last is not None else None
        try:
            self._ledger.begin(record, supersedes, step.seen)
        except AttemptOpen:
            attempts = self._ledger.of_key(step.key)
            return settled_elsewhere(step, attempts[-1] if attempts else None)
        except SentElsewhere as error:
            return Result(step, None, message=f"another process has sent the same payload as {error}")
        return _Flight(step, Attempt(record.attempt, step.payload, record.sent_name, origin=self._origin(step)))

    def _origin(self, step: Step) -> Origin | None:
        project, payload = self._sending.project, step.payload
        if project is None:
            return None
        return Origin(project, normpath(join(project, payload.folder)), payload.cell.slug, step.number)

    def _work(self) -> None:
        """Runs in a thread of its own, and touches nothing but the target and the queues."""
        while (flight := self._departures.get()) is not None:
            self._ask(flight)

    def _ask(self, flight: _Flight) -> None:
        outcome: Outcome | SpeccError | None = None
        try:
            outcome = self._target.submit(flight.attempt)
        except SpeccError as error:
            outcome = error
        finally:
            self._landings.put((flight, outcome))

    def _land(self) -> Iterator[Result]:
        """Waits for the next outcome, or for a pause to end, and writes down all that has come in."""
        if not self._flying:
            pause = self._next_due()
            if pause > 0 and not self._is_over:
                self._world.sleep(pause)
            return
        is_full = len(self._flying) >= self._most
        idle = is_full or self._is_over or not (self._waiting or self._paused)
        landing = self._next_landing(None if idle else max(0.0, self._next_due()))
        if landing is not None:
            yield from self._landed(*landing)

    def _next_due(self) -> float:
        """Seconds until something can be sent, as far as time and quota decide."""
        now = self._world.monotonic()
        paused = [self._paused[0][0] - now] if self._paused else []
        waiting = [0.0] if self._waiting else []
        return max(self._quota_until - now, min([*paused, *waiting], default=0.0))

    def _next_landing(self, timeout: float | None) -> Landing | None:
        try:
            return self._landings.get(timeout=timeout)
        except Empty:
            return None

    def _landed(self, flight: _Flight, outcome: Outcome | SpeccError | None) -> Iterator[Result]:
        del self._flying[id(flight)]
        result = self._outcome(flight, outcome)
        if result is None:
            return
        self._luck.note(result)
        yield self._write(flight, result)

    def _outcome(self, flight: _Flight, outcome: Outcome | SpeccError | None) -> Result | None:
        """What a flight came to; None when it is to be tried again."""
        step = flight.step
        match outcome:
            case Accepted() | Rejected() | Unclear():
                return result_of(step, outcome)
            case NotSent():
                return self._again(flight, outcome)
            case SpeccError():
                self._fault = self._fault or outcome
                return Result(step, State.NOT_SENT, message=outcome.message, help=outcome.help)
            case None:
                self._fault = self._fault or RuntimeError("the target failed; its traceback is above")
                message = "specc failed while it was sending; `specc ledger resolve` finds out what became of it"
                return Result(step, State.UNKNOWN, message=message)

    def _again(self, flight: _Flight, outcome: NotSent) -> Result | None:
        self._learn_skew(flight, outcome)
        if outcome.resign and flight.signed_anew < SIGNATURES:
            flight.signed_anew += 1
            pause: float | None = 0.0
        else:
            pause = self._backoff.pause(flight.tried, outcome.retry_after)
        if pause is None or self._is_over:
            return Result(flight.step, State.NOT_SENT, message=_without_another_try(outcome))
        if pause >= 1:
            self._world.tell(f"{flight.step.key}: {outcome.reason}; trying again in {pause:.0f} s")
        heapq.heappush(self._paused, (self._world.monotonic() + pause, id(flight), flight))
        return None

    def _learn_skew(self, flight: _Flight, outcome: NotSent) -> None:
        if outcome.server_time is None:
            return
        skew = outcome.server_time.timestamp() - self._world.clock()
        try:
            self._ledger.accounts.learn_skew(self._target.identity, skew, flight.attempt.key)
        except SpeccError as error:
            self._fault = self._fault or error

    def _write(self, flight: _Flight, result: Result) -> Result:
        """Writes a result to the ledger. What it cannot take is kept for the user, and ends the run."""
        attempt = flight.attempt.key
        self.unwritten.append(result)
        try:
            self._ledger.settle(
                attempt, result.state or State.NOT_SENT, uuid=result.uuid, code=result.code, message=result.message
            )
        except UuidTaken:
            message = f"the target answered with {result.uuid}, which is the job of another attempt"
            self.unwritten.remove(result)
            return self._write(flight, Result(flight.step, State.UNKNOWN, message=message))
        except SettledAlready:
            pass  # somebody took this process for dead and settled the attempt in its place
        except SpeccError as error:
            self._fault = self._fault or error
            return result
        self.unwritten.remove(result)
        return result

    def _leave(self) -> Iterator[Result]:
        """What is left when nothing more is sent."""
        why = f"not tried after {self._luck}" if self._luck.is_out else STOPPED
        if self._fault is not None:
            why = "not tried, because something broke"
        while self._paused:
            flight = heapq.heappop(self._paused)[2]
            yield self._write(flight, Result(flight.step, State.NOT_SENT, message=why))
        while self._waiting:
            yield Result(self._waiting.popleft(), None, message=why)

    def _close(self) -> None:
        """Also when whoever reads the results goes away: what is in flight is waited for and written down."""
        self._is_stopped = True
        while self._flying and not self._is_abandoned:
            landing = self._next_landing(None)
            if landing is not None:
                for _ in self._landed(*landing):
                    pass
        for _ in self._leave() if not self._is_abandoned else ():
            pass
        for _ in range(self._threads):
            self._departures.put(None)


def _without_another_try(outcome: NotSent) -> str:
    """Return why a step was not sent; a pause that nobody waits for is a part of that."""
    wanted = outcome.retry_after or 0.0
    return f"{outcome.reason}; it asks for a pause of {wanted:,.0f} s" if wanted > PATIENCE else outcome.reason
