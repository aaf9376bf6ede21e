"""Sending the steps of a plan: intent first, then the bytes, then what came of it.

One thread decides and writes the ledger; up to `max_in_flight` workers do nothing but ask the target once.
Interrupted, it sends nothing more, waits for what is in flight and writes that down, too.
"""

import heapq
import secrets
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from specc.submission.ledger import AttemptOpen, Ledger
from specc.submission.plan import Action, Step
from specc.submission.quota import pause_for
from specc.submission.records import Record, State
from specc.submission.retry import Backoff
from specc.targets import Accepted, Attempt, NotSent, Outcome, Rejected, Target, Unclear

STOP_AFTER = 5
"""So many rejections with one code, and nothing accepted: the rest would be rejected, too."""

SIGNATURES = 3
"""How often a request is signed anew when the server finds its time wrong."""

TAG_DIGITS = 8


@dataclass(frozen=True, slots=True)
class World:
    """Time (seconds since the epoch), patience and chance, handed in."""

    clock: Callable[[], float]
    sleep: Callable[[float], None]
    random: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Sending:
    """How to send. `tag_names` puts a short tag of the attempt behind the job's name, outside the digest."""

    target_name: str
    units: str
    owner: str
    max_in_flight: int = 1
    tries: int = 6
    tag_names: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What came of one step; `state` None: not tried. `fields` are the job fields that the target complained about."""

    step: Step
    state: State | None
    uuid: str | None = None
    code: str | None = None
    message: str = ""
    help: str | None = None
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class _Flight:
    """One attempt on its way, with how often it was tried and signed anew."""

    step: Step
    attempt: Attempt
    tried: int = 0
    signed_anew: int = 0


class Sender:
    """One run of sending. `results` gives what came of every step; close it to stop early."""

    def __init__(self, target: Target, ledger: Ledger, sending: Sending, world: World) -> None:
        self._target = target
        self._ledger = ledger
        self._sending = sending
        self._world = world
        self._backoff = Backoff(sending.tries, world.random)
        self._waiting: deque[Step] = deque()
        self._paused: list[tuple[float, int, _Flight]] = []
        self._flying: dict[Future[Outcome], _Flight] = {}
        self._rejections: Counter[str] = Counter()
        self._accepted = 0

    def results(self, steps: Sequence[Step]) -> Iterator[Result]:
        """A result for every step that sends, as it comes; those that were not tried come last."""
        self._waiting.extend(step for step in steps if step.action.sends)
        workers = ThreadPoolExecutor(self._sending.max_in_flight, thread_name_prefix="send")
        try:
            while self._paused or self._flying or (self._waiting and not self._is_hopeless):
                yield from self._launch(workers)
                yield from self._landed()
        finally:
            self._stop(workers)
        for step in self._waiting:
            message = f"not tried: {STOP_AFTER} rejections of one kind before it"
            yield Result(step, None, message=message)

    @property
    def in_flight(self) -> list[Step]:
        """Steps whose bytes may be on their way, for telling an impatient user."""
        return [flight.step for flight in self._flying.values()]

    @property
    def _is_hopeless(self) -> bool:
        return not self._accepted and any(count >= STOP_AFTER for count in self._rejections.values())

    def _launch(self, workers: ThreadPoolExecutor) -> Iterator[Result]:
        """Sends what is due, as far as the limit of flights and the quota allow."""
        while len(self._flying) < self._sending.max_in_flight:
            flight = self._due()
            if flight is None and self._waiting and not self._is_hopeless:
                flight = self._begin(step := self._waiting.popleft())
                if flight is None:
                    yield Result(step, None, message="another process is sending it now")
                    continue
            if flight is None:
                return
            self._keep_quota()
            flight.tried += 1
            self._flying[workers.submit(self._target.submit, flight.attempt)] = flight

    def _due(self) -> _Flight | None:
        if self._paused and self._paused[0][0] <= self._world.clock():
            return heapq.heappop(self._paused)[2]
        return None

    def _begin(self, step: Step) -> _Flight | None:
        """Writes the intent; None when another process was quicker."""
        payload = step.payload
        key = secrets.token_hex(16)
        name = f"{payload.name}-{key[:TAG_DIGITS]}" if self._sending.tag_names else payload.name
        if step.action is Action.RESEND and step.last is not None:
            self._ledger.settle(step.last.attempt, State.SUPERSEDED, message="sent again on purpose")
        record = Record(
            key,
            step.key,
            self._sending.target_name,
            payload.digest,
            payload.canonical.decode(),
            name,
            payload.cell.slug,
            self._sending.units,
            State.INTENT,
            self._sending.owner,
            step.number,
            self._world.clock(),
        )
        try:
            self._ledger.begin(record)
        except AttemptOpen:
            return None
        return _Flight(step, Attempt(key, payload, name))

    def _keep_quota(self) -> None:
        identity = self._target.identity
        pause = pause_for(self._ledger, identity, self._target.quota, self._world.clock())
        if pause > 0:
            self._world.sleep(pause)
        self._ledger.count_call(identity)

    def _landed(self) -> Iterator[Result]:
        """Waits for the next outcome, or for the next pause to end."""
        until = max(0.0, self._paused[0][0] - self._world.clock()) if self._paused else None
        if not self._flying:
            if until:
                self._world.sleep(until)
            return
        done, _ = wait(self._flying, timeout=until, return_when=FIRST_COMPLETED)
        for future in done:
            result = self._settle(self._flying.pop(future), future.result())
            if result is not None:
                yield result

    def _settle(self, flight: _Flight, outcome: Outcome) -> Result | None:
        """Writes what came of a flight; None when it will be tried again."""
        attempt, step = flight.attempt.key, flight.step
        match outcome:
            case Accepted(uuid=uuid):
                self._accepted += 1
                self._ledger.settle(attempt, State.ACCEPTED, uuid=uuid)
                return Result(step, State.ACCEPTED, uuid=uuid)
            case Rejected():
                self._rejections[outcome.code] += 1
                self._ledger.settle(attempt, State.REJECTED, code=outcome.code, message=outcome.message)
                fields = outcome.fields or {}
                return Result(step, State.REJECTED, None, outcome.code, outcome.message, outcome.help, fields)
            case Unclear():
                self._ledger.settle(attempt, State.UNKNOWN, message=outcome.reason)
                return Result(step, State.UNKNOWN, message=outcome.reason)
            case NotSent():
                return self._again(flight, outcome)

    def _again(self, flight: _Flight, outcome: NotSent) -> Result | None:
        if outcome.server_time is not None:
            skew = outcome.server_time.timestamp() - self._world.clock()
            self._ledger.learn_skew(self._target.identity, skew)
        if outcome.resign and flight.signed_anew < SIGNATURES:
            flight.signed_anew += 1
            pause: float | None = 0.0
        else:
            pause = self._backoff.pause(flight.tried, outcome.retry_after)
        if pause is None:
            self._ledger.settle(flight.attempt.key, State.NOT_SENT, message=outcome.reason)
            return Result(flight.step, State.NOT_SENT, message=outcome.reason)
        heapq.heappush(self._paused, (self._world.clock() + pause, id(flight), flight))
        return None

    def _stop(self, workers: ThreadPoolExecutor) -> None:
        """Also after an interruption: what is in flight is waited for, and its outcome is written down."""
        for future, flight in self._flying.items():
            outcome = future.result()
            if isinstance(outcome, NotSent):
                self._ledger.settle(flight.attempt.key, State.NOT_SENT, message=outcome.reason)
            else:
                self._settle(flight, outcome)
        for _, _, flight in self._paused:
            self._ledger.settle(flight.attempt.key, State.NOT_SENT, message="stopped before it was tried again")
        workers.shutdown()
