"""Steps that a target takes in one call: sent together, and each with a key, an intent and an outcome of its own."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from support import submitting

from specc.errors import SpeccError
from specc.lowering import Payload
from specc.submission import Room, State
from specc.targets import Accepted, Attempt, NotSent, Outcome, Rejected, Unclear, batch_of

ROOM = "no room"
FULL = NotSent(ROOM, is_full=True)


class FakeBatches:
    """Takes up to `limit` payloads in a call. `answers` are for each call in turn: `silent`, `die`, or an outcome for
    all; else all are accepted, or as many as there is `room`.
    """

    def __init__(self, target: submitting.FakeTarget, limit: int = 10) -> None:
        self.target = target
        self.limit = limit
        self.room: int | None = None
        self.answers: list[object] = []
        self.prepared: list[list[str]] = []
        self.calls: list[list[str]] = []
        self.limits: list[int | None] = []
        self.is_broken = False

    def kind_of(self, payload: Payload) -> str | None:
        cores = payload.body.get("core_limit")
        return None if cores == 99 else str(cores)

    def most(self) -> int:
        if self.is_broken:
            raise SpeccError("there is no scontrol")
        return self.limit

    def prepare(self, attempts: Sequence[Attempt]) -> None:
        self.prepared.append([attempt.key for attempt in attempts])

    def submit(self, attempts: Sequence[Attempt], most_active: int | None) -> list[Outcome]:
        self.calls.append([attempt.key for attempt in attempts])
        self.limits.append(most_active)
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        if answer == "silent":
            for attempt in attempts:
                self.target.take(attempt)
            return [Unclear("no answer in time")] * len(attempts)
        if isinstance(answer, Accepted | Rejected | NotSent | Unclear):
            return [answer] * len(attempts)
        fits = len(attempts) if self.room is None else self.room
        return [self.target.take(one) if index < fits else FULL for index, one in enumerate(attempts)]


@pytest.fixture
def desk(tmp_path: Path) -> submitting.Desk:
    desk = submitting.Desk(tmp_path / "ledger.sqlite")
    desk.target.batches = FakeBatches(desk.target)
    desk.target.is_idempotent = True
    return desk


def batches(desk: submitting.Desk) -> FakeBatches:
    assert isinstance(desk.target.batches, FakeBatches)
    return desk.target.batches


def cores(*counts: int) -> list[Payload]:
    """A payload for each number of cores, in this order."""
    axes = ", ".join(f"{{n: {index}, c: {count}}}" for index, count in enumerate(counts))
    text = f"vars: {{c: '{{{{ matrix.c }}}}'}}\nmatrix: {{include: [{axes}]}}\n"
    spec = (
        text + "job: {name: 'a-{{ cell.slug }}', cmd_line: echo hello, core_limit: '{{ matrix.c }}', time_limit: 60}\n"
    )
    compiled = submitting.compiling.render(spec)
    assert not compiled.shown, compiled.shown
    return compiled.payloads


def send(
    desk: submitting.Desk, payloads: list[Payload], room: Room | None = None, **how: object
) -> list[submitting.Result]:
    with desk.ledger() as ledger, ledger.owners.claim() as owner:
        ledger.recover(owner)
        return list(desk.sender(ledger, owner, room=room, **how).results(desk.plan(ledger, payloads)))


def test_what_is_sent_again_has_the_room_that_is_left(desk: submitting.Desk) -> None:
    """Nobody knows of the jobs of ten cells; then there is room for some, and the others are tried again."""
    batches(desk).answers = [Unclear("no answer")]
    send(desk, submitting.sweep(10), Room(4), tries=1)
    batches(desk).room = 3
    send(desk, submitting.sweep(10), Room(4), tries=3)
    assert batches(desk).limits == [4, 4, 1, 0]
    assert desk.target.attempts == []


def test_nor_is_the_last_one_sent_alone_without_room(desk: submitting.Desk) -> None:
    batches(desk).answers = [Unclear("no answer")]
    send(desk, submitting.sweep(4), Room(3), tries=1)
    batches(desk).room = 3
    send(desk, submitting.sweep(4), Room(3), tries=2)
    assert batches(desk).limits == [3, 3, 0]
    assert desk.target.attempts == []


class TestGroups:
    def test_what_is_equal_to_the_target_goes_together_wherever_it_stands(self, desk: submitting.Desk) -> None:
        results = send(desk, cores(1, 2, 1, 2, 1))
        assert sorted(map(len, batches(desk).calls)) == [2, 3]
        assert [result.state for result in results] == [State.ACCEPTED] * 5

    def test_a_call_takes_no_more_than_the_target_allows(self, desk: submitting.Desk) -> None:
        send(desk, submitting.sweep(23))
        assert sorted(map(len, batches(desk).calls)) == [3, 10, 10]

    def test_one_answer_for_many_is_one_failure(self, desk: submitting.Desk) -> None:
        """A batch of which nothing is known does not keep the next one from being tried."""
        batches(desk).answers = [Unclear("no answer")] * 3
        results = send(desk, submitting.sweep(20), tries=2)
        assert [result.state for result in results] == [State.UNKNOWN] * 10 + [State.ACCEPTED] * 10

    def test_what_has_no_kind_and_what_is_alone_is_sent_alone(self, desk: submitting.Desk) -> None:
        send(desk, cores(99, 1, 99, 2))
        assert batches(desk).calls == []
        assert len(desk.target.attempts) == 4

    def test_a_target_that_takes_no_batches_is_sent_each(self, desk: submitting.Desk) -> None:
        batches(desk).limit = 0
        send(desk, submitting.sweep(3))
        assert batches(desk).calls == []
        assert len(desk.target.attempts) == 3

    def test_keys_of_a_batch_have_one_half_in_common(self, desk: submitting.Desk) -> None:
        send(desk, submitting.sweep(12))
        small, large = sorted(batches(desk).calls, key=len)
        assert len({batch_of(key) for key in large}) == 1
        assert batch_of(small[0]) != batch_of(large[0])
        assert len({*small, *large}) == 12

    def test_it_is_prepared_before_an_intent_is_written(self, desk: submitting.Desk) -> None:
        def prepare(attempts: Sequence[Attempt]) -> None:
            assert desk.states() == []
            raise SpeccError("the disk is full")

        batches(desk).prepare = prepare  # type: ignore[method-assign]
        with pytest.raises(SpeccError, match="the disk is full"):
            send(desk, submitting.sweep(3))
        assert desk.states() == []

    def test_a_target_that_cannot_be_asked_begins_nothing(self, desk: submitting.Desk) -> None:
        batches(desk).is_broken = True
        with pytest.raises(SpeccError, match="there is no scontrol"):
            send(desk, submitting.sweep(3))
        assert desk.states() == []


class TestOutcomes:
    def test_a_lost_answer_is_asked_for_again_under_the_same_keys(self, desk: submitting.Desk) -> None:
        batches(desk).answers = ["silent"]
        results = send(desk, submitting.sweep(4))
        first, second = batches(desk).calls
        assert first == second
        assert len(desk.target.jobs) == 4
        assert {result.state for result in results} == {State.ACCEPTED}

    def test_what_was_not_sent_is_tried_again_as_one_call(self, desk: submitting.Desk) -> None:
        batches(desk).answers = [NotSent("busy"), NotSent("busy")]
        send(desk, submitting.sweep(4))
        assert list(map(len, batches(desk).calls)) == [4, 4, 4]
        assert [line for line in desk.told if "trying again" in line] == [
            f"4 jobs: busy; trying again in {pause:.0f} s" for pause in desk.clock.slept if pause >= 1
        ]

    def test_a_rejection_is_that_of_every_cell(self, desk: submitting.Desk) -> None:
        batches(desk).answers = [Rejected("no-queue", "there is no such queue")]
        results = send(desk, submitting.sweep(4))
        assert [(result.state, result.code) for result in results] == [(State.REJECTED, "no-queue")] * 4

    def test_what_does_not_fit_is_not_yet_sent(self, desk: submitting.Desk) -> None:
        batches(desk).room = 3
        results = send(desk, submitting.sweep(8))
        assert [result.is_not_yet for result in results].count(True) == 5
        assert [result.state for result in results].count(State.ACCEPTED) == 3
        batches(desk).room = None
        send(desk, submitting.sweep(8))
        assert len(desk.target.jobs) == 8

    def test_it_is_given_up_cell_by_cell(self, desk: submitting.Desk) -> None:
        batches(desk).answers = [NotSent("down")] * 9
        results = send(desk, submitting.sweep(4))
        assert [(result.state, result.message) for result in results] == [(State.NOT_SENT, "down")] * 4

    def test_a_broken_target_ends_the_run_with_an_outcome_for_each(self, desk: submitting.Desk) -> None:
        batches(desk).answers = [SpeccError("sbatch is gone")]
        with pytest.raises(SpeccError, match="sbatch is gone"):
            send(desk, submitting.sweep(4))
        assert desk.states() == ["not-sent"] * 4

    def test_after_a_kill_the_batch_is_sent_again_under_its_keys(self, desk: submitting.Desk) -> None:
        batches(desk).answers = [Unclear("killed")] * 9
        send(desk, submitting.sweep(4))
        assert desk.states() == ["unknown"] * 4
        batches(desk).answers = []
        results = send(desk, submitting.sweep(4))
        assert batches(desk).calls[-1] == batches(desk).calls[0]
        assert len(batches(desk).prepared) == 1
        assert {result.state for result in results} == {State.ACCEPTED}

    def test_what_is_left_of_two_batches_is_not_mixed(self, desk: submitting.Desk) -> None:
        batches(desk).limit = 2
        batches(desk).answers = [Unclear("killed")] * 20
        send(desk, submitting.sweep(4))
        batches(desk).answers, batches(desk).calls = [], []
        batches(desk).limit = 10
        send(desk, submitting.sweep(4))
        assert [len({batch_of(key) for key in call}) for call in batches(desk).calls] == [1, 1]


class TestRoom:
    def test_all_is_sent_and_the_target_holds_back_what_has_no_room(self, desk: submitting.Desk) -> None:
        results = send(desk, submitting.sweep(9), Room(4))
        assert batches(desk).limits == [4]
        assert len(results) == len(desk.target.jobs) == 9

    def test_a_second_batch_has_what_the_first_leaves(self, desk: submitting.Desk) -> None:
        results = send(desk, submitting.sweep(23), Room(12))
        assert list(map(len, batches(desk).calls)) == [10, 2]
        assert sum(result.is_not_yet for result in results) == 11

    def test_what_is_sent_again_has_its_places_and_its_limit(self, desk: submitting.Desk) -> None:
        """After a kill all of it is unknown, and counts as active."""
        batches(desk).answers = [Unclear("killed")] * 9
        send(desk, submitting.sweep(9), Room(4))
        assert desk.states() == ["unknown"] * 9
        batches(desk).answers, batches(desk).limits = [], []
        results = send(desk, submitting.sweep(9), Room(4))
        assert {result.state for result in results} == {State.ACCEPTED}
        assert batches(desk).limits == [4]

    def test_without_room_nothing_is_begun(self, desk: submitting.Desk) -> None:
        send(desk, submitting.sweep(4))
        results = send(desk, submitting.sweep(9), Room(4))
        assert sum(result.is_not_yet for result in results) == 5
        assert len(desk.target.jobs) == 4


def test_repetitions_of_a_payload_are_looked_up_once(desk: submitting.Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once for the plan, and once when they are begun: not once for each of a thousand."""
    asked: list[str] = []
    find = submitting.Ledger.with_digest

    def with_digest(ledger: submitting.Ledger, target: str, digest: str) -> list[submitting.Record]:
        asked.append(digest)
        return find(ledger, target, digest)

    monkeypatch.setattr(submitting.Ledger, "with_digest", with_digest)
    results = send(desk, submitting.same(8))
    assert [result.state for result in results] == [State.ACCEPTED] * 8
    assert len(asked) == 2
