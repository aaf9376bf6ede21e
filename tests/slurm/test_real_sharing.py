"""The folder that nodes share: what a job costs of it, and what is said where a node does not share it.

Such nodes have a mount namespace of their own.
"""

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


@pytest.mark.parametrize("count", [1, 3])
def test_a_job_costs_four_files(project: Project, count: int) -> None:
    """Whether it ended well or not; the tasks of an array share a few more."""
    command = "echo {{ matrix.n }}; exit {{ matrix.n % 2 }}"
    project.spec("a-{{ matrix.n }}", command, matrix={"axes": {"n": [*range(count)]}})
    assert project("submit", "-y", "--wait").returncode in (0, 5)
    folders = [path.parent for path in project.jobs.rglob("job")]
    assert len(folders) == count
    for folder in folders:
        assert len({path.stat().st_ino for path in (folder, *folder.rglob("*"))}) == 4
    shared = {path for path in project.jobs.glob("jobs/*/*") if path not in folders and path.parent not in folders}
    assert sorted(path.name for path in shared) == (["batch.json", "cells.0", "sent"] if count > 1 else [])
