"""Jobs whose target cannot be asked: nothing is claimed of them, and no command says that all is well."""

import json
from collections.abc import Iterator

import pytest
from support.ehpc_server import KEY, SECRET, Server, error, http, job, listed
from support.projects import Place

from specc.submission import follow

SETTINGS = """project = "demo"
[units]
time_limit = "min"
[defaults]
zone = "z"
cluster_id = "c"
run_user = "u"
[targets.cloud]
kind = "ehpc"
endpoint = "%s"
job = {zone = "z", cluster_id = "c"}
[targets.local]
run_as = "caller"
"""
JOB = "specc: 1\nmatrix: {axes: {n: [1, 2]}}\njob:\n  name: j-{{ matrix.n }}\n  cmd_line: 'true'\n"


def accepted(number: int) -> dict[str, object]:
    return {"ret_code": 0, "hpcjob_uuid": f"hpcjob-{number}"}


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server(http(accepted(1)), http(accepted(2)), listed(job("hpcjob-1"), job("hpcjob-2")))
    yield server
    server.close()


@pytest.fixture
def here(place: Place, server: Server, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A project with two jobs that were accepted."""
    for file in place.root.glob("*.job.yaml"):
        file.unlink()
    place.put("specc.toml", (SETTINGS % server.url).encode())
    place.write(jobs__a=JOB)
    monkeypatch.setenv("XDG_STATE_HOME", str(place.root / "state"))
    monkeypatch.setenv("HOME", str(place.root))
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("QY_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("QY_SECRET_ACCESS_KEY", SECRET)
    assert place.run("submit", "jobs", "--target", "cloud", "--max-in-flight", "1") == 0, place.err
    return place


@pytest.fixture(params=["no credentials", "another key"])
def why(request: pytest.FixtureRequest, here: Place, monkeypatch: pytest.MonkeyPatch) -> str:
    """The target cannot be opened any more; what is said about it."""
    if request.param == "another key":
        monkeypatch.setenv("QY_ACCESS_KEY_ID", "ANOTHERKEYOFTHESAMEACCOUNT")
        return "the target `cloud` was ehpc:127.0.0.1"
    monkeypatch.delenv("QY_ACCESS_KEY_ID")
    monkeypatch.delenv("QY_SECRET_ACCESS_KEY")
    return "the target `cloud` cannot be used: there are no credentials for the EHPC API"


def test_cancel_says_what_it_did_not_cancel(here: Place, why: str) -> None:
    assert here.run("cancel", "jobs", "--yes") == 1
    assert f"2 jobs cannot be asked about: {why}" in here.err
    assert "no job" not in here.err
    assert [line.split("\t")[:2] for line in here.out.splitlines()] == [
        ["not cancelled", "hpcjob-1"],
        ["not cancelled", "hpcjob-2"],
    ]
    assert here.run("cancel", "jobs", "--yes", "--output", "json") == 1
    rows = json.loads(here.out)["cancelled"]
    assert [(row["uuid"], row["done"]) for row in rows] == [("hpcjob-1", False), ("hpcjob-2", False)]
    assert all(row["message"].startswith(why) for row in rows)


def test_status_says_that_it_did_not_ask(here: Place, why: str) -> None:
    assert here.run("status") == 2
    assert f"2 jobs cannot be asked about: {why}" in here.err
    assert len(here.out.splitlines()) == 2
    assert here.run("status", "--output", "json") == 2
    jobs = json.loads(here.out)["jobs"]
    assert [(one["uuid"], one["asked"]) for one in jobs] == [("hpcjob-1", False), ("hpcjob-2", False)]
    assert all(one["not_asked"].startswith(why) for one in jobs)


def test_wait_says_what_it_did_not_wait_for(here: Place, why: str) -> None:
    assert here.run("wait") == 2
    assert f"2 jobs cannot be asked about: {why}" in here.err
    assert here.err.endswith("2 not ended; 2 jobs could not be waited for\n")
    assert here.run("wait", "--output", "json") == 2
    jobs = json.loads(here.out)["jobs"]
    assert all(one["not_waited_for"].startswith(why) for one in jobs)


def test_logs_say_whose_they_are_not(here: Place, why: str) -> None:
    assert here.run("logs", "jobs") == 2
    assert f"2 jobs cannot be asked about: {why}" in here.err
    assert "no jobs" not in here.err
    assert here.run("logs", "jobs", "--output", "json") == 2


def test_what_is_known_to_have_ended_needs_no_credentials(
    here: Place, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = [job("hpcjob-1", job_status="finished"), job("hpcjob-2", job_status="exited")]
    server.behaviours = [listed(*ended)]
    assert here.run("status") == 0
    monkeypatch.delenv("QY_ACCESS_KEY_ID")
    monkeypatch.delenv("QY_SECRET_ACCESS_KEY")
    assert here.run("status", "--output", "json") == 0
    jobs = json.loads(here.out)["jobs"]
    assert [(one["asked"], one["not_asked"]) for one in jobs] == [(False, "it has ended")] * 2
    assert here.run("cancel", "jobs", "--yes") == 0
    assert here.err == "no job to cancel: all have ended\n"
    assert here.run("wait") == 5
    assert here.err.endswith("1 finished, 1 failed\n")


def test_a_target_that_does_not_answer_was_not_asked(here: Place, server: Server) -> None:
    server.behaviours = [http("<html>", 502)]
    assert here.run("status", "--output", "json") == 2
    jobs = json.loads(here.out)["jobs"]
    said = "the target `cloud` did not say: the answer is not the API's: HTTP 502, and not JSON"
    assert [(one["asked"], one["not_asked"]) for one in jobs] == [(False, said)] * 2
    assert here.run("cancel", "jobs", "--yes") == 1


def test_some_targets_that_answer_are_enough_for_status(here: Place, server: Server) -> None:
    here.write(jobs__b="specc: 1\njob: {name: b, cmd_line: 'true'}\n")
    assert here.run("submit", "jobs/b.job.yaml", "--target", "local") == 0, here.err
    server.behaviours = [http("<html>", 502)]
    code = here.run("status", "--output", "json")
    answers = {one["name"]: one["asked"] for one in json.loads(here.out)["jobs"]}
    assert (answers["j-1"], answers["b"]) == (False, True)
    assert code == 0


def test_a_match_without_a_time_is_taken_on_a_persons_word_only(here: Place, server: Server) -> None:
    here.write(jobs__b="specc: 1\njob: {name: b, cmd_line: 'true'}\n")
    server.behaviours = [http("<html>", 502)]
    assert here.run("submit", "jobs/b.job.yaml", "--target", "cloud") == 4
    entry = {"hpcjob_uuid": "hpcjob-3", "job_name": "b", "job_status": "running"}
    server.behaviours = [
        lambda connection, request: (listed(entry) if "/list" in request.path else error(2100))(connection, request)
    ]
    assert here.run("ledger", "resolve", "--yes") == 4
    assert "is hpcjob-3 (only the name agrees; the API gave no time); only `specc " in here.err
    words = here.err.split("`specc ")[1].split("`")[0]
    assert here.run(*words.split()) == 0
    assert "hpcjob-3" in here.out


def test_a_job_that_the_target_does_not_know_is_not_found(here: Place, server: Server) -> None:
    server.behaviours = [error(2100, "no such job")]
    assert here.run("status", "jobs", "--only", "n=1") == 0
    assert here.out.startswith("not found\thpcjob-1\t")
    assert "no such job" in here.out
    assert "1 not found" in here.err
    assert here.run("status", "jobs", "--only", "n=1", "--output", "json") == 0
    (one,) = json.loads(here.out)["jobs"]
    assert (one["job_state"], one["asked"]) == ("unknown", True)


@pytest.mark.slow
def test_a_server_that_stays_silent_is_given_up(here: Place, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "SILENCE", 1.0)
    server.behaviours = [http("<html>", 502)]
    assert here.run("wait", "--output", "json") == 2
    assert "gave up: cloud has not answered for 10 minutes about 2 jobs: the answer is not the API's" in here.err
    assert "2 not ended; 2 jobs could not be waited for" in here.err
    jobs = json.loads(here.out)["jobs"]
    assert [one["not_waited_for"] for one in jobs] == ["`cloud` has not answered for 10 minutes about it"] * 2


def test_a_target_with_another_name_is_the_same(here: Place, server: Server) -> None:
    text = (here.root / "specc.toml").read_text(encoding="utf-8")
    here.write(**{"specc.toml": text.replace("targets.cloud", "targets.sky")})
    server.behaviours = [listed(job("hpcjob-1", job_status="finished"), job("hpcjob-2", job_status="finished"))]
    assert here.run("wait") == 0
    assert here.err.endswith("2 finished\n")
