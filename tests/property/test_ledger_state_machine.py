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
from dataclasses import replace
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from support import compiling, submitting
from support.laws import law

from specc.app.retrying import Retrying, Versions, as_now, name_of, with_retries
from specc.submission import (
    Action,
    Ledger,
    Record,
    Room,
    State,
    Step,
    adopt,
    find_jobs,
    settle_by_hand,
    verify_ledger,
)
from specc.targets import EndReason, JobState, NotSent, Unclear

CELLS = 3
VERSIONS = {word: submitting.sweep(CELLS, word=word) for word in ("hello", "bye")}
LATER = {
    (word, attempt): submitting.sweep(CELLS, word=f"{word} {attempt}") for word in VERSIONS for attempt in (2, 3, 4, 5)
}
"""The same cells as other attempts."""

ANY_FAILURE = Retrying(frozenset({EndReason.EXIT}))

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

    @initialize(is_idempotent=st.booleans())
    def choose_a_kind_of_target(self, is_idempotent) -> None:
        """One that starts a job for each submission, or one that runs an attempt once, however often it is sent."""
        self.target.is_idempotent = is_idempotent

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

    def versions(self, word: str) -> Versions:
        """What the compiler makes of the cells as other attempts; there are no more than 5."""

        def compile(cells, attempt, diagnostics):
            names = {name_of(payload) for payload in cells}
            return [each for each in LATER.get((word, attempt), ()) if name_of(each) in names]

        return Versions(compile)

    def planned(self, ledger, word: str, cells, **allowed) -> list[Step]:
        """The steps for cells, each as the attempt that it is at."""
        payloads = [VERSIONS[word][cell] for cell in sorted(cells)]
        steps = self.desk.plan(ledger, payloads, **allowed)
        return self.desk.plan(ledger, as_now(steps, self.versions(word)), **allowed)

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
            steps = self.planned(ledger, word, cells, **allowed)
            self.license(steps)
            for result in self.desk.sender(ledger, owner, max_in_flight=in_flight).results(steps):
                self.is_true(result, ledger)
        self.desk.clock.now += 1

    @rule(ended=st.lists(st.booleans(), min_size=CELLS, max_size=3 * CELLS))
    def jobs_end(self, ended) -> None:
        """Some of the jobs end: well, or by an exit code. The ledger hears of it."""
        for uuid, is_well in zip(self.target.jobs, ended, strict=False):
            if not self.target.states[uuid].is_final:
                self.target.states[uuid] = JobState.FINISHED if is_well else JobState.EXITED
        with self.process() as (ledger, _):
            ledger.saw(submitting.IDENTITY, list(self.target.status(list(self.target.jobs)).values()))

    @rule(
        word=st.sampled_from(sorted(VERSIONS)),
        cells=st.sets(st.integers(0, CELLS - 1), min_size=1),
        answers=st.lists(ANSWERS, max_size=4),
        most=st.sampled_from([None, 1, 2]),
        lives=st.integers(1, 12) | st.just(NEVER),
        is_written=st.booleans(),
        is_changed=st.booleans(),
        is_stale=st.booleans(),
    )
    def what_failed_is_tried_again(self, word, cells, answers, most, lives, is_written, is_changed, is_stale) -> None:
        """The next attempt needs no licence: nobody has sent its payload. What is stale is sent much later."""
        self.target.script = answers
        retrying = replace(ANY_FAILURE, most=most)
        with self.process(lives, is_written=is_written) as (ledger, owner):
            ledger.recover(owner)
            steps = self.planned(ledger, word, cells, changed=is_changed)
            steps = with_retries(steps, retrying, self.versions(word), ledger)
            if is_stale:
                self.stale = steps
                return
            for result in self.desk.sender(ledger, owner, room=Room(2)).results(steps):
                self.is_true(result, ledger)
        self.desk.clock.now += 1

    def is_true(self, result, ledger) -> None:
        """What the user is told is what the ledger says."""
        if result.state is not None and not result.is_not_yet:
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
                if result.state is State.ACCEPTED and not result.message and result.step.action is not Action.RETRY
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
    def a_retry_follows_a_job_that_failed(self) -> None:
        """Each attempt that is a retry stands behind an accepted one of the attempt before, which has ended."""
        with Ledger.read(self.desk.path) as ledger:
            own: dict[object, list[Record]] = {}
            for record in ledger.all():
                own.setdefault(record.key, []).append(record)
        for records in own.values():
            jobs = [record for record in records if record.uuid is not None]
            for before, record in itertools.pairwise(jobs):
                if record.retried_for is not None:
                    assert (record.cell_attempt or 1) == (before.cell_attempt or 1) + 1
                    assert before.job_state == "exited"

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


def test_the_machine_tries_again_what_failed() -> None:
    machine = Submitting()
    machine.submit("hello", {0, 1}, [], {}, NEVER, False, 1)
    machine.jobs_end([False, True])
    for is_stale in (True, False):
        machine.what_failed_is_tried_again("hello", {0, 1}, [], None, NEVER, False, False, is_stale)
    machine.send_what_was_planned_long_ago()
    assert [attempt.payload.body["cmd_line"] for attempt in machine.target.jobs.values()][2:] == ["echo hello 2"]
    machine.a_retry_follows_a_job_that_failed()
    machine.no_payload_starts_twice_unasked()
    machine.teardown()


def test_the_machine_sends_what_is_unknown_again_under_its_key() -> None:
    machine = Submitting()
    machine.choose_a_kind_of_target(False)
    machine.submit("hello", {0}, ["silent"], {}, NEVER, False, 1)
    assert machine.desk.states() == ["unknown"]
    machine.choose_a_kind_of_target(True)
    machine.submit("hello", {0, 1}, [], {}, NEVER, False, 1)
    assert machine.desk.states() == ["accepted", "accepted"]
    assert len(machine.target.jobs) == 2
    machine.no_payload_starts_twice_unasked()
    machine.no_job_is_forgotten()
    machine.teardown()


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
