"""Limits of a site, by associations and QOS of a real slurmdbd: on jobs in the queue, at once, and on their size."""

import getpass
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import pytest
from support import slurm_accounting
from support.real_slurm import Project, accepted, attempt, eventually
from support.slurm_cluster import PROGRAMS, Cluster, cluster, need

from specc.targets import JobState, Rejected

MOST = 2
USER = ("user", "where", f"name={getpass.getuser()}")
ACCOUNT = ("account", "where", "name=project")
QOS = {
    "few": "MaxSubmitJobsPerUser={most}",
    "shared": "GrpSubmitJobs={most}",
    "small": "MaxTRESPerJob=cpu=2,mem=500 MaxWall=5 Flags=DenyOnLimit",
    "large": "MinTRESPerJob=cpu=2 Flags=DenyOnLimit",
    "waits": "MaxWall=5",
}


@pytest.fixture(scope="module")
def slurm() -> Iterator[Cluster]:
    need((*PROGRAMS, *slurm_accounting.PROGRAMS), "slurm-wlm munge slurmdbd mariadb-server")
    with cluster(accounting=True, settings={"AccountingStorageEnforce": "associations,limits,qos"}) as made:
        for name, limits in QOS.items():
            made.run("sacctmgr", "-i", "add", "qos", name, *limits.format(most=MOST).split())
        made.run("sacctmgr", "-i", "modify", *USER, "set", f"qos+={','.join(QOS)}")
        yield made


@contextmanager
def limited(slurm: Cluster, whom: tuple[str, ...], name: str, most: int) -> Iterator[None]:
    """Set a limit of a user or an account, and remove it. The accounting tells the controller a little later."""
    slurm.run("sacctmgr", "-i", "modify", *whom, "set", f"{name}={most}")
    time.sleep(1)
    try:
        yield
    finally:
        slurm.run("sacctmgr", "-i", "modify", *whom, "set", f"{name}=-1")
        time.sleep(1)


def with_options(project: Project, *options: str) -> None:
    settings = (project.folder / "specc.toml").read_text()
    project.write("specc.toml", f"{settings}options = {json.dumps(list(options))}\n")


def everything_gets_there(project: Project, limit: str, count: int = 5) -> None:
    """The first run says what is not yet sent. The second sends the rest as jobs end, and nobody does anything."""
    project.spec("a-{{ matrix.n }}", "sleep 1", matrix={"axes": {"n": list(range(count))}})
    done = project("submit", "-y")
    assert done.returncode == 2, done.stderr
    assert f"{MOST} accepted, {count - MOST} not yet sent" in done.stderr
    assert limit in done.stderr
    done = project("submit", "-y", "--wait", "--output", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["summary"]["jobs"]["finished"] == count
    assert len(project.states()) == count


def test_a_limit_of_a_user_on_submitted_jobs_is_not_yet_and_the_rest_follows(project: Project, slurm: Cluster) -> None:
    with limited(slurm, USER, "MaxSubmitJobs", MOST):
        everything_gets_there(project, "SubmitJobLimit", 7)


def test_a_limit_of_a_group_on_submitted_jobs(project: Project, slurm: Cluster) -> None:
    with_options(project, "--account=project")
    with limited(slurm, ACCOUNT, "GrpSubmitJobs", MOST):
        everything_gets_there(project, "AssocGrpSubmitJobsLimit")


@pytest.mark.parametrize(
    ("qos", "limit"), [("few", "QOSMaxSubmitJobPerUserLimit"), ("shared", "QOSGrpSubmitJobsLimit")]
)
def test_a_limit_of_a_qos_on_submitted_jobs(project: Project, qos: str, limit: str) -> None:
    with_options(project, f"--qos={qos}")
    everything_gets_there(project, limit)


def test_a_limit_on_jobs_at_once_is_the_schedulers_business(project: Project, slurm: Cluster) -> None:
    now = f"date +%s.%N >>{project.folder}/{{{{ matrix.n }}}}"
    project.spec("a-{{ matrix.n }}", f"{now}; sleep 1; {now}", matrix={"axes": {"n": [1, 2, 3]}})
    with limited(slurm, USER, "MaxJobs", 1):
        done = project("submit", "-y", "--wait")
    assert done.returncode == 0, done.stderr
    ran = sorted(tuple(map(float, (project.folder / str(n)).read_text().split())) for n in (1, 2, 3))
    assert all(before[1] <= after[0] for before, after in pairwise(ran))


@pytest.mark.parametrize(
    ("qos", "fields", "named"),
    [
        ("small", {"core_limit": 4}, {"core_limit"}),
        ("small", {"mem_limit": 900}, {"mem_limit"}),
        ("small", {"time_limit": 9}, {"time_limit"}),
        ("large", {"core_limit": 1}, {"core_limit"}),
    ],
)
def test_a_limit_on_the_size_of_a_job_is_said_at_its_field(
    project: Project, qos: str, fields: dict[str, int], named: set[str]
) -> None:
    usual = {"time_limit": 3, "mem_limit": 100, "core_limit": 2}
    outcome = project.target(options=(f"--qos={qos}",)).submit(attempt(**(usual | fields)))
    assert isinstance(outcome, Rejected), outcome
    assert (outcome.code, set(outcome.fields or {})) == ("over-policy", named)
    assert "QOSM" in outcome.message


def test_a_refused_limit_on_the_command_line(project: Project) -> None:
    with_options(project, "--qos=small")
    project.spec("a", "true", core_limit=1, time_limit=9)
    done = project("submit", "-y")
    assert done.returncode == 3, done.stderr
    assert "a.job.yaml:10:15" in done.stderr
    assert "QOSMaxWallDurationPerJobLimit" in done.stderr
    assert "sacctmgr show qos" in done.stderr


def test_a_qos_that_there_is_not(project: Project) -> None:
    outcome = project.target(options=("--qos=nope",)).submit(attempt())
    assert isinstance(outcome, Rejected), outcome
    assert outcome.code == "bad-qos"
    assert "`--qos=nope` stands in `options`" in (outcome.help or "")


def test_a_job_that_its_limits_never_let_start_says_so(project: Project) -> None:
    """Where the QOS does not deny it, Slurm takes the job and keeps it in the queue."""
    target = project.target(options=("--qos=waits",))
    uuid = accepted(target, attempt(time_limit=9))
    eventually(lambda: target.status([uuid])[uuid].reason == "QOSMaxWallDurationPerJobLimit")
    assert target.status([uuid])[uuid].state is JobState.PENDING
    assert all(answer.done for answer in target.cancel([uuid]))


def test_an_array_that_is_larger_than_the_limit_gets_there(project: Project, slurm: Cluster) -> None:
    axes = {"axes": {"n": {"from": 1, "to": 60}}}
    project.spec("a-{{ matrix.n }}", f"echo ran >>{project.folder}/ran.{{{{ matrix.n }}}}", matrix=axes)
    project.count_calls()
    with limited(slurm, USER, "MaxSubmitJobs", 25):
        done = project("submit", "-y", "--wait", seconds=300)
    assert done.returncode == 0, done.stderr
    assert sorted(path.read_text() for path in project.folder.glob("ran.*")) == ["ran\n"] * 60
    assert project.calls()["sbatch"] < 30
