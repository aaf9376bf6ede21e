"""Which cells are tried again, and with which payload: decided from the ledger alone."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from support import submitting

from specc.app.retrying import Retrying, Versions, as_now, name_of, numbered_now, reasons_named, with_retries
from specc.errors import SpeccError
from specc.lowering import Payload
from specc.submission import Action, State, Step
from specc.targets import EndReason, JobReport, JobState, Life

FIRST = submitting.sweep(2)
LATER = {attempt: submitting.sweep(2, word=f"again {attempt}") for attempt in (2, 3)}


@pytest.fixture
def desk(tmp_path: Path) -> submitting.Desk:
    desk = submitting.Desk(tmp_path / "ledger.sqlite")
    desk.submit(FIRST)
    return desk


def versions(later: dict[int, list[Payload]] = LATER) -> Versions:
    def compile(cells: Sequence[Payload], attempt: int, diagnostics: object) -> Iterable[Payload]:
        names = {name_of(payload) for payload in cells}
        return [payload for payload in later.get(attempt, []) if name_of(payload) in names]

    return Versions(compile)


def end(desk: submitting.Desk, uuid: str, state: JobState, reason: EndReason | None = None) -> None:
    with desk.ledger() as ledger:
        ledger.saw(submitting.IDENTITY, [JobReport(uuid, state, state.value, life=Life(ended_for=reason))])


def steps(
    desk: submitting.Desk,
    retrying: Retrying,
    payloads: Sequence[Payload] = FIRST,
    made: Versions | None = None,
    **how: bool,
) -> list[Step]:
    made = made or versions()
    with desk.ledger() as ledger:
        planned = desk.plan(ledger, payloads, **how)
        planned = desk.plan(ledger, as_now(planned, made), **how)
        return with_retries(planned, retrying, made, ledger)


def send(desk: submitting.Desk, planned: Sequence[Step]) -> list[State | None]:
    with desk.ledger() as ledger, ledger.owners.claim() as owner:
        return [result.state for result in desk.sender(ledger, owner).results(planned)]


def actions(planned: Iterable[Step]) -> list[str]:
    return [step.action.value for step in planned]


def test_what_failed_for_a_reason_is_tried_again(desk: submitting.Desk) -> None:
    end(desk, "job-1", JobState.EXITED, EndReason.MEMORY)
    end(desk, "job-2", JobState.EXITED, EndReason.EXIT)
    planned = steps(desk, Retrying(frozenset({EndReason.MEMORY})))
    assert actions(planned) == ["retry", "keep"]
    assert (planned[0].attempt, planned[0].number, planned[0].retried_for) == (2, 2, EndReason.MEMORY)
    assert planned[0].payload.digest == LATER[2][0].digest


@pytest.mark.parametrize(
    "state", [JobState.FINISHED, JobState.RUNNING, JobState.PENDING, JobState.LOST, JobState.CANCELLED]
)
def test_what_has_not_failed_is_left_alone(desk: submitting.Desk, state: JobState) -> None:
    end(desk, "job-1", state)
    assert actions(steps(desk, Retrying())) == ["keep", "keep"]


def test_as_often_as_asked_for_and_counted_from_the_ledger(desk: submitting.Desk) -> None:
    for number, uuid in enumerate(("job-1", "job-3")):
        end(desk, uuid, JobState.EXITED)
        planned = steps(desk, Retrying(most=1))
        assert actions(planned) == [["retry", "keep"], ["keep", "keep"]][number]
        send(desk, planned)
    assert actions(steps(desk, Retrying(most=2))) == ["retry", "keep"]
    assert actions(steps(desk, Retrying(most=0))) == ["keep", "keep"]


def test_a_plain_plan_keeps_what_was_tried_again(desk: submitting.Desk) -> None:
    end(desk, "job-1", JobState.EXITED)
    send(desk, steps(desk, Retrying()))
    with desk.ledger() as ledger:
        planned = desk.plan(ledger, FIRST)
        assert actions(planned) == ["changed", "keep"]
        assert [step.attempt for step in planned] == [2, 1]
        assert actions(desk.plan(ledger, as_now(planned, versions()))) == ["keep", "keep"]


def test_a_retry_whose_outcome_is_unknown_is_not_tried_again(desk: submitting.Desk) -> None:
    end(desk, "job-1", JobState.EXITED)
    desk.target.script = ["silent"]
    assert send(desk, steps(desk, Retrying())) == [State.UNKNOWN]
    assert actions(steps(desk, Retrying())) == ["unknown", "keep"]
    assert len(desk.target.jobs) == 3


def test_of_two_that_try_again_at_once_one_does(desk: submitting.Desk) -> None:
    end(desk, "job-1", JobState.EXITED)
    first, second = steps(desk, Retrying()), steps(desk, Retrying())
    assert send(desk, first) == [State.ACCEPTED]
    send(desk, second)
    assert len(desk.target.jobs) == 3
    with desk.ledger() as ledger:
        assert numbered_now(second[0], ledger) is None


def test_a_step_that_found_no_room_gets_the_number_that_is_free_now(desk: submitting.Desk) -> None:
    end(desk, "job-1", JobState.EXITED)
    planned = steps(desk, Retrying())
    desk.target.script = [submitting.REFUSED] * 9
    assert send(desk, planned) == [State.NOT_SENT]
    desk.target.script = []
    with desk.ledger() as ledger:
        now = numbered_now(planned[0], ledger)
    assert now is not None
    assert now.number == 3
    assert send(desk, [now]) == [State.ACCEPTED]


def test_a_payload_that_does_not_read_the_attempt_is_sent_as_it_is(desk: submitting.Desk) -> None:
    end(desk, "job-1", JobState.EXITED)
    planned = steps(desk, Retrying(), made=versions({2: FIRST}))
    assert actions(planned) == ["retry", "keep"]
    assert send(desk, planned) == [State.ACCEPTED]


def test_cells_that_become_one_payload_are_not_sent_twice(desk: submitting.Desk) -> None:
    """The second cell would be what the first one is already."""
    end(desk, "job-2", JobState.EXITED)
    same = [FIRST[0], submitting.sweep(2)[1]]
    object.__setattr__(same[1], "canonical", FIRST[0].canonical)
    (_, step) = steps(desk, Retrying(), made=versions({2: same}))
    assert step.action is Action.REFUSE_TWIN
    assert "as attempt 2 it would be the payload" in step.why


def test_nothing_else_is_sent_where_only_failures_are_meant(desk: submitting.Desk) -> None:
    end(desk, "job-1", JobState.EXITED)
    more = [*FIRST, *submitting.sweep(3)[2:]]
    assert actions(steps(desk, Retrying(), more)) == ["retry", "keep", "send"]
    assert actions(steps(desk, Retrying(is_all=True), more)) == ["retry"]


def test_a_changed_spec_stops_and_needs_a_word(desk: submitting.Desk) -> None:
    end(desk, "job-1", JobState.EXITED)
    end(desk, "job-2", JobState.FINISHED)
    changed = submitting.sweep(2, word="other")
    later = versions({2: submitting.sweep(2, word="other again")})
    assert actions(steps(desk, Retrying(is_all=True), changed, later)) == ["changed"]
    assert actions(steps(desk, Retrying(is_all=True), changed, later, changed=True)) == ["retry"]


def test_reasons() -> None:
    assert reasons_named(["memory, time", "exit"], "--reason") == {EndReason.MEMORY, EndReason.TIME, EndReason.EXIT}
    assert EndReason.LOST not in reasons_named([], "--reason")
    with pytest.raises(SpeccError, match="`--retry-on tiem`: no job ends for that"):
        reasons_named(["tiem"], "--retry-on")
