"""Nodes that do not share the folder of the jobs, each in a mount namespace of its own: `specc status` says so."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from shlex import quote

import pytest
from support.real_slurm import Project, eventually
from support.slurm_cluster import Cluster, cluster, need


@pytest.fixture
def blind(tmp_path: Path) -> Iterator[Project]:
    """A project whose jobs have a folder that no node sees: something else is mounted there."""
    need(("slurmctld", "slurmd", "munged"), "slurm-wlm munge")
    if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], check=False).returncode != 0:
        pytest.skip("only root can give the nodes a mount namespace of their own")
    with cluster() as slurm:
        project = Project(slurm, tmp_path)
        project.jobs.mkdir()
        for name in slurm.nodes:
            slurm.stop_node(name)
            start_blind(slurm, name, project.jobs)
        slurm.until_idle()
        yield project


def start_blind(slurm: Cluster, name: str, folder: Path) -> None:
    start = f"mount -t tmpfs none {quote(str(folder))} && exec slurmd -N {name} -f {quote(str(slurm.conf))}"
    slurm.run("unshare", "-m", "sh", "-c", start)


@pytest.mark.parametrize("count", [1, 3])
def test_a_job_that_never_reached_its_folder(blind: Project, count: int) -> None:
    """Alone, and as an array."""
    blind.spec("a-{{ matrix.n }}", "echo {{ matrix.n }}", matrix={"axes": {"n": [*range(count)]}})
    assert blind("submit", "-y").returncode == 0
    eventually(lambda: all(job["job_state"] == "exited" for job in blind.states()))
    for job in blind.states():
        assert "which the node n" in job["reason"]
        assert "set `directory` under `[targets.hpc]` to a folder that all nodes share" in job["reason"]
        assert job["ended_for"] == "node"
    said = blind("status").stdout
    assert f"the job left no trace in {blind.jobs}/jobs, which the node n" in said
