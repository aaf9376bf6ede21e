"""submitJob: what is taken, what is answered, and that one request starts one job, ever."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from support.gateway_client import BODY, KEY, LIST, OTHER_KEY, OTHER_SECRET, SECRET, STOP, SUBMIT, Place

from specc.errors import SpeccError
from specc.gateway import Limits
from specc.gateway.access import authenticate
from specc.targets import Accepted, Attempt, JobState, NotSent, Outcome, Rejected, Unclear


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


class Killed(BaseException):
    """What ends a process at once: nothing catches it."""


def request_of(place: Place, body: object = BODY, **signing: Any) -> Callable[[], dict[str, Any]]:
    """A request, signed once, to be sent as often as wanted."""
    data = json.dumps(body, ensure_ascii=False).encode()
    url = place.url("POST", SUBMIT, data, **signing)
    return lambda: place.send("POST", url, data).json()


@pytest.mark.parametrize("api", ["ehpc/v1", "ehpc/v2"])
def test_the_answer_is_the_documented_one(tmp_path: Path, api: str) -> None:
    place = Place(tmp_path, api=api)
    more = {"core_limit": 1, "submit_type": 1} if api == "ehpc/v2" else {}
    answer = place.post(SUBMIT, {**BODY, **more})
    assert answer == {
        "action": "HpcJobSubmitJobResponse",
        "job_status": "pending",
        "hpcjob_uuid": "hpcjob-00000000",
        "job_id": "1",
        "ret_code": 0,
    }
    schema = place.api.response
    assert set(answer) == set(schema["properties"])
    Draft202012Validator({**schema, "required": list(schema["properties"])}).validate(answer)


def test_the_target_gets_the_payload_and_a_key_of_the_signature(place: Place) -> None:
    seen: list[Attempt] = []
    place.target.answer = lambda attempt: seen.append(attempt) or place.target.start(attempt)
    body = json.dumps({**BODY, "core_limit": 4}).encode()
    url = place.url("POST", SUBMIT, body)
    place.send("POST", url, body)
    (attempt,) = seen
    assert attempt.payload.body == {**BODY, "core_limit": 4}
    assert attempt.sent_name == "作业 1"
    path, _, query = url.partition("?")
    caller = authenticate("POST", path, query.encode(), body, {KEY: SECRET})
    assert attempt.key == caller.request_id


BAD_BODIES: dict[str, tuple[object, int, str]] = {
    "no JSON": (b"{", 1100, "not JSON"),
    "not UTF-8": (b'{"name": "\xff"}', 1100, "not JSON"),
    "very deep": (b"[" * 60_000, 1100, "not JSON"),
    "NaN": (b'{"name": NaN}', 1100, "not JSON"),
    "a list": ([], 1100, "not a JSON object"),
    "nothing": (b"", 1100, "not JSON"),
    "a key twice": (b'{"name": "a", "name": "b"}', 1101, "the body has `name` twice"),
    "missing fields": ({"name": "a", "cmd_line": "x"}, 1100, "missing: `cluster_id`, `run_user`, `zone`"),
    "no command": (
        {k: v for k, v in BODY.items() if k != "cmd_line"},
        1100,
        "one of `cmd_line`, `input_file` is needed",
    ),
    "a wrong type": ({**BODY, "core_limit": "4"}, 1100, "wrong form: `core_limit` must be of type integer"),
    "a fraction": ({**BODY, "core_limit": 4.0}, 1100, "`core_limit` must be a whole number"),
    "true": ({**BODY, "core_limit": True}, 1100, "wrong form: `core_limit` must be of type integer"),
    "null": ({**BODY, "core_limit": None}, 1100, "wrong form"),
    "unknown fields": ({**BODY, "memory": 1, "x": 2}, 1101, "unknown: `memory`, `x`"),
    "a huge number": ({**BODY, "core_limit": 2**60}, 1101, "`core_limit` is more than 2**53 - 1"),
    "half a character": (json.dumps({**BODY, "name": "\ud800"}).encode(), 1100, "an unpaired surrogate"),
    "another timestamp": ({**BODY, "timestamp": "2021-08-19T16:44:40Z"}, 1101, "`timestamp` in the body differs"),
}


@pytest.mark.parametrize(("body", "code", "message"), BAD_BODIES.values(), ids=BAD_BODIES.keys())
def test_bodies_are_held_to_the_schema(place: Place, body: object, code: int, message: str) -> None:
    answer = place.post(SUBMIT, body)
    assert answer["ret_code"] == code
    assert message in answer["message"]
    assert place.target.submissions == 0


def test_a_message_does_not_repeat_what_was_sent(place: Place) -> None:
    answer = place.post(SUBMIT, {**BODY, "core_limit": 10**400, "mem_limit": 1})
    assert answer == {"message": "`core_limit` is more than 2**53 - 1", "ret_code": 1101}
    answer = place.post(SUBMIT, {**BODY, "x" * 10_000: 1, "y\n": 2})
    assert len(answer["message"]) < 100
    assert answer["message"].isprintable()
    answer = place.post(SUBMIT, {**BODY, **{f"x{number}": 1 for number in range(1000)}})
    assert len(answer["message"]) < 1100


@pytest.mark.parametrize(
    "member", ['"name": "\\ud800"', '"\\ud800": 1', '"x": [{"y": "a\\udfff"}]', '"\\ud800": 1, "\\ud800": 2']
)
def test_half_of_a_character_is_refused(place: Place, member: str) -> None:
    for path in (SUBMIT, STOP):
        answer = place.post(path, b"{" + member.encode() + b"}")
        assert answer["ret_code"] in (1100, 1101)
        assert answer["message"].isprintable()
    assert place.target.submissions == 0


def test_values_of_a_list_are_held_to_it(tmp_path: Path) -> None:
    place = Place(tmp_path, api="ehpc/v2")
    answer = place.post(SUBMIT, {**BODY, "core_limit": 1, "submit_type": 7})
    assert answer == {"message": "`submit_type` must be one of 0, 1", "ret_code": 1101}


def test_the_timestamp_may_stand_in_the_body_too(place: Place) -> None:
    at = place.fresh()
    answer = place.post(SUBMIT, {**BODY, "timestamp": at.strftime("%Y-%m-%dT%H:%M:%SZ")}, at=at)
    assert answer["ret_code"] == 0


def test_the_query_of_a_submission(place: Place) -> None:
    assert place.post(SUBMIT, BODY, query={"zone": "jn1a"})["ret_code"] == 0
    assert place.post(SUBMIT, BODY, query={"zone": "other"})["ret_code"] == 1101
    assert place.post(SUBMIT, BODY, query={"name": "x"})["ret_code"] == 1101


def test_the_same_request_gets_the_same_answer_and_starts_nothing(place: Place) -> None:
    send = request_of(place)
    first = send()
    place.target.set(first["hpcjob_uuid"], JobState.FINISHED)
    assert send() == first
    place.restart()
    assert send() == first
    assert place.target.submissions == 1


def test_the_same_request_gets_its_answer_however_late(place: Place) -> None:
    send = request_of(place)
    first = send()
    place.now += timedelta(hours=12)
    assert send() == first
    place.now += timedelta(days=2)
    for number in range(2):
        place.restart()
        place.submit(name=f"so that old requests are forgotten {number}")
    assert send()["ret_code"] == 1300
    assert place.target.submissions == 3


def test_another_request_for_the_same_job_is_another_job(place: Place) -> None:
    assert place.submit() != place.submit()
    assert place.post(SUBMIT, BODY, key=OTHER_KEY, secret=OTHER_SECRET)["hpcjob_uuid"] == "hpcjob-00000002"


def test_a_request_that_comes_many_times_at_once_starts_one_job(place: Place) -> None:
    data = json.dumps(BODY).encode()
    url = place.url("POST", SUBMIT, data)
    answers: list[dict[str, Any]] = []
    threads = [threading.Thread(target=lambda: answers.append(place.send("POST", url, data).json())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8
    assert all(answer == answers[0] for answer in answers)
    assert place.target.submissions == 1


REFUSED: dict[str, tuple[Outcome, int]] = {
    "a bad value": (Rejected("bad-limit", "`core_limit` is 0", "write 1", {"core_limit": "x"}), 1101),
    "another user": (Rejected("run-user", "`run_user` is `bob`", None, {"run_user": "x"}), 1400),
    "try later": (NotSent("the queue is closed"), 5100),
    "nobody knows": (Unclear("the scheduler did not answer"), 5000),
}


@pytest.mark.parametrize(("outcome", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_what_the_target_does_not_take(place: Place, outcome: Outcome, code: int) -> None:
    place.target.answer = lambda attempt: outcome
    send = request_of(place)
    first = send()
    assert first["ret_code"] == code
    place.target.answer = None
    place.restart()
    # Whoever got this answer may have signed anew: the same request must never start a job after it.
    assert send() == first
    assert place.target.submissions == 1


def test_what_the_target_refuses_before(place: Place) -> None:
    place.target.refusal = Rejected("x", "no", "write yes", {"name": "no"})
    assert place.post(SUBMIT, BODY) == {"message": "no; write yes", "ret_code": 1101}
    assert place.target.submissions == 0


@pytest.mark.parametrize("year", [1000, 9999])
def test_a_time_far_off_is_refused_and_stays_so(place: Place, year: int) -> None:
    body, at = json.dumps(BODY).encode(), datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC)
    url = place.url("POST", SUBMIT, body, at=at)
    for _ in range(2):
        assert place.send("POST", url, body).json()["ret_code"] == 1300
    assert place.get(LIST)["ret_code"] == 0
    assert place.target.submissions == 0


def test_a_request_from_the_future_stays_refused(place: Place) -> None:
    send = request_of(place, at=place.now + timedelta(minutes=5))
    assert send()["ret_code"] == 1300
    place.now += timedelta(minutes=5)
    assert send()["ret_code"] == 1300
    assert place.target.submissions == 0


def test_a_target_that_broke_leaves_the_outcome_unknown(place: Place) -> None:
    def broken(attempt: Attempt) -> Outcome:
        raise SpeccError("the store is gone")

    place.target.answer = broken
    assert place.post(SUBMIT, BODY) == {"message": "the store is gone", "ret_code": 5000}


def killed(place: Place, *, after_start: bool) -> Callable[[Attempt], Outcome]:
    def die(attempt: Attempt) -> Outcome:
        if after_start:
            place.target.start(attempt)
        raise Killed

    return die


@pytest.mark.parametrize("after_start", [True, False])
def test_a_gateway_that_died_before_its_answer_goes_on_where_it_was(place: Place, after_start: bool) -> None:
    place.target.answer = killed(place, after_start=after_start)
    send = request_of(place)
    with pytest.raises(Killed):
        send()
    place.target.answer = None
    place.restart()
    place.now += timedelta(minutes=10)
    answer = send()
    assert answer["ret_code"] == 0
    assert place.target.submissions == (1 if after_start else 2)
    assert len(place.target.jobs) == 1
    assert send() == answer


def test_a_job_that_was_started_is_not_refused_afterwards(place: Place) -> None:
    """The settings refuse its payload since."""
    place.target.answer = killed(place, after_start=True)
    send = request_of(place)
    with pytest.raises(Killed):
        send()
    place.restart()
    place.target.refusal = Rejected("run-user", "not this user")
    assert send()["ret_code"] == 0
    assert place.target.submissions == 1


def test_a_job_that_nobody_was_told_of_is_in_the_list_all_the_same(place: Place) -> None:
    place.target.answer = killed(place, after_start=True)
    send = request_of(place)
    with pytest.raises(Killed):
        send()
    place.restart()
    (entry,) = place.get(LIST)["hpc_job_set"]
    assert send()["hpcjob_uuid"] == entry["hpcjob_uuid"]
    assert place.target.submissions == 1


def test_a_job_of_which_the_target_did_not_know_is_in_the_list_when_it_does(place: Place) -> None:
    def unclear(attempt: Attempt) -> Outcome:
        place.target.start(attempt)
        return Unclear("no answer")

    place.target.answer = unclear
    assert place.post(SUBMIT, BODY)["ret_code"] == 5000
    assert place.get(LIST)["total_count"] == 1


def test_a_request_that_is_under_way_is_not_recovered(place: Place) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def slow(attempt: Attempt) -> Outcome:
        outcome = place.target.start(attempt)
        inside.set()
        assert go_on.wait(10)
        return outcome

    place.target.answer = slow
    data = json.dumps(BODY).encode()
    url = place.url("POST", SUBMIT, data)
    answers: list[dict[str, Any]] = []
    thread = threading.Thread(target=lambda: answers.append(place.send("POST", url, data).json()))
    thread.start()
    assert inside.wait(10)
    listed = place.get(LIST)
    go_on.set()
    thread.join()
    assert listed["total_count"] == 0
    assert answers[0]["ret_code"] == 0
    assert place.get(LIST)["total_count"] == 1


def test_open_jobs_are_limited(tmp_path: Path) -> None:
    """There are two keys, and each can have half of them."""
    place = Place(tmp_path, Limits(open_jobs=4))
    first = place.submit()
    place.submit()
    assert place.post(SUBMIT, BODY)["ret_code"] == 5100
    place.target.set(first, JobState.FINISHED)
    place.submit()
    assert place.post(SUBMIT, BODY)["ret_code"] == 5100
    assert place.target.submissions == 3


def test_requests_at_one_time_are_limited_and_the_refusal_stands(tmp_path: Path) -> None:
    place = Place(tmp_path, Limits(requests=1))
    is_begun, may_end = threading.Event(), threading.Event()

    def slowly(attempt: Attempt) -> Outcome:
        is_begun.set()
        assert may_end.wait(5)
        return place.target.start(attempt)

    place.target.answer = slowly
    first, second = request_of(place), request_of(place, {**BODY, "name": "second"})
    answers: list[dict[str, Any]] = []
    thread = threading.Thread(target=lambda: answers.append(first()))
    thread.start()
    assert is_begun.wait(5)
    refused = second()
    listed = place.get(LIST)
    may_end.set()
    thread.join()
    assert refused == listed == {"message": "more than 1 requests at one time; try again", "ret_code": 5100}
    assert answers[0]["ret_code"] == 0
    # Whoever was told that nothing was started signs anew, so the same request must not start it later.
    assert second() == refused
    assert place.target.submissions == 1


def test_one_job_for_two_requests_is_a_bug_of_the_target(place: Place) -> None:
    place.target.answer = lambda attempt: Accepted("always-the-same", {})
    place.submit()
    assert place.post(SUBMIT, BODY)["ret_code"] == 5000
