"""Jobs of a project on a real Grid Engine, through the commands that ship with specc."""

import json
import signal
import time
from pathlib import Path

import pytest
from support.grid_engine import Project, eventually


def test_a_job_that_succeeds(project: Project) -> None:
    project.spec("well", 'echo "out $SPECC_JOB_ID $NSLOTS $SGE_O_WORKDIR"; echo oops >&2; pwd')
    done = project("submit", "-y", "--wait")
    assert done.returncode == 0, done.stderr
    job = project.job()
    assert job["job_state"] == "finished"
    assert project("logs", "--stream", "stdout").stdout == f"out {job['uuid']} 1 {project.folder}\n{project.folder}\n"
    assert project("logs", "--stream", "stderr").stdout == "oops\n"
    again = project("submit", "-y")
    assert again.returncode == 0
    assert len(project.folders()) == 1


@pytest.mark.parametrize("name", ["tést job", "1 starts with a digit", "-q evil.q", "a/b:c*?[x]\\@"])
def test_any_name_is_taken(project: Project, name: str) -> None:
    project.spec(name, "true")
    assert project("submit", "-y", "--wait").returncode == 0


def test_a_job_that_fails(project: Project) -> None:
    project.spec("ill", "echo before; exit 7")
    assert project("submit", "-y", "--wait").returncode == 5
    job = project.job()
    assert (job["job_state"], job["exit_code"], job["ended_for"]) == ("exited", 7, "exit")


def test_a_job_over_its_time(project: Project) -> None:
    project.spec("slow", "echo began; sleep 60", time_limit="3s")
    assert project("submit", "-y", "--wait").returncode == 5
    job = project.job()
    assert (job["job_state"], job["ended_for"]) == ("exited", "time"), job
    assert project("logs", "--stream", "stdout").stdout == "began\n"


def test_a_job_over_its_memory(project: Project) -> None:
    """Grid Engine limits the address space of each process, so that an allocation fails."""
    project.spec("large", "python3 -c 'bytearray(2_000_000_000)'", mem_limit="400MiB")
    assert project("submit", "-y", "--wait").returncode == 5
    assert "MemoryError" in project("logs", "--stream", "stderr").stdout


def test_cancel_a_job_that_runs_and_one_that_waits(project: Project) -> None:
    project.spec("long", "echo $$; exec sleep 300")
    assert project("submit", "-y").returncode == 0
    eventually(lambda: project.job()["job_state"] == "running")
    pid = eventually(lambda: project("logs", "--stream", "stdout").stdout.strip())
    done = project("cancel", "-y", "a.job.yaml")
    assert done.returncode == 0, done.stderr
    eventually(lambda: not Path(f"/proc/{pid}").exists())
    (job,) = project.ended()
    assert (job["job_state"], job["ended_for"]) == ("cancelled", "cancelled")

    project.spec("never", "true", core_limit=99)
    assert project("submit", "-y", "--changed").returncode == 0
    assert project.job()["job_state"] == "pending"
    assert project("cancel", "-y", "a.job.yaml").returncode == 0
    (job,) = project.ended()
    assert job["job_state"] == "cancelled"
    assert not project.cell.jobs()


def test_a_lost_answer_is_adopted(project: Project, tmp_path: Path) -> None:
    """qsub is killed, or its answer thrown away, after the qmaster has the job."""
    project.spec("lost", "echo ran >>ran; sleep 2")
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "qsub").write_text('#!/bin/bash\n/usr/bin/qsub "$@" >/dev/null 2>&1\nkill -9 $$\n')
    (tools / "qsub").chmod(0o755)
    project.environment["PATH"] = f"{tools}:{project.environment['PATH']}"
    done = project("submit", "-y", "--wait")
    assert done.returncode == 0, done.stderr
    assert (project.folder / "ran").read_text() == "ran\n"


def test_a_client_that_is_killed_while_it_submits(project: Project) -> None:
    """Whatever was reached by then: the next submit finds the job or sends it, and it runs once."""
    for moment in (0.0, 0.3, 0.6, 0.9, 1.2, 1.6):
        project.spec(f"killed {moment}", f"echo ran >>ran-{moment}")
        begun = project.process("submit", "-y")
        time.sleep(moment)
        begun.send_signal(signal.SIGKILL)
        begun.communicate()
        eventually(lambda: _is_settled(project), what="the attempt does not settle")
        project.ended()
        assert (project.folder / f"ran-{moment}").read_text() == "ran\n", moment
        (project.folder / "a.job.yaml").unlink()


def _is_settled(project: Project) -> bool:
    project("ledger", "resolve", "-y")
    done = project("submit", "-y", "--changed", "--resend-unknown")
    return done.returncode == 0


def test_a_qmaster_that_is_down_takes_nothing_and_loses_nothing(project: Project) -> None:
    project.spec("later", "echo ran >>ran; sleep 3")
    assert project("submit", "-y").returncode == 0
    eventually(lambda: project.job()["job_state"] == "running")
    project.cell.stop_qmaster()
    try:
        project.spec("other", "echo other >>ran")
        other = project.process("submit", "-y", "--changed")
        eventually(
            lambda: any(job["job_state"] == "finished" for job in project.all()),
            what="its own record does not say that it ended",
        )
        time.sleep(2)
        assert (project.folder / "ran").read_text() == "ran\n"
    finally:
        project.cell.start_qmaster()
    out, err = other.communicate(timeout=180)
    assert other.returncode == 0, (out, err)  # it tries again until the qmaster answers
    project.ended()
    assert (project.folder / "ran").read_text() == "ran\nother\n"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("scheduler_queue_name", "nope.q", "unknown queue"),
        ("resource_limit", "nosuch=1", "unknown resource"),
    ],
)
def test_a_refusal_is_shown_at_its_field(project: Project, field: str, value: str, said: str) -> None:
    project.spec("refused", "true", **{field: value})
    done = project("submit", "-y")
    assert done.returncode == 3
    assert "a.job.yaml:9" in done.stderr
    assert said in done.stderr


def test_usage_and_times_are_those_of_the_accounting(project: Project) -> None:
    project.spec("busy", "python3 -c 'x = bytearray(200_000_000); sum(range(10_000_000))'", core_limit=2)
    assert project("submit", "-y", "--wait").returncode == 0
    job = project.job()
    assert 150 << 20 < job["usage"]["peak_memory"] < 400 << 20
    assert 0.1 < job["usage"]["cpu_seconds"] < 60
    assert job["usage"]["cores_asked"] == 2
    assert job["node"] == project.cell.host
    assert job["submitted_at"] <= job["started_at"] <= job["ended_at"]


def test_a_sweep(project: Project) -> None:
    before = project.cell.accounts()
    project.spec(
        "sweep", "echo {{ matrix.n }} >>ran; exit $(({{ matrix.n }} % 5 == 4))", matrix={"axes": {"n": [*range(20)]}}
    )
    done = project("submit", "-y", "--wait")
    assert done.returncode == 5, done.stderr
    states = sorted(job["job_state"] for job in project.all())
    assert states == ["exited"] * 4 + ["finished"] * 16
    assert sorted((project.folder / "ran").read_text().split(), key=int) == [str(n) for n in range(20)]
    assert project.cell.accounts() - before == 20
    again = project("submit", "-y")
    assert again.returncode == 0
    assert project.cell.accounts() - before == 20


def test_the_same_script_sent_twice_runs_once(project: Project) -> None:
    """As by a second submission that nobody knew of: the scheduler has two jobs, and one of them runs the command."""
    project.spec("twice", "echo ran >>ran; for _ in {1..300}; do [ ! -e go ] || break; sleep 0.2; done")
    assert project("submit", "-y").returncode == 0
    (folder,) = project.folders()
    project.cell.run(
        "qsub", "-terse", "-S", "/bin/bash", "-j", "y", "-o", f"{folder}/scheduler.log", f"{folder}/job.sh"
    )
    log = folder / "scheduler.log"
    eventually(lambda: log.exists() and "has begun it before" in log.read_text())
    (project.folder / "go").touch()
    project.ended()
    eventually(lambda: not project.cell.jobs())
    assert (project.folder / "ran").read_text() == "ran\n"
    assert json.loads((folder / "job").read_text().partition("\n")[0])["name"] == "twice"


def test_the_trials_of_a_target_pass(project: Project) -> None:
    done = project("target", "test", "ge", "--time-limit", "3", seconds=300)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("ok ") == 8
    assert not project.folders(), "the folders of its jobs are removed"
