"""Retries, feeding and cleaning before a real Slurm."""

import json
import os
import signal

from support.real_slurm import Project, eventually, memory_and_time_grow
from support.slurm_cluster import Cluster

TRIED = "exit {{ 0 if cell.attempt > 1 else 3 }}"


def test_what_failed_is_tried_again_and_fed_as_jobs_end(project: Project) -> None:
    project.spec("a-{{ matrix.n }}", TRIED, matrix={"axes": {"n": [1, 2, 3, 4]}})
    done = project("submit", "-y", "--wait", "--retries", "1", "--max-active", "2", "--output", "json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)["summary"]
    assert (summary["accepted"], summary["retried"], summary["jobs"]["finished"]) == (4, 4, 4)
    listed = json.loads(project("ledger", "list", "--output", "json").stdout)["attempts"]
    assert sorted((one["cell_attempt"], one["ended_for"]) for one in listed) == [(1, "exit")] * 4 + [(2, None)] * 4


def test_what_had_too_little_memory_and_time_gets_more(project: Project) -> None:
    """Without an accounting, so by what Slurm has written into the logs. It looks at the time each half minute."""
    memory_and_time_grow(project)


def test_folders_of_ended_jobs_are_removed_and_the_jobs_stay_known(project: Project) -> None:
    project.spec("a", "echo ran")
    assert project("submit", "-y", "--wait").returncode == 0
    project.spec("b", "sleep 30")
    assert project("submit", "b.job.yaml", "-y").returncode == 0
    done = project("clean", "--all", "--yes")
    assert done.returncode == 0, done.stderr
    assert "removed the files of 1 job; 1 other job left alone" in done.stderr
    assert len(list((project.jobs / "jobs").iterdir())) == 1
    assert {job["job_state"] for job in project.states()} & {"finished"}
    assert project("submit", "a.job.yaml", "-y", "--wait").returncode == 0
    assert len(project.states()) == 2
    project("cancel", "--all", "--yes")


def test_a_controller_that_freezes_and_goes_on_settles_within_the_run(project: Project, slurm: Cluster) -> None:
    """The answer is lost; it is asked for again when the controller answers, and the command runs once."""
    project.spec("a", f"echo ran >>{project.folder}/ran")
    controller = slurm.controller()
    os.kill(controller, signal.SIGSTOP)
    try:
        process = project.begin("submit", "-y")
        eventually(lambda: "trying again" in project.said(), 200)
    finally:
        os.kill(controller, signal.SIGCONT)
    assert process.wait(200) == 0, project.said()
    assert project("submit", "-y", "--wait").returncode == 0
    assert (project.folder / "ran").read_text() == "ran\n"


def test_what_a_killed_run_left_open_settles_by_waiting(project: Project, slurm: Cluster) -> None:
    """The controller has the request in its socket, and runs it when it goes on."""
    project.spec("a", f"echo ran >>{project.folder}/ran")
    controller = slurm.controller()
    os.kill(controller, signal.SIGSTOP)
    try:
        process = project.begin("submit", "-y")
        eventually(lambda: "trying again" in project.said(), 200)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    finally:
        os.kill(controller, signal.SIGCONT)
    eventually(lambda: (project.folder / "ran").exists())
    done = project("wait")
    assert done.returncode == 0, done.stderr
    job = project.state()
    assert (job["state"], job["job_state"]) == ("accepted", "finished")
    assert project("submit", "-y", "--wait").returncode == 0
    assert (project.folder / "ran").read_text() == "ran\n"
