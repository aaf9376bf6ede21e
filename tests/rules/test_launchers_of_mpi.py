"""Launchers of MPI in jobs that a Slurm cluster gives one task."""

import pytest
from support.projects import Place
from support.tables import each

SETTINGS = """project = "p"
target = "hpc"
[targets.hpc]
kind = "slurm"
job = {zone = "z", cluster_id = "c", run_user = "me"}
resource_limits = {"big" = ["--constraint=big"]}
[targets.hpc.queues.mpi]
layout = "tasks"
[targets.hpc.queues.omp]
"""


@pytest.fixture
def project(place: Place) -> Place:
    for path in place.root.glob("*.job.yaml"):
        path.unlink()
    return place


def found(project: Place, command: str, fields: str = "", cores: int = 8, settings: str = SETTINGS) -> list[str]:
    """Return the place and the message of each alarm."""
    project.put("specc.toml", settings.encode())
    lines = "".join(f"    {line}\n" for line in command.splitlines())
    project.write(a=f"specc: 1\njob:\n  name: n\n  core_limit: {cores}\n{fields}  cmd_line: |\n{lines}")
    project.run("check", "--output", "concise")
    return [line for line in project.out.splitlines() if "SPC560" in line]


LOUD = [
    "srun ./solver",
    "mpirun ./solver",
    "mpirun -np 8 ./solver",
    "/opt/openmpi/bin/mpiexec -n 8 ./solver",
    "srun -n 8 ./solver -n 1000",
    "module load x\nif true; then srun --mpi=pmix ./solver; fi",
    "srun -l hostname > nodes.txt",
]
QUIET = [
    "./solver",
    "echo srun ./solver",
    "# srun ./solver",
    "srun -n 1 ./solver",
    "srun -n1 -c 8 ./solver",
    "srun --ntasks=1 ./solver",
    "mpirun -np 1 ./solver",
    "mpirun --oversubscribe -np 8 ./solver",
    "mpirun --hostfile hosts ./solver",
    "mpirun --map-by slot:OVERSUBSCRIBE -np 8 ./solver",
    "mpirun --version",
    "srun --help",
    "srun --no-allocate --nodelist=n1 echo hi",
    "srun -Z -w n1 echo hi",
    "command -v srun",
    "srun",
]


@each("command", LOUD)
def test_a_launcher_under_threads_is_told(project: Place, command: str) -> None:
    (line,) = found(project, command)
    assert "starts in a job of one task with 8 cores" in line


@each("command", QUIET)
def test_one_process_and_those_who_know_better_are_left_alone(project: Place, command: str) -> None:
    assert found(project, command) == []


def test_the_place_is_the_launcher_and_the_way_out_is_written(project: Place) -> None:
    found(project, "cd x\nsrun ./solver")
    project.run("check")
    text = project.out + project.err
    assert "a.job.yaml:7:5" in text
    assert "write `resource_limit: ntasks=8` for 8 processes" in text
    assert "`resource_limit: cpus-per-task=8` where one process is meant" in text


@each(
    "fields",
    [
        "  resource_limit: ntasks=8\n",
        "  resource_limit: exclusive cpus-per-task=8\n",
        "  scheduler_queue_name: mpi\n",
    ],
)
def test_a_job_that_says_how_its_cores_are_shared_out_is_left_alone(project: Place, fields: str) -> None:
    assert found(project, "srun ./solver", fields) == []


@each("fields", ["  resource_limit: gpus=1\n", "  scheduler_queue_name: omp\n",
                                    "  resource_limit: big\n"])  # fmt: skip
def test_other_words_and_queues_share_out_nothing(project: Place, fields: str) -> None:
    assert len(found(project, "srun ./solver", fields)) == 1


def test_one_core_is_one_rank(project: Place) -> None:
    assert found(project, "srun ./solver", cores=1) == []


def test_other_targets_are_left_alone(project: Place) -> None:
    local = 'project = "p"\ntarget = "local"\n'
    assert found(project, "mpirun ./solver", "  zone: z\n  cluster_id: c\n  run_user: u\n", settings=local) == []
