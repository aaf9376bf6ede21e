"""Room for so many active jobs, and targets that run an attempt once, however often it is sent."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from support import submitting

from specc.app.feeding import Feeder, Limits
from specc.app.requests import refusals
from specc.app.submitting import Sent
from specc.submission import Action, NoRoom, Result, Room, State, Step, tally
from specc.targets import Accepted, EndReason, JobReport, JobState, NotSent, Outcome, Unclear

FULL = NotSent("QOSMaxSubmitJobPerUserLimit", is_full=True)


@pytest.fixture
def desk(tmp_path: Path) -> submitting.Desk:
    return submitting.Desk(tmp_path / "ledger.sqlite")


def sent(desk: submitting.Desk, count: int, *, steps: list[object] | None = None, **how: object) -> list[object]:
    with desk.ledger() as ledger, ledger.owners.claim() as owner:
        ledger.recover(owner)
        planned = steps or desk.plan(ledger, submitting.sweep(count))
        return list(desk.sender(ledger, owner, **how).results(planned))


class TestRoom:
    def test_no_more_than_that_are_sent_and_the_rest_is_not_yet(self, desk: submitting.Desk) -> None:
        results = sent(desk, 5, room=Room(2), max_in_flight=4)
        assert [result.is_not_yet for result in results] == [False, False, True, True, True]
        assert {result.message for result in results[2:]} == {"not yet: 2 jobs are active"}
        assert desk.states() == ["accepted", "accepted"]

    def test_what_has_ended_makes_room(self, desk: submitting.Desk) -> None:
        sent(desk, 5, room=Room(2))
        with desk.ledger() as ledger:
            ledger.saw(submitting.IDENTITY, [JobReport("job-1", JobState.EXITED, "exited")])
        sent(desk, 5, room=Room(2))
        assert len(desk.target.jobs) == 3

    def test_an_unknown_outcome_takes_room_and_a_rejection_none(self, desk: submitting.Desk) -> None:
        desk.target.script = ["silent", submitting.REJECTED]
        results = sent(desk, 5, room=Room(2), max_in_flight=1)
        assert [result.state for result in results] == ["unknown", "rejected", "accepted", None, None]

    def test_what_the_target_does_not_know_any_more_takes_none(self, desk: submitting.Desk) -> None:
        sent(desk, 5, room=Room(2))
        with desk.ledger() as ledger:
            gone = frozenset(record.attempt for record in ledger.active(submitting.IDENTITY))
        sent(desk, 5, room=Room(2, gone))
        assert len(desk.target.jobs) == 4

    def test_it_is_counted_with_the_intent(self, desk: submitting.Desk) -> None:
        """Two processes that have both seen room: the second finds none."""
        with desk.ledger() as one, desk.ledger() as two:
            first, second = (submitting.record(f"a{n}", key=submitting.KEY._replace(cell=f"c{n}")) for n in (1, 2))
            one.begin(first, room=Room(1))
            with pytest.raises(NoRoom):
                two.begin(second, room=Room(1))
            assert len(two.all()) == 1

    def test_a_full_target_ends_the_round_and_is_not_a_failure(self, desk: submitting.Desk) -> None:
        desk.target.script = ["accept", FULL]
        results = sent(desk, 9, max_in_flight=1)
        assert [result.is_not_yet for result in results] == [False, *[True] * 8]
        assert len(desk.target.attempts) == 2
        assert desk.states() == ["accepted", "not-sent"]
        assert sent(desk, 9)[-1].state is State.ACCEPTED
        assert len(desk.target.jobs) == 9


class TestKeys:
    """`is_idempotent`: a target that runs an attempt once, however often it is sent under its key."""

    @pytest.fixture
    def desk(self, desk: submitting.Desk) -> submitting.Desk:
        desk.target.is_idempotent = True
        return desk

    def test_an_answer_that_was_lost_is_asked_for_again(self, desk: submitting.Desk) -> None:
        desk.target.script = ["silent", "silent"]
        (result,) = sent(desk, 1)
        assert (result.state, result.uuid) == (State.ACCEPTED, "job-1")
        assert len({attempt.key for attempt in desk.target.attempts}) == 1
        assert len(desk.target.jobs) == 1

    @pytest.mark.parametrize("later", [submitting.REJECTED, NotSent("busy", retry_after=9999), FULL])
    def test_after_a_lost_answer_only_a_job_settles_it(self, desk: submitting.Desk, later: object) -> None:
        desk.target.script = ["silent", *[later] * 9]
        (result,) = sent(desk, 1)
        assert result.state is State.UNKNOWN
        assert desk.states() == ["unknown"]

    @pytest.mark.parametrize(
        ("later", "state"),
        [
            (replace(submitting.REJECTED, is_withdrawn=True), State.REJECTED),
            (NotSent("refused", is_withdrawn=True), State.NOT_SENT),
            (replace(FULL, is_withdrawn=True), State.NOT_SENT),
        ],
    )
    def test_or_that_the_target_withdraws_it(self, desk: submitting.Desk, later: Outcome, state: State) -> None:
        desk.target.script = [Unclear("no answer"), later]
        (result,) = sent(desk, 1)
        assert result.state is state
        assert result.is_not_yet == isinstance(later, NotSent)
        (again,) = sent(desk, 1)
        assert again.state is State.ACCEPTED
        assert len({attempt.key for attempt in desk.target.attempts}) == 2

    def test_it_is_given_up_as_unknown(self, desk: submitting.Desk) -> None:
        desk.target.script = [Unclear("no answer")] * 9
        (result,) = sent(desk, 1, tries=3)
        assert (result.state, result.message) == (State.UNKNOWN, "no answer")
        assert len(desk.target.attempts) == 3

    def test_the_next_run_sends_it_again_under_its_key(self, desk: submitting.Desk) -> None:
        desk.target.script = ["silent", *[Unclear("no answer")] * 8]
        sent(desk, 1, tries=3)
        desk.target.script = []
        with desk.ledger() as ledger:
            (step,) = desk.plan(ledger, submitting.sweep(1))
        assert step.action is Action.RESUME
        (result,) = sent(desk, 1, steps=[step])
        assert (result.state, result.uuid) == (State.ACCEPTED, "job-1")
        assert desk.target.attempts[-1].is_resumed
        with desk.ledger() as ledger:
            assert [(one.number, one.state, one.message) for one in ledger.all()] == [(1, State.ACCEPTED, "")]

    def test_of_two_that_resume_one_does(self, desk: submitting.Desk) -> None:
        desk.target.script = [Unclear("no answer")] * 3
        sent(desk, 1, tries=3)
        with desk.ledger() as ledger:
            steps = desk.plan(ledger, submitting.sweep(1))
        assert sent(desk, 1, steps=steps)[0].state is State.ACCEPTED
        again = sent(desk, 1, steps=steps)[0]
        assert (again.state, again.message) == (State.ACCEPTED, "another process sent it")
        assert len(desk.target.attempts) == 4

    def test_another_payload_comes_not_in_its_place(self, desk: submitting.Desk) -> None:
        desk.target.script = [Unclear("no answer")] * 3
        sent(desk, 1, tries=3)
        with desk.ledger() as ledger:
            (step,) = desk.plan(ledger, submitting.sweep(1, word="bye"), changed=True, rerun=True)
        assert step.action is Action.REFUSE_UNKNOWN


@pytest.mark.parametrize("number", ["job-1", "job-2"])
def test_a_job_that_the_target_has_lost_before_it_began_is_sent_again_under_its_key(
    tmp_path: Path, number: str
) -> None:
    """The target may give it the same number again."""
    target = submitting.FakeTarget(["accept", Accepted(number, {})])
    target.is_idempotent = True
    desk = submitting.Desk(tmp_path / "l.sqlite", target)
    payloads = tuple(submitting.sweep(1))
    with desk.ledger() as ledger, ledger.owners.claim() as owner:
        run = SimpleNamespace(
            request=SimpleNamespace(payloads=payloads),
            ledger=ledger,
            retrying=None,
            decide=lambda payloads: desk.plan(ledger, payloads),
        )
        feeder = Feeder(run, desk.plan(ledger, payloads), [], Limits())

        def send(steps: object, room: object) -> Sent:
            return Sent(tuple(desk.sender(ledger, owner).results(steps)), False, None)

        feeder.begin(send)
        assert feeder.uuids == ["job-1"]
        report = JobReport("job-1", JobState.LOST, "", "lost it", is_vanished=True)
        ledger.saw(target.identity, [report])
        ledger.vanished(target.identity, {"job-1": "lost it"})
        assert [(one.state, one.uuid, one.message) for one in ledger.all()] == [(State.UNKNOWN, None, "lost it")]
        assert feeder.feed({"job-1": report}, send).uuids == (number,)
        assert str(tally(feeder.results)) == "1 accepted"
        assert feeder.uuids == [number]
        assert [(one.state, one.uuid, one.job_state) for one in ledger.all()] == [(State.ACCEPTED, number, None)]
    assert [attempt.is_resumed for attempt in target.attempts] == [False, True]
    assert len({attempt.key for attempt in target.attempts}) == 1


@pytest.mark.parametrize("attempt", [None, 2])
def test_what_the_target_has_withdrawn_gets_another_attempt_in_the_same_run(
    tmp_path: Path, attempt: int | None
) -> None:
    """It was unknown before this run; if it was the second attempt of its cell, so is the one in its place."""
    desk = submitting.Desk(tmp_path / "l.sqlite", submitting.FakeTarget([Unclear("no answer")]))
    desk.target.is_idempotent = True
    payloads = tuple(submitting.sweep(1))
    with desk.ledger() as ledger, ledger.owners.claim() as owner:
        steps = desk.plan(ledger, payloads)
        if attempt is not None:
            steps = [replace(step, attempt=attempt, retried_for=EndReason.MEMORY) for step in steps]
        list(desk.sender(ledger, owner, tries=1).results(steps))
        desk.target.script = [replace(FULL, is_withdrawn=True), "accept"]
        run = SimpleNamespace(request=SimpleNamespace(payloads=payloads), ledger=ledger, retrying=None)
        feeder = Feeder(run, desk.plan(ledger, payloads), [], Limits())

        def send(steps: object, room: object) -> Sent:
            return Sent(tuple(desk.sender(ledger, owner).results(steps)), False, None)

        feeder.begin(send)
        assert [step.step.action for step in feeder.left] == [Action.RESUME]
        feeder._tried_at = float("-inf")  # long ago
        assert len(feeder.feed({}, send).uuids) == 1
        assert str(tally(feeder.results)) == ("1 accepted" if attempt is None else "1 retried")
        records = [(one.number, one.state, one.cell_attempt, one.retried_for) for one in ledger.all()]
    why = None if attempt is None else "memory"
    assert records == [(1, State.NOT_SENT, attempt, why), (2, State.ACCEPTED, attempt, why)]


def test_what_may_have_been_sent_is_not_refused_without_a_look(desk: submitting.Desk) -> None:
    """The target takes it no more, and has perhaps taken it before."""
    desk.target.is_idempotent = True
    desk.target.refused = lambda payload: submitting.REJECTED
    desk.target.script = [Unclear("no answer")] * 9
    with desk.ledger() as ledger:
        (step,) = desk.plan(ledger, submitting.sweep(1))
    assert refusals([step], desk.target)
    sent(desk, 1, steps=[step])
    with desk.ledger() as ledger:
        (step,) = desk.plan(ledger, submitting.sweep(1))
    assert step.action is Action.RESUME
    assert refusals([step], desk.target) == []


def test_a_step_that_found_a_full_target_first_is_sent_when_there_is_room(tmp_path: Path) -> None:
    """Nothing was accepted before it in this run; its attempt that found no room is in the ledger."""
    desk = submitting.Desk(tmp_path / "l.sqlite", submitting.FakeTarget([FULL, "accept"]))
    payloads = tuple(submitting.sweep(1))
    with desk.ledger() as ledger, ledger.owners.claim() as owner:
        run = SimpleNamespace(request=SimpleNamespace(payloads=payloads), ledger=ledger, retrying=None)
        feeder = Feeder(run, desk.plan(ledger, payloads), [], Limits())

        def send(steps: object, room: object) -> Sent:
            return Sent(tuple(desk.sender(ledger, owner).results(steps)), False, None)

        feeder.begin(send)
        assert len(feeder.left) == 1
        feeder._tried_at = float("-inf")  # long ago
        feeder.feed({}, send)
        assert feeder.left == []
        assert [result.state for result in feeder.results] == [State.ACCEPTED]


class TestAnotherProcess:
    """Of two processes that wait for one sweep, one sends what a cell needs, and the other waits for that, too."""

    FAILED = JobReport("job-1", JobState.EXITED, "exited", "", 3)

    @pytest.fixture
    def desk(self, tmp_path: Path) -> submitting.Desk:
        target = submitting.FakeTarget()
        target.is_idempotent = True
        return submitting.Desk(tmp_path / "l.sqlite", target)

    def waiting(self, desk: submitting.Desk, ledger: object, retrying: object = None) -> tuple[Feeder, object]:
        """Return the feeder of a run that has sent one cell, and what carries its steps out."""
        payloads = tuple(submitting.sweep(1))
        run = SimpleNamespace(
            request=SimpleNamespace(payloads=payloads),
            ledger=ledger,
            retrying=retrying,
            decide=lambda payloads: desk.plan(ledger, payloads),
        )
        feeder = Feeder(run, desk.plan(ledger, payloads), [], Limits())

        def send(steps: list[Step], room: object) -> Sent:
            if steps[0].action is Action.WAIT:
                (last,) = ledger.of_key(steps[0].key)[-1:]
                return Sent((Result(steps[0], last.state, last.uuid),), False, None)
            with ledger.owners.claim() as owner:
                return Sent(tuple(desk.sender(ledger, owner).results(steps)), False, None)

        feeder.begin(send)
        assert feeder.uuids == ["job-1"]
        return feeder, send

    def test_has_sent_again_what_the_target_lost(self, desk: submitting.Desk) -> None:
        lost = JobReport("job-1", JobState.LOST, "", "lost it", is_vanished=True)
        with desk.ledger() as ledger:
            feeder, send = self.waiting(desk, ledger)
            ledger.vanished(desk.target.identity, {"job-1": "lost it"})
            desk.target.script = [Accepted("job-2", {})]
            sent(desk, 1)
            more = feeder.feed({"job-1": lost}, send)
            assert (more.uuids, more.is_open) == (("job-2",), False)
            assert feeder.uuids == ["job-2"]
        assert len(desk.target.attempts) == 2

    def test_is_sending_it_still(self, desk: submitting.Desk) -> None:
        lost = JobReport("job-1", JobState.LOST, "", "lost it", is_vanished=True)
        with desk.ledger() as ledger, ledger.owners.claim() as other:
            feeder, send = self.waiting(desk, ledger)
            ledger.vanished(desk.target.identity, {"job-1": "lost it"})
            (attempt,) = ledger.all()
            ledger.reopen(attempt.attempt, other)
            more = feeder.feed({"job-1": lost}, send)
            assert (more.uuids, more.is_open) == ((), True)
            ledger.settle(attempt.attempt, State.ACCEPTED, uuid="job-7")
            more = feeder.feed({}, send)
            assert (more.uuids, more.is_open) == (("job-7",), False)
        assert len(desk.target.attempts) == 1

    def test_has_sent_the_next_attempt(self, desk: submitting.Desk) -> None:
        with desk.ledger() as ledger:
            feeder, send = self.waiting(desk, ledger, retrying=SimpleNamespace(is_all=False))
            ledger.saw(desk.target.identity, [self.FAILED])
            (step,) = desk.plan(ledger, submitting.sweep(1), rerun=True)
            desk.target.script = [Accepted("job-2", {})]
            sent(desk, 1, steps=[step])
            more = feeder.feed({"job-1": self.FAILED}, send)
            assert (more.uuids, more.is_open) == (("job-2",), False)
            assert feeder.uuids == ["job-2"]
        assert len(desk.target.attempts) == 2
