"""What the cores of a job are: tasks that `mpirun` starts, or threads of one."""

import pytest
from support.real_slurm import Project, accepted, attempt, ended, output
from support.slurm_cluster import need

from specc.targets import JobState

MPIRUN = """\
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
mpirun --bind-to none sh -c 'echo "rank $OMPI_COMM_WORLD_RANK of $OMPI_COMM_WORLD_SIZE"'
"""
CLUSTER_VIEW = 'echo "$SLURM_NTASKS $SLURM_NNODES ${SLURM_CPUS_PER_TASK:-1} $OMP_NUM_THREADS"'


@pytest.fixture(autouse=True)
def mpirun() -> None:
    need(["mpirun"], "openmpi-bin")


def said(project: Project, command: str, expected: JobState = JobState.FINISHED, **settings: object) -> str:
    target = project.target(queues={"short": {"layout": "tasks"}}, **settings)
    queue = {"scheduler_queue_name": "short"} if "layout" not in settings else {}
    uuid = accepted(target, attempt(command, core_limit=4, **queue))
    report = ended(target, uuid)
    assert report.state is expected, (report, output(target, uuid, "stderr"))
    return output(target, uuid) + output(target, uuid, "stderr")


def test_tasks_are_ranks_on_one_node(project: Project) -> None:
    assert said(project, CLUSTER_VIEW, layout="tasks") == "4 1 1 1\n"
    ranks = said(project, MPIRUN, layout="tasks").splitlines()
    assert sorted(line for line in ranks if line.startswith("rank")) == [f"rank {n} of 4" for n in range(4)]


def test_a_queue_may_have_tasks(project: Project) -> None:
    assert said(project, CLUSTER_VIEW) == "4 1 1 1\n"


def test_threads_are_one_rank(project: Project) -> None:
    assert said(project, CLUSTER_VIEW, layout="threads") == "1 1 4 4\n"
    ranks = said(project, MPIRUN, layout="threads").splitlines()
    assert [line for line in ranks if line.startswith("rank")] == ["rank 0 of 1"]
    too_many = said(project, MPIRUN.replace("mpirun", "mpirun -np 4", 1), JobState.EXITED, layout="threads")
    assert "not enough slots" in too_many
