"""What goes wrong between specc and a real Slurm: nothing is lost, and nothing runs twice."""

import os
import signal
import threading
from datetime import UTC, datetime

from support.real_slurm import Counting, Project, accepted, attempt, ended, eventually, output
from support.slurm_cluster import Cluster

from specc.targets import Accepted, JobState, NotSent, Unclear
from specc.targets.batch.programs import Ran, TimedOut

EVER = datetime(2026, 1, 1, tzinfo=UTC)
NO_CONTACT = "sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)\n"


def meddled(name: str, other: Ran | TimedOut) -> Counting:
    """Programs of which the first call of one does what it does, and its answer is replaced."""
    left = [other]
    return Counting(lambda called, ran: left.pop() if called == name and left else ran)


def test_a_lost_answer_is_adopted_by_its_key(project: Project) -> None:
    target = project.target(meddled("sbatch", TimedOut(180, "")))
    sent = attempt("echo ran")
    uuid = accepted(target, sent)
    assert ended(target, uuid).state is JobState.FINISHED
    assert len(project.slurm.run("squeue", "-h", "-t", "all", "-o", "%k").split(sent.key)) == 2


def test_a_wrong_resend_runs_once(project: Project) -> None:
    """sbatch is said not to have reached the controller, and the queue not to have the job. Neither is true."""
    sent = attempt("echo ran; sleep 2; echo done")
    assert isinstance(project.target(meddled("sbatch", Ran(1, "", NO_CONTACT))).submit(sent), NotSent)
    forgetful = project.target(meddled("squeue", Ran(0, "", "")))
    outcome = forgetful.submit(sent)
    assert isinstance(outcome, Accepted)
    assert len(project.slurm.run("squeue", "-h", "-t", "all", "-o", "%k").split(sent.key)) == 3
    report = ended(forgetful, outcome.uuid)
    assert (report.state, report.exit_code) == (JobState.FINISHED, 0)
    assert output(forgetful, outcome.uuid) == "ran\ndone\n"


def test_one_attempt_from_many_threads_runs_once(project: Project) -> None:
    target, sent = project.target(), attempt("echo ran")
    threads = [threading.Thread(target=target.submit, args=(sent,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (found,) = target.look_up([sent], EVER, EVER)
    assert ended(target, found.uuid).state is JobState.FINISHED
    assert output(target, found.uuid) == "ran\n"


def test_a_controller_that_is_down_gets_the_job_when_it_is_back(project: Project, slurm: Cluster) -> None:
    project.spec("a", "echo ran")
    slurm.stop_controller()
    try:
        assert isinstance(project.target().submit(attempt()), NotSent)
        back = threading.Timer(6, slurm.start_controller)
        back.start()
        done = project("submit", "-y")
        back.join()
    finally:
        if not slurm.is_up():
            slurm.start_controller()
    assert done.returncode == 0, done.stderr
    slurm.until_idle()
    target = project.target()
    assert ended(target, project.state()["uuid"]).state is JobState.FINISHED


def test_a_controller_that_freezes_is_asked_again_later(project: Project, slurm: Cluster) -> None:
    """It has the request in its socket, and nobody can know: it starts the job when it goes on."""
    project.spec("a", "echo ran")
    controller = slurm.controller()
    os.kill(controller, signal.SIGSTOP)
    try:
        done = project("submit", "-y")
        assert done.returncode == 4, done.stderr
        assert project("status").returncode == 0
    finally:
        os.kill(controller, signal.SIGCONT)
    eventually(lambda: "specc:" in slurm.run("squeue", "-h", "-t", "all", "-o", "%k"))
    assert project("status").returncode == 0
    assert project.state()["state"] == "accepted"
    again = project("submit", "-y", "--wait")
    assert again.returncode == 0, again.stderr
    job = project.state()
    assert (job["state"], job["job_state"]) == ("accepted", "finished")
    (text,) = (path.read_text() for path in project.jobs.glob("jobs/*/stdout"))
    assert text == "ran\n"


def test_a_failed_question_is_no_verdict(project: Project, slurm: Cluster) -> None:
    target = project.target()
    uuid = accepted(target, attempt("sleep 30"))
    os.kill(slurm.controller(), signal.SIGSTOP)
    try:
        target = project.target()
        assert target.status([uuid]) == {}
        assert target.last_error
        assert isinstance(target.submit(attempt()), Unclear)
    finally:
        os.kill(slurm.controller(), signal.SIGCONT)
    assert eventually(lambda: target.status([uuid]))[uuid].state in (JobState.PENDING, JobState.RUNNING)
    target.cancel([uuid])


def test_a_controller_that_forgets_everything(project: Project, slurm: Cluster) -> None:
    """What ended is known by its record; what left no trace is lost, and neither is taken for a success."""
    target = project.target()
    good, bad = accepted(target, attempt("true")), accepted(target, attempt("exit 9"))
    ended(target, good)
    ended(target, bad)
    gone = f"{10**6}-{'a' * 16}"
    slurm.stop_controller()
    slurm.start_controller("-c")
    slurm.until_idle()
    target = project.target()
    found = target.status([good, bad, gone])
    assert (found[good].state, found[good].exit_code) == (JobState.FINISHED, 0)
    assert (found[bad].state, found[bad].exit_code) == (JobState.EXITED, 9)
    assert found[gone].state is JobState.LOST
