"""What users, staff and broken machines do to jobs: nothing runs twice, and what happened is said."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime

from support.real_slurm import Counting, Project, accepted, attempt, begin_again, ended, eventually, output
from support.slurm_cluster import Cluster

from specc.targets import Accepted, JobState, NotSent, Rejected

SWEEP = 60
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def brought_back(slurm: Cluster) -> None:
    """A node that was taken down may have come back by itself, which is an error to scontrol."""
    with contextlib.suppress(AssertionError):
        slurm.run("scontrol", "update", "nodename=n1", "state=resume")


def submitting(project: Project) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "specc", "submit", "-y"],
        cwd=project.folder,
        env=project.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def sweep(project: Project, count: int = SWEEP) -> None:
    """Each cell leaves a line in a file of its own, so a command that runs twice shows."""
    ran = project.folder / "ran"
    ran.mkdir()
    project.spec("a", f"echo ran >>{ran}/{{{{ matrix.n }}}}", matrix={"axes": {"n": {"from": 1, "to": count}}})
    text = (project.folder / "a.job.yaml").read_text().replace("name: a", 'name: "作业 {{ matrix.n }} ü"')
    project.write("a.job.yaml", text)


def each_ran_once(project: Project, count: int = SWEEP) -> None:
    found = {path.name: path.read_text() for path in (project.folder / "ran").iterdir()}
    assert found == {str(number): "ran\n" for number in range(1, count + 1)}
    lines = project.slurm.run("squeue", "-h", "-r", "-t", "all", "-o", "%i %k").splitlines()
    known = [job["uuid"].partition("-") for job in project.states()]
    tags = {tag for _, _, tag in known}
    own = [job_id for job_id, comment in map(str.split, lines) if comment.removeprefix("specc:")[:16] in tags]
    assert sorted(own) == sorted(job_id for job_id, _, _ in known)


def test_two_processes_submit_one_sweep(project: Project) -> None:
    sweep(project)
    processes = [submitting(project) for _ in range(3)]
    for process in processes:
        process.wait(240)
    done = project("submit", "-y", "--wait")
    assert done.returncode == 0, done.stderr
    each_ran_once(project)


def test_a_submit_that_is_killed_at_any_moment(project: Project) -> None:
    sweep(project)
    chance = random.Random(4)
    for _ in range(8):
        process = submitting(project)
        time.sleep(chance.uniform(0.3, 2.5))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    time.sleep(2)  # an sbatch that was under way has a session of its own, and goes on
    for _ in range(3):
        project("ledger", "resolve", "-y")
        done = project("submit", "-y", "--wait", "--resend-unknown")
        if done.returncode == 0:
            break
    assert done.returncode == 0, done.stderr
    each_ran_once(project)


def test_a_job_that_is_requeued_by_hand(project: Project, slurm: Cluster) -> None:
    """It was submitted with --no-requeue; should staff do it all the same, the claim ends the second run."""
    target = project.target()
    uuid = accepted(target, attempt(f"echo ran >>{project.folder}/ran; sleep 20"))
    eventually(lambda: (project.folder / "ran").exists())
    number = uuid.partition("-")[0]
    subprocess.run(["scontrol", "update", f"jobid={number}", "requeue=1"], env=slurm.environment, check=False)
    asked = subprocess.run(["scontrol", "requeue", number], env=slurm.environment, capture_output=True, check=False)
    assert asked.returncode == 0, asked.stderr
    begin_again(slurm, number)
    report = ended(target, uuid, 200)
    assert (project.folder / "ran").read_text() == "ran\n"
    assert report.state is not JobState.FINISHED
    assert "begun it before" in report.reason or "exit code 143" in report.reason, report


def test_a_node_that_goes_down_under_a_job(project: Project, slurm: Cluster) -> None:
    target = project.target()
    uuid = accepted(target, attempt("echo up; sleep 120", scheduler_queue_name="short"))
    eventually(lambda: target.status([uuid])[uuid].state is JobState.RUNNING)
    slurm.run("scontrol", "update", "nodename=n1", "state=down", "reason=test")
    try:
        report = ended(target, uuid)
    finally:
        brought_back(slurm)
    assert (report.state, report.raw) == (JobState.STOPPED, "NODE_FAIL")


def test_a_job_that_is_held_and_one_with_an_odd_reason(project: Project, slurm: Cluster) -> None:
    """Neither hides the other, nor a job that ran."""
    target = project.target()
    held = accepted(project.target(options=("--begin=now+600",)), attempt())
    slurm.run("scontrol", "hold", held.partition("-")[0])
    slurm.run("scontrol", "update", "nodename=n1", "state=drain", "reason=odd, very | odd\x1f")
    odd = accepted(target, attempt(scheduler_queue_name="short"))
    good = accepted(target, attempt())
    try:
        assert ended(target, good).state is JobState.FINISHED
        eventually(lambda: target.status([odd])[odd].reason not in ("", "None"))
        found = target.status([held, odd, good])
    finally:
        brought_back(slurm)
    assert (found[held].state, found[held].reason) == (JobState.PENDING, "JobHeldAdmin")
    assert found[odd].state is JobState.PENDING
    assert ended(target, odd).state is JobState.FINISHED
    assert all(answer.done for answer in target.cancel([held]))


def test_scancel_by_hand(project: Project, slurm: Cluster) -> None:
    project.spec("a", "sleep 100")
    assert project("submit", "-y").returncode == 0
    slurm.run("scancel", project.state()["uuid"].partition("-")[0])
    assert project("wait").returncode == 5
    assert project.state()["job_state"] == "cancelled"


def test_a_command_of_a_megabyte_and_one_over_slurms_limit(project: Project) -> None:
    target = project.target()
    uuid = accepted(target, attempt("# " + "é" * (1 << 19) + "\necho ran"))
    assert ended(target, uuid).state is JobState.FINISHED
    assert output(target, uuid) == "ran\n"
    outcome = target.submit(attempt("# " + "x" * (5 << 20)))
    assert isinstance(outcome, Rejected), outcome
    assert "cmd_line" in (outcome.fields or {})


def test_paths_and_names_of_ten_thousand_characters(project: Project) -> None:
    """They are refused, or fail and say why."""
    target = project.target()
    for fields in ({"stdout_redirect_path": "/tmp/" + "a/" * 5000}, {"name": "n" * 10_000}, {"input_file": "i" * 9999}):
        outcome = target.submit(attempt(**fields))
        if isinstance(outcome, Accepted):
            report = ended(target, outcome.uuid)
            assert report.state is JobState.FINISHED or report.reason, (fields, report)
        else:
            assert isinstance(outcome, Rejected), outcome


def test_limits_are_rounded_up(project: Project, slurm: Cluster) -> None:
    project.write("specc.toml", (project.folder / "specc.toml").read_text().replace('"min"', '"s"'))
    project.spec("a", "sleep 5", time_limit=61)
    assert project("submit", "-y").returncode == 0
    assert "TimeLimit=00:02:00" in slurm.run("scontrol", "show", "job", project.state()["uuid"].partition("-")[0])
    project.spec("a", "sleep 5", time_limit=0)
    assert project("submit", "-y", "--changed").returncode == 1


def test_a_controller_that_answers_after_half_a_minute(project: Project, slurm: Cluster) -> None:
    """sbatch may have its answer by then or have given up: never a no, and the job runs once."""
    controller = slurm.controller()
    programs = Counting()
    target, sent = project.target(programs), attempt("echo ran")
    os.kill(controller, signal.SIGSTOP)
    freed = subprocess.Popen(["sh", "-c", f"sleep 31; kill -CONT {controller}"])
    try:
        outcome = target.submit(sent)
    finally:
        freed.wait()
    found = eventually(lambda: target.look_up([sent], NOW, NOW))
    assert len(found) == 1, outcome
    assert not isinstance(outcome, Rejected | NotSent)
    assert ended(target, found[0].uuid).state is JobState.FINISHED
    assert slurm.run("squeue", "-h", "-t", "all", "-o", "%k").count(sent.key) == 1
