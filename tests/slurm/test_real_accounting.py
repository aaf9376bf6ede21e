"""Jobs that the controller has forgotten and the accounting knows: a real slurmdbd, with a MariaDB behind it."""

import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import replace

import pytest
from support import slurm_accounting
from support.real_slurm import Counting, Project, accepted, attempt, ended, eventually, memory_and_time_grow
from support.slurm_cluster import PROGRAMS, Cluster, cluster, need

from specc.targets import JobReport, JobState, Rejected
from specc.targets.lives import Life

REMEMBERED = 2
with_comments = pytest.mark.parametrize("slurm", [True], ids=["comments"], indirect=True, scope="module")
both_ways = pytest.mark.parametrize(
    "slurm", [True, False], ids=["comments", "no-comments"], indirect=True, scope="module"
)


@pytest.fixture(scope="module")
def slurm(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    need((*PROGRAMS, *slurm_accounting.PROGRAMS), "slurm-wlm munge slurmdbd mariadb-server")
    with cluster(remembered=REMEMBERED, accounting=request.param) as made:
        yield made


def forgotten(project: Project, *uuids: str) -> None:
    """Waits until the controller knows nothing of them."""
    numbers = {uuid.partition("-")[0] for uuid in uuids}
    eventually(lambda: not numbers & set(project.slurm.run("squeue", "-h", "-t", "all", "-o", "%A").split()), 150)


@both_ways
def test_forgotten_jobs_by_the_accounting_alone(project: Project) -> None:
    """Without the records in their folders, so nothing but sacct can know them."""
    programs = Counting()
    target = project.target(programs)
    good, bad = accepted(target, attempt("true")), accepted(target, attempt("exit 9"))
    killed = accepted(target, attempt("kill -9 $PPID; sleep 5"))
    cancelled = accepted(target, attempt("sleep 300"))
    for uuid in (good, bad, killed):
        ended(target, uuid)
    project.slurm.run("scancel", cancelled.partition("-")[0])
    forgotten(project, good, bad, killed, cancelled)
    forget_notes(project)
    # The controller may forget a job before the accounting has written it down.
    eventually(lambda: {good, bad, killed, cancelled} <= target.status([good, bad, killed, cancelled]).keys(), 60)
    programs.calls.clear()
    found = target.status([good, bad, killed, cancelled])
    assert programs.calls == ["squeue", "sacct"]
    assert (found[good].state, found[good].exit_code) == (JobState.FINISHED, 0)
    life = found[good].life
    assert life.submitted_at <= life.started_at <= life.ended_at
    assert (life.seconds, life.node != "", life.usage.cpu_seconds is not None) == (
        life.ended_at - life.started_at,
        True,
        True,
    )
    assert (found[bad].state, found[bad].exit_code) == (JobState.EXITED, 9)
    # The script exits with 137, which sacct writes as 9:0; the record in the job's folder, which is gone here, has 137.
    assert found[killed].state is JobState.EXITED
    assert found[killed].exit_code in (9, 137)  # a newer Slurm counts signals as shells do
    assert found[cancelled].state is JobState.CANCELLED
    assert found[cancelled].raw.startswith("CANCELLED")


def forget_notes(project: Project) -> None:
    """Leave the requests of all jobs, and nothing that their scripts have noted."""
    for path in project.jobs.glob("jobs/*/job"):
        path.write_text(path.read_text().partition("\n")[0] + "\n")


@with_comments
def test_many_in_one_call(project: Project) -> None:
    programs = Counting()
    target = project.target(programs)
    uuids = [accepted(target, attempt("true")) for _ in range(20)]
    forgotten(project, *uuids)
    programs.calls.clear()
    assert {report.state for report in target.status(uuids).values()} == {JobState.FINISHED}
    assert programs.calls == ["squeue", "sacct"]


@with_comments
@pytest.mark.parametrize("count", [4, 60])
def test_tasks_of_an_array_after_all_is_forgotten(project: Project, count: int) -> None:
    """Of few tasks each is asked for, of many their array."""
    axes = {"axes": {"n": {"from": 1, "to": count}}}
    project.spec("a-{{ matrix.n }}", "exit {{ 3 if matrix.n == 2 else 0 }}", matrix=axes)
    assert project("submit", "-y").returncode == 0
    uuids = [job["uuid"] for job in project.states()]
    array = uuids[0].partition("_")[0]
    eventually(lambda: array not in project.slurm.run("squeue", "-h", "-t", "all", "-o", "%F").split(), 150)
    shutil.rmtree(project.jobs)
    assert project("wait").returncode == 5
    jobs = {job["axes"]["n"]: (job["job_state"], job["exit_code"]) for job in project.states()}
    assert jobs.pop(2) == ("exited", 3)
    assert set(jobs.values()) == {("finished", 0)}
    assert len(jobs) == count - 1


@with_comments
def test_the_command_line_after_all_is_forgotten(project: Project) -> None:
    project.spec("a", "exit 3")
    assert project("submit", "-y").returncode == 0
    uuid = project.state()["uuid"]
    forgotten(project, uuid)
    shutil.rmtree(project.jobs)
    assert project("wait").returncode == 5
    job = project.state()
    assert (job["job_state"], job["exit_code"]) == ("exited", 3)


@with_comments
def test_without_an_answer_of_the_accounting_nothing_is_said(project: Project) -> None:
    target = project.target()
    uuid = accepted(target, attempt("true"))
    forgotten(project, uuid)
    forget_notes(project)
    daemon = int((project.slurm.folder / "slurmdbd.pid").read_text())
    os.kill(daemon, signal.SIGSTOP)
    try:
        assert target.status([uuid]) == {}
        assert "sacct" in target.last_error
    finally:
        os.kill(daemon, signal.SIGCONT)
    assert eventually(lambda: target.status([uuid]))[uuid].state is JobState.FINISHED


@with_comments
def test_what_had_too_little_memory_and_time_gets_more(project: Project) -> None:
    memory_and_time_grow(project)


@with_comments
def test_an_account_that_does_not_exist(project: Project) -> None:
    outcome = project.target(options=("--account=nobodys",)).submit(attempt(scheduler_queue_name="debug"))
    assert isinstance(outcome, Rejected), outcome
    assert outcome.code == "bad-account"


@both_ways
def test_a_number_that_has_come_again(project: Project) -> None:
    """A controller that starts anew counts from 1: the older job of that number is not taken for the newer one."""
    target = project.target()
    old = accepted(target, attempt("exit 4"))
    assert ended(target, old).exit_code == 4
    other = f"{old.partition('-')[0]}-{'a' * 16}"
    forgotten(project, old)
    found = project.target().status([old, other])
    assert replace(found[old], life=Life()) == JobReport(old, JobState.EXITED, found[old].raw, found[old].reason, 4)
    assert found[old].life.ended_at is not None
    assert found[other].state is JobState.LOST
