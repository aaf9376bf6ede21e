"""`specc clean`: the files of jobs that have ended, and nothing else."""

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from support.local_jobs import eventually
from support.projects import Place

from specc.targets.local.machine import cores

JOB = """specc: 1
matrix: {axes: {n: [1, 2]}}
job: {name: "j-{{ matrix.n }}", cmd_line: COMMAND, core_limit: 1}
"""


@pytest.fixture
def here(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    for file in place.root.glob("*.job.yaml"):
        file.unlink()
    place.put(
        "specc.toml",
        b'project = "demo"\n[targets.local]\nrun_as = "caller"\nworkdir = "job"\n'
        b'[defaults]\nzone = "z"\ncluster_id = "c"\nrun_user = "u"\n',
    )
    place.write(jobs__a=JOB.replace("COMMAND", '"echo {{ matrix.n }} | tee file"'))
    monkeypatch.setenv("XDG_STATE_HOME", str(place.root / "state"))
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr("specc.submission.follow.FIRST_SECONDS", 0.05)
    return place


def folders(place: Place) -> list[Path]:
    return sorted(path for jobs in (place.root / "state").glob("specc/local/*/jobs") for path in jobs.iterdir())


def states(place: Place) -> list[str]:
    place.run("status")
    return [line.split("\t")[0] for line in place.out.splitlines()]


def test_it_only_shows_what_it_would_do_where_nobody_can_be_asked(here: Place) -> None:
    here.run("submit", "--wait")
    assert here.run("clean", "jobs") == 1
    assert "would remove the files of 2 jobs" in here.err
    assert here.run("clean", "jobs", "--dry-run", "--yes") == 0
    assert len(folders(here)) == 2


def test_what_has_ended_is_removed_and_stays_known(here: Place) -> None:
    here.run("submit", "--wait")
    assert here.run("clean", "--all", "--yes") == 0
    assert "removed the files of 2 jobs" in here.err
    assert folders(here) == []
    assert states(here) == ["finished", "finished"]
    assert here.out.count("cleaned on 20") == 2
    assert here.run("submit") == 0
    assert "2 accepted before" in here.err
    assert here.run("submit", "--wait") == 0
    assert here.run("wait") == 0
    assert states(here) == ["finished", "finished"]


def test_a_folder_without_specs_is_not_everything(here: Place) -> None:
    here.run("submit", "--wait")
    (here.root / "empty").mkdir()
    (here.root / "j-1").mkdir()
    for command in (["clean", "--yes"], ["cancel", "--yes"], ["status"], ["results"], ["wait"], ["logs"], ["usage"]):
        assert here.run(*command, "empty") == 2
        assert "there is no spec, job or attempt `empty`" in here.err
    assert len(folders(here)) == 2
    assert here.run("clean", "--yes", "j-1") == 0  # a job has the name of its own folder of results
    assert len(folders(here)) == 1


def test_a_state_of_an_unset_variable_is_not_everything(here: Place) -> None:
    here.run("submit", "--wait")
    for command in (["clean", "--yes"], ["cancel", "--yes"], ["status"], ["submit", "--rerun", "--yes"]):
        for empty in ("", " ,"):
            assert here.run(*command, "--state", empty) == 2
            assert "`--state` names no state" in here.err
    for command in (["retry", "--reason"], ["submit", "--wait", "--retries", "1", "--retry-on"]):
        assert here.run(*command, "") == 2
        assert f"`{command[-1]}` names no reason" in here.err
    assert len(folders(here)) == 2


def test_what_others_are_settled_with_stays(here: Place) -> None:
    """The jobs of an array have one folder, without which those that are unknown could not be sent again."""
    here.run("submit", "--wait")
    (path,) = (here.root / "state").glob("specc/*/ledger.sqlite")
    with closing(sqlite3.connect(path)) as ledger, ledger:
        ((first, batch),) = ledger.execute("SELECT max(attempt), substr(max(attempt), 17) FROM attempts")
        ledger.execute("UPDATE attempts SET state = 'unknown', uuid = NULL WHERE attempt <> ?", (first,))
        ledger.execute("UPDATE attempts SET attempt = ? WHERE state = 'unknown'", (f"{'0' * 16}{batch}",))
    assert here.run("clean", "--all", "--yes", "--output", "json") == 0
    assert len(folders(here)) == 2
    here.run("clean", "--all")
    assert "sent together with it are unknown" in here.err
    with closing(sqlite3.connect(path)) as ledger, ledger:
        ledger.execute("UPDATE attempts SET state = 'dismissed' WHERE state = 'unknown'")
    assert here.run("clean", "--all", "--yes") == 0
    assert len(folders(here)) == 1


def test_logs_say_that_the_output_is_gone(here: Place) -> None:
    here.run("submit", "--wait")
    here.run("clean", "--all", "--yes")
    assert here.run("logs") == 0
    assert here.out == ""
    assert here.err.count("so there is no output here") == 2
    assert here.run("logs", "--output", "json") == 0
    assert json.loads(here.out)["logs"] == []


def test_what_the_spec_sends_elsewhere_stays(here: Place) -> None:
    path = here.root / "out.txt"
    job = JOB.replace("COMMAND", "echo kept").replace("[1, 2]", "[1]")
    here.write(jobs__a=job.replace("core_limit: 1", f"core_limit: 1, stdout_redirect_path: {path}"))
    here.run("submit", "--wait")
    assert here.run("clean", "--all", "--yes") == 0
    assert path.read_text() == "kept\n"
    assert here.run("logs") == 0
    assert here.out == "kept\n"


def test_what_runs_is_left_alone(here: Place) -> None:
    here.run("submit", "--wait")
    here.write(jobs__b=JOB.replace("COMMAND", "sleep 30").replace("j-", "b-").replace("[1, 2]", "[1]"))
    here.run("submit", "jobs/b.job.yaml")
    assert here.run("clean", "--all", "--yes") == 0
    assert "removed the files of 2 jobs; 1 other job left alone: it has not ended" in here.err
    assert sorted(states(here)) in (["finished", "finished", "pending"], ["finished", "finished", "running"])
    here.run("cancel", "--all", "--yes")


def test_each_reason_why_jobs_are_left_alone_is_said_once(here: Place) -> None:
    whole_machine = f"core_limit: {cores()}"
    here.write(
        jobs__a=JOB.replace("COMMAND", "sleep 30")
        .replace("[1, 2]", "[1, 2, 3]")
        .replace("core_limit: 1", whole_machine)
    )
    here.run("submit")
    eventually(lambda: sorted(states(here)) == ["pending", "pending", "running"])
    assert here.run("clean", "--all", "--yes") == 0
    assert "1 other job left alone: it has not ended: running" in here.err
    assert "2 other jobs left alone: it has not ended: pending" in here.err
    here.run("cancel", "--all", "--yes")


@pytest.mark.parametrize("left", [0, 1])
def test_what_would_be_removed_is_said_in_chinese(here: Place, monkeypatch: pytest.MonkeyPatch, left: int) -> None:
    here.run("submit", "--wait")
    here.write(jobs__b=JOB.replace("COMMAND", "sleep 30").replace("j-", "b-").replace("[1, 2]", "[1]"))
    if left:
        here.run("submit", "jobs/b.job.yaml")
    monkeypatch.setenv("SPECC_LANG", "zh_CN")
    assert here.run("clean", "--all") == 1
    monkeypatch.undo()
    assert here.err.startswith("将会删除 2 个作业的文件；")
    assert here.err.endswith("`--yes` 会删除它们\n")
    here.run("cancel", "--all", "--yes")


def test_a_ledger_that_is_wrong_about_an_end_removes_nothing(here: Place) -> None:
    """The target has the last word."""
    here.write(jobs__a=JOB.replace("COMMAND", "sleep 30").replace("[1, 2]", "[1]"))
    here.run("submit")
    (path,) = (here.root / "state").rglob("ledger.sqlite")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE attempts SET job_state = 'finished'")
    assert here.run("clean", "--all", "--yes") == 1
    assert "it has not ended" in here.err
    assert here.run("ledger", "list", "--output", "json") == 0
    assert json.loads(here.out)["attempts"][0]["cleaned_at"] is None
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE attempts SET job_state = NULL")
    here.run("cancel", "--all", "--yes")


def test_by_age_and_by_state(here: Place) -> None:
    here.write(jobs__a=JOB.replace("COMMAND", '"exit {{ matrix.n - 1 }}"'))
    here.run("submit", "--wait")
    assert here.run("clean", "--older-than", "1h", "--yes") == 0
    assert "there are no files to remove" in here.err
    assert here.run("clean", "--all", "--state", "exited", "--yes") == 0
    assert len(folders(here)) == 1
    assert here.run("clean", "--older-than", "0", "--yes") == 0
    assert folders(here) == []
    assert here.run("clean", "--older-than", "30", "--yes") == 2
    assert "`--older-than 30` has no unit" in here.err
    assert here.run("clean", "--older-than", "soon") == 2
    assert "`--older-than`" in here.err


def test_earlier_attempts_are_cleaned_too(here: Place) -> None:
    here.run("submit", "--wait")
    here.run("submit", "--rerun", "--only", "n=1", "--wait")
    assert len(folders(here)) == 3
    assert here.run("clean", "jobs", "--yes") == 0
    assert folders(here) == []


def test_nothing_named_is_not_everything(here: Place) -> None:
    assert here.run("clean", "--yes") == 2
    assert "nothing says whose files to remove" in here.err


def test_a_folder_that_its_job_has_closed_and_links_that_lead_out(here: Place) -> None:
    outside = here.root / "outside"
    outside.mkdir()
    (outside / "precious").write_text("x")
    command = f"mkdir -p a/b; touch a/b/c; ln -s {outside} link; chmod 0 a/b; chmod 500 a"
    here.write(jobs__a=JOB.replace("COMMAND", json.dumps(command)).replace("[1, 2]", "[1]"))
    here.run("submit", "--wait")
    assert here.run("clean", "--all", "--yes") == 0
    assert folders(here) == []
    assert (outside / "precious").exists()


def test_what_was_begun_and_killed_is_finished(here: Place) -> None:
    here.run("submit", "--wait")
    first, second = folders(here)
    os.rename(first, first.with_name(f".removed-{first.name}"))
    assert here.run("clean", "--all", "--yes") == 0
    assert folders(here) == []
    assert here.run("ledger", "list", "--output", "json") == 0
    assert all(one["cleaned_at"] for one in json.loads(here.out)["attempts"])
    assert second.parent.is_dir()
