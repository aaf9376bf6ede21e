"""Submission without the world: payloads from a text, a target that does what it is told, a clock that is turned."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from specc.errors import SpeccError
from specc.lowering import Payload
from specc.source import Source
from specc.submission import (
    Allowed,
    Clock,
    Ledger,
    LogicalKey,
    Record,
    Result,
    Sender,
    Sending,
    State,
    Step,
    plan_steps,
)
from specc.targets import (
    Accepted,
    Attempt,
    Batches,
    Cancelled,
    Candidate,
    Cleaned,
    JobReport,
    JobState,
    Logs,
    NotSent,
    Outcome,
    Rejected,
    Unclear,
)
from support import compiling

IDENTITY = "fake:here:me"
SWEEP = """
matrix: {{axes: {{n: [{values}]}}{extra}}}
job: {{name: "{name}-{{{{ cell.slug }}}}", cmd_line: echo {word}, core_limit: 1, time_limit: 60}}
"""


def sweep(count: int = 1, *, name: str = "a", word: str = "hello", extra: str = "") -> list[Payload]:
    """So many payloads of one spec, one a cell."""
    values = ", ".join(str(number) for number in range(count))
    compiled = compiling.render(SWEEP.format(values=values, name=name, word=word, extra=extra))
    assert not compiled.shown, compiled.shown
    return compiled.payloads


def same(count: int) -> list[Payload]:
    """One payload, so many times over, as `repeat` gives it."""
    compiled = compiling.render(f"matrix: {{repeat: {count}}}\njob: {{name: a, cmd_line: echo}}")
    assert not compiled.shown, compiled.shown
    return compiled.payloads


KEY = LogicalKey("t", "a.job.yaml", "abc", "{}")


def record(attempt: str = "a1", number: int = 1, key: LogicalKey = KEY, owner: str = "o", **others: str) -> Record:
    """An intent as the ledger holds it."""
    body = '{"name":"n"}'
    digest = "e49e06ff2c0dee1f29aabf5bc1b8c3b9d8fa7f70fa6a53d6d5ea6e9db6d2ff1e"
    fields = {"digest": digest, "body": body, "sent_name": "n", "slug": "0", "axes": "{}", "units": "{}"} | others
    return Record(
        attempt, key, "prod", "ehpc/v1", **fields, state=State.INTENT, owner=owner, number=number, created_at=1.0
    )


class FakeClock:
    """Time that passes only when somebody sleeps."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class FakeTarget:
    """Answers with what `script` gives for each call in turn, then accepts. `jobs` is what it has started."""

    identity = IDENTITY
    batches: Batches | None = None

    def __init__(self, script: Iterable[Outcome | Exception | str] = (), quota: int | None = None) -> None:
        self.script = list(script)
        self.quota = quota
        self.jobs: dict[str, Attempt] = {}
        self.attempts: list[Attempt] = []
        self.states: dict[str, JobState] = {}
        self.candidates: list[Candidate] = []
        self.refused: Callable[[Payload], Rejected | None] = lambda payload: None
        self.asked: list[tuple[datetime, datetime]] = []
        self.is_idempotent = False
        self._lock = threading.Lock()

    def refuse(self, payload: Payload) -> Rejected | None:
        return self.refused(payload)

    def submit(self, attempt: Attempt) -> Outcome:
        with self._lock:
            self.attempts.append(attempt)
            answer = self.script.pop(0) if self.script else "accept"
            if isinstance(answer, Exception):
                raise answer
            if answer == "silent":
                self._start(attempt)
                return Unclear("no answer in time")
            return self._start(attempt) if isinstance(answer, str) else answer

    def take(self, attempt: Attempt) -> Accepted:
        """Start the job of an attempt. It is started once for each key."""
        with self._lock:
            return self._start(attempt)

    def _start(self, attempt: Attempt) -> Accepted:
        again = next((uuid for uuid, one in self.jobs.items() if self.is_idempotent and one.key == attempt.key), None)
        if again is not None:
            return Accepted(again, {})
        uuid = f"job-{len(self.jobs) + 1}"
        self.jobs[uuid] = attempt
        self.states.setdefault(uuid, JobState.PENDING)
        return Accepted(uuid, {})

    def look_up(self, attempts: Sequence[Attempt], since: datetime, until: datetime) -> list[Candidate]:
        self.asked.append((since, until))
        return self.candidates

    def status(self, uuids: Sequence[str]) -> dict[str, JobReport]:
        return {uuid: JobReport(uuid, self.states[uuid], str(self.states[uuid])) for uuid in uuids if uuid in self.jobs}

    def logs(self, uuid: str) -> Logs:
        return Logs(uuid, ())

    def cancel(self, uuids: Sequence[str]) -> list[Cancelled]:
        return [Cancelled(uuid, uuid in self.jobs) for uuid in uuids]

    def clean(self, uuids: Sequence[str]) -> list[Cleaned]:
        return [Cleaned(uuid, uuid in self.jobs) for uuid in uuids]


def handed(clock: FakeClock) -> Clock:
    return Clock(clock, clock, clock.sleep)


def always(key: LogicalKey) -> bool:
    return True


class Desk:
    """One user with a ledger, a clock and a target, who plans and submits."""

    def __init__(self, path: Path, target: FakeTarget | None = None, who: str | None = None) -> None:
        self.path = path
        self.who = who
        self.clock = FakeClock()
        self.target = target or FakeTarget()
        self.told: list[str] = []

    @contextlib.contextmanager
    def ledger(self) -> Iterator[Ledger]:
        with Ledger.open(self.path, self.clock) as ledger:
            yield ledger

    def plan(
        self,
        ledger: Ledger,
        payloads: Iterable[Payload],
        *,
        p: Iterable[str] = (),
        exists: Callable[[LogicalKey], bool] = always,
        **allowed: bool,
    ) -> list[Step]:
        params = [Source("-p", text, "-p") for text in p]
        return plan_steps(
            payloads,
            self.target.identity,
            "fake",
            params,
            ledger,
            exists,
            Allowed(**allowed),
            self.who,
            resumes=self.target.is_idempotent,
        )

    def sender(self, ledger: Ledger, owner: str, **how: object) -> Sender:
        if self.who is not None:
            how["sender"] = json.dumps({"who": self.who, "host": "login1"})
        return Sender(
            self.target, ledger, Sending("fake", "{}", owner, **how), handed(self.clock), lambda: 0.5, self.told.append
        )

    def submit(self, payloads: Iterable[Payload], **allowed: bool) -> list[Result]:
        """Plans and sends, as one process does."""
        with self.ledger() as ledger, ledger.owners.claim() as owner:
            ledger.recover(owner)
            steps = self.plan(ledger, payloads, **allowed)
            return list(self.sender(ledger, owner).results(steps))

    def states(self) -> list[str]:
        with Ledger.read(self.path) as ledger:
            return [str(record.state) for record in ledger.all()]


def candidate(uuid: str, attempt: Attempt | None = None, at: float | None = None, **fields: object) -> Candidate:
    """A job as a list shows it: the attempt's fields, with others over them."""
    body = {**json.loads(attempt.payload.canonical), "name": attempt.sent_name} if attempt else {}
    moment = None if at is None else datetime.fromtimestamp(at, UTC)
    return Candidate(uuid, moment, {**body, **fields})


REJECTED = Rejected("1400", "not allowed", "ask", {"core_limit": "too many"})
REFUSED = NotSent("connection refused")
BROKEN = SpeccError("no credentials")
