"""Limits of a site, by the associations of a real slurmdbd: on jobs in the queue."""

import getpass
import json
from collections.abc import Iterator

import pytest
from support import slurm_accounting
from support.real_slurm import Project
from support.slurm_cluster import PROGRAMS, Cluster, cluster, need

MOST = 3


@pytest.fixture(scope="module")
def slurm() -> Iterator[Cluster]:
    need((*PROGRAMS, *slurm_accounting.PROGRAMS), "slurm-wlm munge slurmdbd mariadb-server")
    with cluster(accounting=True) as made:
        limit(made, f"MaxSubmitJobs={MOST}")
        yield made


def limit(slurm: Cluster, text: str) -> None:
    slurm.run("sacctmgr", "-i", "modify", "user", "where", f"name={getpass.getuser()}", "set", text)


def test_a_limit_on_submitted_jobs_is_not_yet_and_the_rest_follows_as_jobs_end(project: Project) -> None:
    project.spec("a-{{ matrix.n }}", "sleep 1", matrix={"axes": {"n": list(range(7))}})
    done = project("submit", "-y")
    assert done.returncode == 2, done.stderr
    assert f"{MOST} accepted, {7 - MOST} not yet sent" in done.stderr
    assert "SubmitJobLimit" in done.stderr
    done = project("submit", "-y", "--wait", "--output", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["summary"]["jobs"]["finished"] == 7
    assert len(project.states()) == 7
