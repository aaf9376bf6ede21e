"""`submit --max-active N`: so many jobs in the queue, and the rest as it drains."""

import contextlib
import json
import sqlite3
import subprocess
import sys

import pytest
from support.projects import Place

from specc.submission import Ledger

JOB = """specc: 1
matrix: {axes: {n: {from: 1, to: 6}}}
job: {name: "j-{{ matrix.n }}", cmd_line: "COMMAND", core_limit: 1}
"""


@pytest.fixture
def here(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    for file in place.root.glob("*.job.yaml"):
        file.unlink()
    place.put(
        "specc.toml",
        b'project = "demo"\n[targets.local]\nrun_as = "caller"\n'
        b'[defaults]\nzone = "z"\ncluster_id = "c"\nrun_user = "u"\n',
    )
    place.write(jobs__a=JOB.replace("COMMAND", "sleep 0.3; exit {{ 0 if cell.attempt > 1 or matrix.n > 2 else 3 }}"))
    monkeypatch.setenv("XDG_STATE_HOME", str(place.root / "state"))
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr("specc.submission.follow.FIRST_SECONDS", 0.05)
    return place


def most_at_once(place: Place) -> int:
    """How many jobs the queue had at most, by the times of the local target."""
    (path,) = (place.root / "state").rglob("jobs.db")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        times = connection.execute("SELECT submitted_at, ended_at FROM jobs").fetchall()
    return max(sum(start <= moment < end for start, end in times) for moment, _ in times)


def count(place: Place) -> int:
    (path,) = (place.root / "state").rglob("ledger.sqlite")
    with Ledger.read(path) as ledger:
        return ledger.count()


def test_the_rest_is_sent_as_jobs_end(here: Place) -> None:
    assert here.run("submit", "--wait", "--max-active", "2") == 5
    assert "6 accepted" in here.err
    assert "4 finished, 2 failed" in here.err
    assert most_at_once(here) <= 2
    assert count(here) == 6


def test_next_attempts_wait_for_room_too(here: Place) -> None:
    assert here.run("submit", "--wait", "--max-active", "2", "--retries", "1") == 0
    assert "6 finished" in here.err
    assert most_at_once(here) <= 2
    assert count(here) == 8


def test_without_waiting_the_same_command_sends_more(here: Place) -> None:
    assert here.run("submit", "--max-active", "4") == 0
    assert "4 accepted, 2 not yet sent" in here.err
    assert "the same command sends more" in here.err
    assert here.run("wait") == 5
    assert here.run("submit", "--max-active", "4", "--output", "json") == 0
    assert json.loads(here.out)["summary"]["accepted"] == 2
    assert here.run("submit", "--max-active", "4") == 0
    assert "6 accepted before" in here.err


def test_jobs_of_other_specs_of_the_project_count(here: Place) -> None:
    here.write(jobs__b=JOB.replace("COMMAND", "sleep 20").replace("to: 6", "to: 2").replace("j-", "b-"))
    here.run("submit", "jobs/b.job.yaml")
    assert here.run("submit", "jobs/a.job.yaml", "--max-active", "2", "--output", "json") == 0
    data = json.loads(here.out)
    assert data["summary"]["not_yet"] == 6
    assert {(one["state"], one["message"]) for one in data["results"]} == {(None, "not yet: 2 jobs are active")}
    assert here.run("cancel", "jobs/b.job.yaml", "--yes") == 0
    assert here.run("submit", "jobs/a.job.yaml", "--max-active", "2") == 0
    assert "2 accepted, 4 not yet sent" in here.err


def test_the_time_runs_out_before_everything_is_sent(here: Place) -> None:
    assert here.run("submit", "--wait", "--max-active", "1", "--timeout", "0.1") == 6
    assert "not yet sent" in here.err


IMPATIENT = """
import sys
from specc.app import feeding
from specc.cli.main import run
feeding.FIRST_PAUSE = feeding.REST = 0.5
sys.exit(run(sys.argv[1:]))
"""
"""A submitter that soon asks again whether the jobs of others have ended."""


@pytest.mark.slow
def test_two_submitters_do_not_exceed_it_together(here: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("specc.app.feeding.FIRST_PAUSE", 0.5)
    monkeypatch.setattr("specc.app.feeding.REST", 0.5)
    command = "sleep 0.2"
    here.write(jobs__a=JOB.replace("COMMAND", command), jobs__b=JOB.replace("COMMAND", command).replace("j-", "b-"))
    arguments = ("--wait", "--max-active", "2")
    command_line = [sys.executable, "-c", IMPATIENT, "submit", "jobs/b.job.yaml", *arguments]
    with subprocess.Popen(command_line, cwd=here.root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as other:
        assert here.run("submit", "jobs/a.job.yaml", *arguments) == 0
    assert other.returncode == 0
    assert most_at_once(here) <= 2
    assert count(here) == 12
