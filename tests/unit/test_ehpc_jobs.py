"""What the target learns of jobs, in how many calls, and what it asks of them."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.ehpc_server import NOW, Behaviour, Request, account, attempt, error, http, job, listed, serving
from support.tables import each

from specc.errors import SpeccError
from specc.targets import Cancelled, Candidate, JobReport, JobState, Life, Usage
from specc.targets.ehpc.jobs import read_jobs, read_time, total_count


def detail(*jobs: dict[str, object]) -> Behaviour:
    return http({"action": "HpcJobGetJobDetailResponse", "hpc_job_set": list(jobs), "ret_code": 0})


def calls(requests: list[Request]) -> list[str]:
    return [request.path.removeprefix("/api/job/") for request in requests]


def pages(count: int, state: str = "running") -> list[Behaviour]:
    """Lists of 100 of so many jobs."""
    entries = [job(f"hpcjob-{number}", job_status=state) for number in range(count)]
    return [listed(*entries[start : start + 100], total_count=count) for start in range(0, count, 100)]


def test_a_sweep_costs_a_call_for_a_hundred_jobs() -> None:
    with serving(*pages(250)) as server:
        reports = account(server.url).status([f"hpcjob-{number}" for number in range(250)])
        asked = [(request.asked["limit"], request.asked["offset"]) for request in server.requests]
        assert {request.asked["zone"] for request in server.requests} == {"jn1a"}
        assert {request.asked["cluster_id"] for request in server.requests} == {"ehpc-1"}
    assert len(reports) == 250
    assert asked == [("100", "0"), ("100", "100"), ("100", "200")]


def test_a_page_more_is_not_asked_for_when_all_are_found() -> None:
    with serving(*pages(250)) as server:
        assert len(account(server.url).status(["hpcjob-1", "hpcjob-2"])) == 2
        assert calls(server.requests) == ["list"]


def test_a_single_job_is_asked_for_by_itself() -> None:
    with serving(detail(job("hpcjob-1", job_status="exited", end_status="3", reason="NonZeroExitCode"))) as server:
        reports = account(server.url).status(["hpcjob-1"])
        assert calls(server.requests) == ["jobdetail/hpcjob-1"]
    assert reports["hpcjob-1"] == JobReport("hpcjob-1", JobState.EXITED, "exited", "NonZeroExitCode", 3, "job")


def test_what_the_list_does_not_have_is_asked_for_one_by_one() -> None:
    with serving(listed(job("hpcjob-1")), detail(job("hpcjob-2")), error(2100, "gone")) as server:
        reports = account(server.url).status(["hpcjob-1", "hpcjob-2", "hpcjob-3"])
        assert calls(server.requests) == ["list", "jobdetail/hpcjob-2", "jobdetail/hpcjob-3"]
    assert reports["hpcjob-2"].state is JobState.RUNNING
    assert reports["hpcjob-3"].state is JobState.UNKNOWN
    assert reports["hpcjob-3"].reason == "2100: something that the job names does not exist (gone)"


def test_few_jobs_among_very_many_are_asked_for_one_by_one() -> None:
    with serving(*pages(400), detail(job("hpcjob-398")), detail(job("hpcjob-399"))) as server:
        target = account(server.url)
        wanted = ["hpcjob-398", "hpcjob-399"]
        target.status(wanted)
        target.status(wanted)
        assert calls(server.requests) == ["list"] * 4 + ["jobdetail/hpcjob-398", "jobdetail/hpcjob-399"]


def test_one_that_ended_is_not_asked_about_again() -> None:
    with serving(listed(job("hpcjob-1", job_status="finished"), job("hpcjob-2")), detail(job("hpcjob-2"))) as server:
        target = account(server.url)
        target.status(["hpcjob-1", "hpcjob-2"])
        reports = target.status(["hpcjob-1", "hpcjob-2"])
        assert target.status(["hpcjob-1"]).keys() == {"hpcjob-1"}
        assert calls(server.requests) == ["list", "jobdetail/hpcjob-2"]
    assert reports["hpcjob-1"].state is JobState.FINISHED


@each(
    "behaviour, trouble",
    [
        (error(1200, "no"), "1200: the access key is unknown or the signature wrong (no)"),
        (error(5000), "5000: internal error of the server"),
        (http("<html>", 502), "the answer is not the API's: HTTP 502, and not JSON"),
        (
            lambda connection, request: None,
            "the connection ended before the answer was complete, or it is not HTTP",
        ),
    ],
)
@each("count", [1, 3])
def test_a_failed_question_leaves_jobs_out_and_says_why(behaviour: Behaviour, trouble: str, count: int) -> None:
    with serving(behaviour) as server:
        target = account(server.url)
        assert target.status([f"hpcjob-{number}" for number in range(count)]) == {}
        assert target.last_error == trouble
        assert len(server.requests) == 1
        server.behaviours = [listed(job("hpcjob-0"), job("hpcjob-1"))]
        assert len(target.status(["hpcjob-0", "hpcjob-1"])) == 2
        assert target.last_error == ""


def test_a_page_that_fails_leaves_the_rest_out() -> None:
    with serving(*pages(250)[:1], error(5100)) as server:
        reports = account(server.url).status([f"hpcjob-{number}" for number in range(250)])
    assert len(reports) == 100


def test_nothing_asked_is_no_call() -> None:
    assert account("http://127.0.0.1:1/api").status([]) == {}


@each("uuid", ["../stopJobs", "", "a/b", "a?b=c", "-x", "作业"])
def test_what_is_no_uuid_does_not_go_into_a_path(uuid: str) -> None:
    report = account("http://127.0.0.1:1/api").status([uuid])[uuid]
    assert report.state is JobState.UNKNOWN


STATES = {
    "pending": JobState.PENDING, "running": JobState.RUNNING, "finished": JobState.FINISHED, "exited": JobState.EXITED,
    "cancelled": JobState.CANCELLED, "stopped": JobState.STOPPED, "suspended": JobState.SUSPENDED,
    " Running ": JobState.RUNNING, "lost": JobState.UNKNOWN, "unknown": JobState.UNKNOWN, "WSTOP": JobState.UNKNOWN,
    "": JobState.UNKNOWN,
}  # fmt: skip


@each("raw, state", STATES.items())
def test_states(raw: str, state: JobState) -> None:
    (found,) = read_jobs({"hpc_job_set": [job("hpcjob-1", job_status=raw)]})
    assert found.state is state
    assert found.report().raw == (raw if raw.strip() else "")


@each(
    "entries, uuids",
    [
        (None, []),
        ("x", []),
        ([], []),
        ({"hpcjob_uuid": "a"}, ["a"]),
        ([None, 7, {}, {"hpcjob_uuid": 7}, {"hpcjob_uuid": "a"}], ["a"]),
        ([{"hpcjob_uuid": odd} for odd in ("../a", "a b", "a\0", "\x1b[2J", "a" * 300, "-a", "a\n")], []),
    ],
)
def test_lists_are_read_tolerantly(entries: object, uuids: list[str]) -> None:
    assert [found.uuid for found in read_jobs({"hpc_job_set": entries})] == uuids


def test_a_field_may_have_any_documented_type() -> None:
    texts = job("a", job_id="7", core_limit="4", mem_limit="1024", time_limit=None, cmd_line=None, end_status="x")
    (found,) = read_jobs({"hpc_job_set": [texts]})
    assert found.fields == {"name": "job", "run_user": "ada", "core_limit": 4, "mem_limit": 1024}


@each(
    "data, count",
    [
        ({"total_count": 7}, 7),
        ({"total_sum": 7}, 7),
        ({"total_count": "7"}, 7),
        ({"total_count": None}, None),
        ({"total_count": "--7"}, None),
        ({"total_count": 10**400}, None),
        ({}, None),
    ],
)
def test_total(data: dict[str, object], count: int | None) -> None:
    assert total_count(data) == count


def test_times() -> None:
    assert read_time("2021-08-19T14:06:21") == datetime(2021, 8, 19, 14, 6, 21)
    assert read_time("2021-08-19T14:06:21Z") == datetime(2021, 8, 19, 14, 6, 21, tzinfo=UTC)
    assert read_time("2021-08-19T14:06:21+08:00") == datetime(2021, 8, 19, 6, 6, 21, tzinfo=UTC)
    assert read_time("null") is None
    for odd in ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00", "9999-12-31T23:59:59-23:59"):
        assert read_time(odd) is None


def test_a_job_is_looked_up_by_its_name_and_time() -> None:
    entries = [
        job("right", submitted_time="2026-11-23T12:00:30Z", job_name="mine", core_limit="4"),
        job("old", submitted_time="2026-11-23T11:00:00Z", job_name="mine"),
        job("other", submitted_time="2026-11-23T12:00:30Z", name="mine"),
    ]
    with serving(listed(*entries)) as server:
        found = account(server.url).look_up([attempt(name="mine")], NOW, NOW + timedelta(minutes=1))
    at = NOW + timedelta(seconds=30)
    fields = {"name": "mine", "run_user": "ada", "cmd_line": "true", "core_limit": 4}
    assert found == [Candidate("right", at, fields)]


def test_a_time_without_a_zone_is_asked_for_again() -> None:
    with serving(
        listed(job("a"), job("b")),
        detail(job("a", submitted_time="2026-11-23T12:00:00Z")),
        detail(job("b", submitted_time="2026-11-23T04:00:00Z")),
    ) as server:
        found = account(server.url).look_up([attempt()], NOW, NOW)
        assert calls(server.requests) == ["list", "jobdetail/a", "jobdetail/b"]
    assert [candidate.uuid for candidate in found] == ["a"]


def test_a_job_whose_time_nobody_tells_stays_a_candidate() -> None:
    with serving(listed(job("a", submitted_time=None)), error(5000)) as server:
        found = account(server.url).look_up([attempt()], NOW, NOW)
    assert [(candidate.uuid, candidate.submitted_at) for candidate in found] == [("a", None)]


def test_a_tag_in_the_name_makes_the_match_exact() -> None:
    with serving(listed(job("a", job_name="job-0a1b2c3d", submitted_time="2026-11-23T12:00:00Z"))) as server:
        made = attempt("0a1b2c3d" + "0" * 24, sent_name="job-0a1b2c3d")
        found = account(server.url).look_up([made], NOW, NOW)
    assert [candidate.tag for candidate in found] == [made.key]


def test_the_window_is_corrected_by_what_is_known_of_the_servers_clock() -> None:
    ahead = "Mon, 23 Nov 2026 12:10:00 GMT"
    with serving(error(1300, Date=ahead), listed(job("a", submitted_time="2026-11-23T12:10:00Z"))) as server:
        target = account(server.url)
        target.submit(attempt())
        found = target.look_up([attempt()], NOW, NOW)
    assert [candidate.submitted_at for candidate in found] == [NOW]


def stopped(**fields: object) -> Behaviour:
    return http({"action": "HpcJobStopJobsResponse", "job_uuid": "j-942yi1ah8hd", "ret_code": 0, **fields})


def test_jobs_are_stopped_in_one_call() -> None:
    with serving(stopped(custom_cmd_result=['{"job_ids": "5", "ret_code": 0}'])) as server:
        answers = account(server.url).cancel(["a", "b", "a"])
        (request,) = server.requests
    assert answers == [Cancelled("a", True), Cancelled("b", True)]
    assert request.path == "/api/job/stopJobs"
    assert json.loads(request.body) == {"cluster_id": "ehpc-1", "job_ids": ["a", "b"], "zone": "jn1a"}


def test_very_many_jobs_are_stopped_a_hundred_at_a_time() -> None:
    with serving(stopped()) as server:
        answers = account(server.url).cancel([f"hpcjob-{number}" for number in range(150)])
        assert [len(json.loads(request.body)["job_ids"]) for request in server.requests] == [100, 50]
    assert all(answer.done for answer in answers)


def test_a_cluster_that_is_not_configured_is_asked_for() -> None:
    with serving(detail(job("a", cluster_id="ehpc-9")), error(2100), stopped()) as server:
        answers = account(server.url, job={}).cancel(["a", "b"])
        bodies = [json.loads(request.body) for request in server.requests if request.body]
    assert bodies == [{"cluster_id": "ehpc-9", "job_ids": ["a"]}]
    assert [(answer.uuid, answer.done) for answer in answers] == [("a", True), ("b", False)]
    assert "cluster_id" in answers[1].message


@each(
    "behaviour, message",
    [
        (
            error(1400, "not yours"),
            "1400: access denied, or the cluster is in a state that does not allow it (not yours)",
        ),
        (http("<html>", 500), "the answer is not the API's: HTTP 500, and not JSON"),
        (
            lambda connection, request: None,
            "the connection ended before the answer was complete, or it is not HTTP",
        ),
        (
            stopped(custom_cmd_result=['{"job_ids": "5", "ret_code": 1400}']),
            "the scheduler refused 1 of 1; `specc status` shows which are still running",
        ),
    ],
)
def test_what_could_not_be_stopped_says_why(behaviour: Behaviour, message: str) -> None:
    with serving(behaviour) as server:
        assert account(server.url).cancel(["a"]) == [Cancelled("a", False, message)]


def test_odd_results_of_stopping_are_passed_over() -> None:
    results = ["not json", 7, None, {"ret_code": "0"}, '{"ret_code": 1}', "[" * 100_000]
    with serving(stopped(custom_cmd_result=results)) as server:
        answers = account(server.url).cancel(["a", "b"])
    assert answers == [
        Cancelled(uuid, True, "the scheduler refused 1 of 6; `specc status` shows which are still running")
        for uuid in ("a", "b")
    ]


def test_outputs_that_are_visible_here_have_a_path(tmp_path: Path) -> None:
    seen, old = tmp_path / "seen.out", tmp_path / "old.err"
    seen.write_text("x")
    old.write_text("x")
    os.utime(seen, (NOW.timestamp(), NOW.timestamp()))
    os.utime(old, (NOW.timestamp() - 3600, NOW.timestamp() - 3600))
    paths = {"stdout_redirect_path": str(seen), "stderr_redirect_path": str(old)}
    with serving(detail(job("a", submitted_time="2026-11-23T12:00:00Z", **paths))) as server:
        files = account(server.url).logs("a").files
    assert [(file.stream, file.path) for file in files] == [("stdout", seen), ("stderr", None)]


def test_outputs_elsewhere_say_where() -> None:
    with serving(detail(job("a"))) as server:
        out, err = account(server.url).logs("a").files
    assert (out.path, err.path) == (None, None)
    assert out.where == "/home/ada/output/1/job-7.out on ehpc-1: log in there as `ada`, or copy it with scp"
    assert err.where.startswith("/abs/job-7.err on ehpc-1")


@each(
    "directory, written, path",
    [
        ("home/a/out", "home/a/out/job-7.out", "/home/a/out/job-7.out"),
        ("/public/a", "HPC-7.out", "/public/a/HPC-7.out"),
        ("", "HPC-7.out", "/HPC-7.out"),
        ("/public/a", "", None),
    ],
)
def test_paths_of_outputs(directory: str, written: str, path: str | None) -> None:
    (found,) = read_jobs({"hpc_job_set": [job("a", exec_cwd=directory, stdout_redirect_path=written)]})
    assert (None if found.output("stdout") is None else str(found.output("stdout"))) == path


def test_a_path_that_is_none_here_says_where_all_the_same() -> None:
    with serving(detail(job("a", stdout_redirect_path="/out\0\x1b[2J"))) as server:
        out, _ = account(server.url).logs("a").files
    assert out.path is None
    assert out.where.startswith("/out\\x00\\x1b[2J on ehpc-1")


def test_outputs_that_nobody_tells_of() -> None:
    with serving(detail(job("a", stdout_redirect_path=None, submitted_time=None))) as server:
        out, err = account(server.url).logs("a").files
    assert out.where == "the API does not say where it is"
    assert err.path is None


def test_logs_of_a_job_that_is_not_there() -> None:
    with serving(error(2100), error(5000)) as server:
        target = account(server.url)
        with pytest.raises(SpeccError, match=r"there is no job a at 127\.0\.0\.1"):
            target.logs("a")
        with pytest.raises(SpeccError, match="cannot ask for the outputs of a: 5000"):
            target.logs("a")


def test_a_file_at_the_path_is_taken_where_nobody_tells_the_time(tmp_path: Path) -> None:
    here = tmp_path / "out"
    here.write_text("x")
    with serving(detail(job("a", submitted_time=None, stdout_redirect_path=str(here)))) as server:
        assert account(server.url).logs("a").files[0].path == here


def test_a_list_that_shows_one_page_again_and_again_is_left() -> None:
    endless = listed(*[job(f"x-{number}") for number in range(100)], total_count=10**9)
    with serving(endless) as server:
        assert account(server.url).look_up([attempt(name="other")], NOW, NOW) == []
        assert len(server.requests) == 2


def test_the_documented_quota() -> None:
    assert account("http://127.0.0.1:1/api").quota == 2000


def at(clock: str) -> float:
    return datetime.fromisoformat(f"2022-04-01T{clock}+00:00").timestamp()


TIMES = {"submitted_time": "2022-04-01T03:23:25Z", "started_time": "2022-04-01T03:24:04Z"}
SUBMITTED, STARTED = at("03:23:25"), at("03:24:04")


@pytest.mark.parametrize(
    ("fields", "life"),
    [
        ({**TIMES, "job_status": "cancelled", "end_time": None, "run_time": "5"}, Life(SUBMITTED, STARTED, None, 5)),
        ({**TIMES, "job_status": "finished", "end_time": "2022-04-01T03:25:04Z"},
         Life(SUBMITTED, STARTED, STARTED + 60, 60.0)),
        ({**TIMES, "job_status": "running", "end_time": "2022-04-01T03:25:04Z", "run_time": 7},
         Life(SUBMITTED, STARTED)),
        ({"submitted_time": "2022-04-01T03:23:25", "job_status": "finished", "run_time": 0}, Life()),
        ({**TIMES, "job_node_list": "[]"}, Life(SUBMITTED, STARTED)),
        ({**TIMES, "job_node_list": '["n1", "n2"]'}, Life(SUBMITTED, STARTED, node="n1,n2")),
        ({**TIMES, "job_node_list": "n1"}, Life(SUBMITTED, STARTED, node="n1")),
        ({"submitted_time": "0001-01-01T00:00:00Z", "cpu_time": 3.5, "mem": 0.004}, Life()),
        ({"specc_life": {"seconds": 1.5, "peak_memory": 7, "node": "n1"}},
         Life(seconds=1.5, node="n1", usage=Usage(peak_memory=7))),
        ({**TIMES, "specc_life": {"seconds": "1.5"}}, Life(SUBMITTED, STARTED)),
        ({**TIMES, "specc_life": {"ended_at": 1e300}}, Life(SUBMITTED, STARTED)),
        ({**TIMES, "specc_life": [1]}, Life(SUBMITTED, STARTED)),
    ],
)  # fmt: skip
def test_when_a_job_ran(fields: dict[str, object], life: Life) -> None:
    """By the documented fields, and by that of `specc serve`. What they do not surely say is not known."""
    (found,) = read_jobs({"hpc_job_set": [{**job("hpcjob-1", submitted_time=""), **fields}]})
    assert found.report().life == life
