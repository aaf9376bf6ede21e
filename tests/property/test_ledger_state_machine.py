"""However users submit, servers answer and processes die: no payload starts twice unasked, and no job is forgotten.

One user works with one ledger. Each submission meets a target that accepts, rejects, falls silent after accepting,
refuses connections, or dies; the submitting process dies with any of its writes, before or after it. A second process
may have looked at the same cells just before.
"""

import contextlib
import itertools
import shutil
import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from support import compiling, submitting
from support.laws import law

from specc.submission import Ledger, State, Step, adopt, find_jobs, settle_by_hand, verify_ledger
from specc.targets import NotSent, Unclear

CELLS = 3
VERSIONS = {word: submitting.sweep(CELLS, word=word) for word in ("hello", "bye")}

ANSWERS = st.sampled_from(
    ["accept", "silent", submitting.REJECTED, submitting.REFUSED, NotSent("busy", retry_after=9999), Unclear("lost")]
)
ALLOWED = st.fixed_dictionaries({name: st.booleans() for name in ("changed", "rerun", "resend_unknown")})
NEVER = 10**9
MEMORY = Path("/dev/shm")


class Died(BaseException):
    """The process is gone: nothing in it runs on."""


class MortalLedger(Ledger):
    """Dies with its `lives`-th write, before or after it reaches the disk, and with every write from then on."""

    lives = NEVER
    is_written = False

    @contextlib.contextmanager
    def _writing(self):
        self.lives -= 1
        if self.lives < 0 or (self.lives == 0 and not self.is_written):
            raise Died
        with super()._writing() as connection:
            yield connection
        if self.lives == 0:
            raise Died


class Submitting(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
        self.desk = submitting.Desk(self.folder / "ledger.sqlite")
        self.licences: Counter[str] = Counter()
        self.stale: list[Step] = []

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    @property
    def target(self) -> submitting.FakeTarget:
        return self.desk.target

    @contextlib.contextmanager
    def process(self, lives: int = NEVER, *, is_written: bool = False):
        """One process, which may die; its lock dies with it."""
        opened = MortalLedger.open(self.desk.path, self.desk.clock)
        with contextlib.suppress(Died), opened as ledger, ledger.owners.claim() as owner:
            ledger.lives, ledger.is_written = lives, is_written
            yield ledger, owner

    def license(self, steps: list[Step]) -> None:
        """What the user allows to start once more, although it has been started or may have been."""
        for step in steps:
            self.licences[step.payload.digest] += step.action.value in ("rerun", "resend")

    @rule(
        word=st.sampled_from(sorted(VERSIONS)),
        cells=st.sets(st.integers(0, CELLS - 1), min_size=1),
        answers=st.lists(ANSWERS, max_size=8),
        allowed=ALLOWED,
        lives=st.integers(1, 12) | st.just(NEVER),
        is_written=st.booleans(),
        in_flight=st.sampled_from([1, 3]),
    )
    def submit(self, word, cells, answers, allowed, lives, is_written, in_flight) -> None:
        self.target.script = answers
        with self.process(lives, is_written=is_written) as (ledger, owner):
            ledger.recover(owner)
            payloads = [VERSIONS[word][cell] for cell in sorted(cells)]
            steps = self.desk.plan(ledger, payloads, **allowed)
            self.license(steps)
            for result in self.desk.sender(ledger, owner, max_in_flight=in_flight).results(steps):
                self.is_true(result, ledger)
        self.desk.clock.now += 1

    def is_true(self, result, ledger) -> None:
        """What the user is told is what the ledger says."""
        if result.state is not None:
            last = ledger.of_key(result.step.key)[-1]
            assert (last.state, last.uuid) == (result.state, result.uuid)

    @rule(word=st.sampled_from(sorted(VERSIONS)), allowed=ALLOWED)
    def look(self, word, allowed) -> None:
        """A process that plans now and sends later, when the world has gone on."""
        with self.process() as (ledger, _):
            self.stale = self.desk.plan(ledger, VERSIONS[word], **allowed)

    @precondition(lambda self: self.stale)
    @rule()
    def send_what_was_planned_long_ago(self) -> None:
        self.target.script = []
        with self.process() as (ledger, owner):
            sent = [
                result.step
                for result in self.desk.sender(ledger, owner).results(self.stale)
                if result.state is State.ACCEPTED and not result.message
            ]
        self.license(sent)
        self.stale = []

    @rule(is_listed=st.booleans())
    def resolve(self, is_listed) -> None:
        """The target's list shows every job, or none; a person confirms what is proposed."""
        self.target.candidates = [
            submitting.candidate(uuid, attempt) for uuid, attempt in self.target.jobs.items() if is_listed
        ]
        with self.process() as (ledger, _):
            ledger.recover()
            found = find_jobs(
                ledger.unknown(submitting.IDENTITY), self.target, ledger, lambda name: compiling.apis()[name]
            )
            for match in (*found.exact, *found.proposed):
                adopt(ledger, match)

    @rule()
    def dismiss_what_surely_did_not_start(self) -> None:
        """A user who looked in the console, and is right."""
        started = {attempt.key for attempt in self.target.jobs.values()}
        with self.process() as (ledger, _):
            ledger.recover()
            for record in ledger.unknown(submitting.IDENTITY):
                if record.attempt not in started:
                    settle_by_hand(ledger, record, None)

    @invariant()
    def no_payload_starts_twice_unasked(self) -> None:
        started = Counter(attempt.payload.digest for attempt in self.target.jobs.values())
        assert all(count <= 1 + self.licences[digest] for digest, count in started.items())

    @invariant()
    def no_job_is_forgotten(self) -> None:
        with Ledger.read(self.desk.path) as ledger:
            by_attempt = {record.attempt: record for record in ledger.all()}
        for uuid, attempt in self.target.jobs.items():
            record = by_attempt[attempt.key]
            assert record.state in (State.ACCEPTED, State.UNKNOWN, State.INTENT, State.SUPERSEDED)
            assert record.state is not State.ACCEPTED or self.is_its_job(record, uuid)

    def is_its_job(self, record, uuid) -> bool:
        """Two attempts of one payload may have each other's job: nobody can tell them apart."""
        return record.uuid == uuid or self.target.jobs[record.uuid].payload.digest == record.digest

    @invariant()
    def each_key_has_one_open_attempt_at_most_and_the_rest_is_in_order(self) -> None:
        if not self.desk.path.exists():
            return
        with self.desk.ledger() as ledger:
            ledger.recover()
            assert list(verify_ledger(ledger, self.desk.clock())) == []
            opens = Counter(record.key for record in ledger.all() if record.is_open)
        assert all(count == 1 for count in opens.values())


TestSubmitting = Submitting.TestCase
TestSubmitting.settings = law(60, stateful_step_count=12)


def test_a_process_dies_with_its_write() -> None:
    """One that dies before its intent is written starts nothing."""
    started = []
    for lives, is_written in ((1, False), (1, True), (NEVER, False)):
        machine = Submitting()
        machine.submit("hello", {0}, [], {}, lives, is_written, 1)
        started.append(len(machine.target.jobs))
        machine.teardown()
    assert started == [0, 0, 1]


def test_the_machine_finds_a_job_whose_answer_was_lost() -> None:
    """Chance alone seldom loses an answer, and then looks for the job."""
    machine = Submitting()
    machine.submit("hello", {0}, ["silent"], {}, NEVER, False, 1)
    assert machine.desk.states() == ["unknown"]
    machine.resolve(is_listed=True)
    assert machine.desk.states() == ["accepted"]
    machine.no_payload_starts_twice_unasked()
    machine.no_job_is_forgotten()
    machine.each_key_has_one_open_attempt_at_most_and_the_rest_is_in_order()
    machine.teardown()


def test_the_machine_can_fail() -> None:
    """A sender that writes its intents too late is caught: two runs, the first of which dies, start two jobs."""
    machine = Submitting()
    payload = VERSIONS["hello"][0]
    for number in itertools.count(1):
        machine.target.jobs[f"job-{number}"] = submitting.Attempt(f"{number}", payload, payload.name)
        if number == 2:
            break
    try:
        machine.no_payload_starts_twice_unasked()
    except AssertionError:
        return
    finally:
        machine.teardown()
    raise AssertionError("two jobs of one payload went unnoticed")
