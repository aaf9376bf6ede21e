"""job/list, job/jobdetail and stopJobs: the jobs of a key, in the documented form."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.gateway_client import BODY, LIST, OTHER_KEY, OTHER_SECRET, STOP, Place

from specc.targets import JobState, Life, Usage
from specc.targets.ehpc.jobs import read_jobs

OTHER = {"key": OTHER_KEY, "secret": OTHER_SECRET}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def names(answer: dict[str, Any]) -> list[str]:
    assert answer["ret_code"] == 0, answer
    return [entry["job_name"] for entry in answer["hpc_job_set"]]


def detail(place: Place, uuid: str, **query: str) -> dict[str, Any]:
    return place.get(f"/api/job/jobdetail/{uuid}", **query)


def stop(place: Place, *uuids: str, **fields: object) -> dict[str, Any]:
    return place.post(STOP, {"cluster_id": "ehpc-1", "zone": "jn1a", "job_ids": list(uuids), **fields})


def test_an_empty_list(place: Place) -> None:
    expected = {"action": "HpcJobListJobsResponse", "hpc_job_set": [], "total_count": 0, "ret_code": 0}
    assert place.get(LIST) == expected


def test_a_list_says_what_the_documentation_says(place: Place) -> None:
    uuid = place.submit(core_limit=2, mem_limit=100, scheduler_queue_name="vis")
    place.target.set(uuid, JobState.RUNNING)
    (entry,) = place.get(LIST)["hpc_job_set"]
    documented = {
        "cmd_line", "core_limit", "exec_cwd", "hpcjob_uuid", "hpcqueue_id", "hpq_name", "job_id", "job_name",
        "job_node_list", "job_priority", "job_status", "mem_limit", "modified_time", "name", "queue_name", "run_user",
        "scheduler_queue_name", "stderr_redirect_path", "stdout_redirect_path", "submitted_time",
    }  # fmt: skip
    assert set(entry) == {*documented, "specc_life"}
    assert (entry["job_name"], entry["name"], entry["job_status"]) == ("作业 1", "vis", "running")
    assert (entry["job_id"], entry["mem_limit"], entry["core_limit"]) == (1, "100", 2)
    assert entry["submitted_time"] == "2026-11-23T12:00:01"


def test_a_detail_says_what_the_documentation_says(place: Place) -> None:
    uuid = place.submit(time_limit=5, input_file="in.dat")
    place.target.set(uuid, JobState.EXITED, "exit code 3", 3)
    answer = detail(place, uuid, cluster_id="ehpc-1", zone="jn1a")
    (entry,) = answer["hpc_job_set"]
    assert (answer["action"], answer["ret_code"]) == ("HpcJobGetJobDetailResponse", 0)
    assert (entry["job_status"], entry["reason"], entry["end_status"]) == ("exited", "exit code 3", "3")
    assert (entry["time_limit"], entry["input_file"], entry["cluster_id"]) == ("5", "in.dat", "ehpc-1")
    assert (entry["stdout_redirect_path"], entry["stderr_redirect_path"]) == (f"/jobs/{uuid}/stdout", "elsewhere")
    assert entry["submitted_time"] == "2026-11-23T12:00:01Z"
    assert entry["end_time"] == "2026-11-23T12:00:02Z"


WHOLE = Life(1e9, 1e9 + 10, 1e9 + 70.5, 60.25, "n1", Usage(3 << 30, 61.5, 2, 4 << 30, 3600))


def test_times_and_usage_are_passed_on(place: Place) -> None:
    """Also those that the target has forgotten when the job ended."""
    uuid = place.submit()
    place.target.set(uuid, JobState.RUNNING, life=Life(1e9, 1e9 + 10, node="n1"))
    assert place.get(LIST)["hpc_job_set"][0]["specc_life"] == {
        "submitted_at": 1e9, "started_at": 1e9 + 10, "node": "n1",
    }  # fmt: skip
    place.target.set(uuid, JobState.FINISHED, life=replace(WHOLE, submitted_at=None, node=""))
    for answer in (place.get(LIST), detail(place, uuid), detail(place, uuid)):
        (job,) = read_jobs(answer)
        assert job.report().life == WHOLE
    (entry,) = detail(place, uuid)["hpc_job_set"]
    assert (entry["started_time"], entry["end_time"]) == ("2001-09-09T01:46:50Z", "2001-09-09T01:47:50Z")
    assert (entry["run_time"], entry["job_node_list"]) == ("60", "n1")


def test_nothing_known_is_nothing_said(place: Place) -> None:
    uuid = place.submit()
    (entry,) = detail(place, uuid)["hpc_job_set"]
    assert (entry["started_time"], entry["end_time"], entry["run_time"]) == (None, None, "")
    assert (entry["job_node_list"], entry["specc_life"]) == ("", {})


def test_specc_reads_its_own_answers(place: Place) -> None:
    uuid = place.submit(core_limit=2)
    place.target.set(uuid, JobState.EXITED, "boom", 3)
    for answer in (place.get(LIST), detail(place, uuid)):
        (found,) = read_jobs(answer)
        assert (found.uuid, found.state, found.name) == (uuid, JobState.EXITED, "作业 1")
        assert {name: value for name, value in found.fields.items() if name in BODY} == {
            name: value for name, value in BODY.items() if name in found.fields
        }


def test_outputs_are_where_they_were_asked_for_while_the_target_does_not_say(place: Place) -> None:
    place.target.logs_fail = True
    uuid = place.submit(stdout_redirect_path="out.log")
    (entry,) = detail(place, uuid)["hpc_job_set"]
    assert (entry["stdout_redirect_path"], entry["stderr_redirect_path"]) == ("out.log", "")


STATES = {**{state: state.value for state in JobState}, JobState.LOST: "exited"}


@pytest.mark.parametrize(("state", "word"), STATES.items())
def test_states_are_the_words_of_the_api(place: Place, state: JobState, word: str) -> None:
    uuid = place.submit()
    place.target.set(uuid, state)
    assert place.get(LIST)["hpc_job_set"][0]["job_status"] == word
    assert detail(place, uuid)["hpc_job_set"][0]["job_status"] == word
    assert place.get(LIST, job_status=word)["total_count"] == 1


def test_one_that_has_ended_is_not_asked_about(place: Place) -> None:
    uuid = place.submit()
    place.target.set(uuid, JobState.FINISHED)
    place.get(LIST)
    asked = place.target.questions
    place.get(LIST)
    detail(place, uuid)
    place.get(LIST, jobs_status="finished")
    assert place.target.questions == asked


def test_pages(place: Place) -> None:
    for number in range(12):
        place.submit(name=f"job {number:02}")
    assert names(place.get(LIST)) == [f"job {number:02}" for number in range(11, 1, -1)]
    assert names(place.get(LIST, offset="10")) == ["job 01", "job 00"]
    assert place.get(LIST, limit="1")["total_count"] == 12
    assert len(names(place.get(LIST, limit="100"))) == 12
    assert names(place.get(LIST, offset="99")) == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["a", "c", "b"]),
        ({"reverse": "1"}, ["b", "c", "a"]),
        ({"sort_key": "job_name"}, ["a", "b", "c"]),
        ({"sort_key": "job_name", "reverse": "1"}, ["c", "b", "a"]),
        ({"sort_key": "job_id"}, ["b", "c", "a"]),
        ({"sort_key": "submitted_time", "reverse": "1"}, ["a", "c", "b"]),
        ({"sort_key": "modified_time", "reverse": "1"}, ["c", "a", "b"]),
        ({"jobs_status": "running"}, ["c"]),
        ({"job_status": "running"}, ["c"]),
        ({"job_status": "running", "jobs_status": "pending"}, []),
        ({"run_user": "bob"}, ["b"]),
        ({"queue_name": "vis"}, ["a"]),
        ({"cluster_id": "ehpc-2"}, ["b"]),
        ({"cluster_id": "nowhere"}, []),
        ({"zone": "jn1a", "verbose": "1"}, ["a", "c", "b"]),
        ({"hpcjob_uuid": "hpcjob-00000000"}, ["b"]),
        ({"search_word": "B"}, ["b"]),
        ({"search_word": "hpcjob-00000001"}, ["c"]),
        ({"search_word": "%"}, []),
        ({"search_word": "x' OR 1=1 --"}, []),
    ],
)
def test_filters_and_orders(place: Place, query: dict[str, str], expected: list[str]) -> None:
    place.submit(name="b", run_user="bob", cluster_id="ehpc-2")
    running = place.submit(name="c")
    place.submit(name="a", scheduler_queue_name="vis")
    place.target.set(running, JobState.RUNNING)
    place.get(LIST)
    assert names(place.get(LIST, **query)) == expected


@pytest.mark.parametrize(
    "query",
    [{"limit": "0"}, {"limit": "101"}, {"limit": "x"}, {"limit": ""}, {"limit": "-1"}, {"offset": "x"},
     {"offset": "9" * 30}, {"offset": "99999999999"}, {"sort_key": "number; DROP"}, {"reverse": "2"}, {"owner": "me"},
     {"limit": "１"}],
)  # fmt: skip
def test_what_no_list_can_be_made_of(place: Place, query: dict[str, str]) -> None:
    assert place.get(LIST, **query)["ret_code"] == 1101


def test_a_key_sees_and_stops_only_its_own_jobs(place: Place) -> None:
    uuid = place.submit()
    assert place.get(LIST, OTHER_KEY, OTHER_SECRET)["total_count"] == 0
    assert place.get(f"/api/job/jobdetail/{uuid}", OTHER_KEY, OTHER_SECRET)["ret_code"] == 2100
    body = {"cluster_id": "ehpc-1", "zone": "jn1a", "job_ids": [uuid]}
    assert place.post(STOP, body, **OTHER)["ret_code"] == 2100
    assert place.target.jobs[uuid].state is JobState.PENDING


def test_a_job_that_is_not_there(place: Place) -> None:
    uuid = place.submit()
    assert detail(place, "hpcjob-x")["ret_code"] == 2100
    assert detail(place, uuid, cluster_id="other")["ret_code"] == 2100
    assert detail(place, uuid, name="x")["ret_code"] == 1101


def test_stopping_jobs(place: Place) -> None:
    one, two = place.submit(), place.submit()
    answer = stop(place, one, two, one)
    assert (answer["action"], answer["ret_code"]) == ("HpcJobStopJobsResponse", 0)
    assert answer["job_uuid"].startswith("j-")
    assert [json.loads(line) for line in answer["custom_cmd_result"]] == [
        {"job_ids": "1", "ret_code": 0},
        {"job_ids": "2", "ret_code": 0},
    ]
    assert {entry["job_status"] for entry in place.get(LIST)["hpc_job_set"]} == {"cancelled"}


def test_a_job_that_has_ended_cannot_be_stopped(place: Place) -> None:
    ended, running = place.submit(), place.submit()
    place.target.set(ended, JobState.FINISHED)
    answer = stop(place, ended)
    assert answer["ret_code"] == 1400
    assert "it has ended: finished" in answer["message"]
    codes = [json.loads(line)["ret_code"] for line in stop(place, ended, running)["custom_cmd_result"]]
    assert codes == [1400, 0]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"job_ids": ["hpcjob-x"]}, 2100),
        ({"cluster_id": "ehpc-2"}, 2100),
        ({"job_ids": []}, 1100),
        ({"job_ids": None}, 1100),
        ({"job_ids": "hpcjob-x"}, 1100),
        ({"job_ids": [7]}, 1100),
        ({"job_ids": [""]}, 1100),
        ({"cluster_id": 7}, 1100),
        ({"zone": ["x"]}, 1100),
        ({"zone": ""}, 1100),
        ({"job_ids": [f"hpcjob-{number}" for number in range(101)]}, 1101),
        ({"force": True}, 1101),
    ],
)
def test_what_cannot_be_stopped(place: Place, fields: dict[str, object], code: int) -> None:
    uuid = place.submit()
    assert stop(place, uuid, **fields)["ret_code"] == code
    assert place.target.jobs[uuid].state is JobState.PENDING


def test_stopping_needs_a_json_object(place: Place) -> None:
    assert place.post(STOP, b"[")["ret_code"] == 1100
