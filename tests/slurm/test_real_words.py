"""Words of `resource_limit` on a real Slurm: ranks as they were asked for, signals, and jobs that start again."""

import re
from pathlib import Path

import pytest
from support.real_slurm import Project, accepted, attempt, begin_again, ended, eventually, output
from support.slurm_cluster import need

from specc.targets import JobState
from specc.targets.slurm.target import SlurmTarget

MPIRUN = """\
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
mpirun --bind-to none sh -c 'echo "rank $OMPI_COMM_WORLD_RANK of $OMPI_COMM_WORLD_SIZE on $SLURM_JOB_NODELIST"'
"""
SRUN = "srun sh -c 'echo \"rank $SLURM_PROCID of $SLURM_NTASKS on $SLURMD_NODENAME\"'"
VIEW = 'echo "$SLURM_NNODES ${SLURM_NTASKS:-none} ${SLURM_CPUS_PER_TASK:-1} $OMP_NUM_THREADS $SPECC_CORES"'


def said(target: SlurmTarget, command: str, **fields: object) -> list[str]:
    uuid = accepted(target, attempt(command, **fields))
    report = ended(target, uuid)
    assert report.state is JobState.FINISHED, (report, output(target, uuid, "stderr"), output(target, uuid, "slurm"))
    return sorted(output(target, uuid).splitlines())


@pytest.mark.parametrize(
    ("words", "cores", "view"),
    [
        ("nodes=2 ntasks-per-node=3", 6, "2 6 1 1 6"),
        ("ntasks=4 cpus-per-task=2", 8, "1 4 2 2 8"),
        ("nodes=2 ntasks-per-node=2 cpus-per-task=3", 12, "2 4 3 3 12"),
        ("cpus-per-task=4", 4, "1 none 4 4 4"),
        ("ntasks=12", 12, "2 12 1 1 12"),
    ],
)
def test_the_job_gets_what_it_asked_for(project: Project, words: str, cores: int, view: str) -> None:
    assert said(project.target(), VIEW, core_limit=cores, resource_limit=words) == [view]


def test_srun_starts_the_ranks_on_their_nodes(project: Project) -> None:
    ranks = said(project.target(), SRUN, core_limit=8, resource_limit="nodes=2 ntasks-per-node=2 cpus-per-task=2")
    assert ranks == [f"rank {n} of 4 on n{1 + n // 2}" for n in range(4)]


def test_mpirun_starts_the_ranks(project: Project) -> None:
    need(["mpirun"], "openmpi-bin")
    ranks = said(project.target(), MPIRUN, core_limit=8, resource_limit="ntasks=4 cpus-per-task=2 nodes=1")
    assert [rank.partition(" on ")[0] for rank in ranks] == [f"rank {n} of 4" for n in range(4)]


def test_mpirun_starts_ranks_on_several_nodes(project: Project) -> None:
    need(["mpirun"], "openmpi-bin")
    ranks = said(project.target(), MPIRUN, core_limit=4, resource_limit="nodes=2 ntasks-per-node=2")
    assert [rank.partition(" on ")[0] for rank in ranks] == [f"rank {n} of 4" for n in range(4)]


def test_a_signal_before_the_time_limit_reaches_the_command(project: Project) -> None:
    """Slurm sends it up to a minute early, and counts whole minutes."""
    target = project.target()
    command = "trap 'echo told; exit 0' USR1; echo up; for i in $(seq 600); do sleep 0.2; done"
    uuid = accepted(target, attempt(command, time_limit=1, resource_limit="signal=B:USR1@50"))
    report = ended(target, uuid, 100)
    assert (report.state, report.exit_code) == (JobState.FINISHED, 0)
    assert output(target, uuid) == "up\ntold\n"


CHECKPOINT = """\
step=$(cat step 2>/dev/null || echo 0)
echo "from $step, restarts ${SLURM_RESTART_COUNT:-0}"
trap 'echo $step >step; exit 75' USR1 TERM
while [ "$step" -lt 3 ]; do
  step=$((step + 1)); echo "step $step"; echo $step >step
  [ "$step" -gt 1 ] || while :; do sleep 0.1; done
done
"""


def test_a_requeued_job_goes_on_from_its_checkpoint(project: Project) -> None:
    project.spec("a", CHECKPOINT, resource_limit="requeue signal=B:USR1@60")
    assert project("submit", "-y").returncode == 0
    eventually(lambda: (project.folder / "step").exists())
    job_id = project.state()["uuid"].partition("-")[0]
    project.slurm.run("scontrol", "requeue", job_id)
    begin_again(project.slurm, job_id)
    done = project("wait", "--timeout", "200s")
    assert done.returncode == 0, (done.stderr, project("logs", "--stream", "both").stdout)
    assert project.state()["job_state"] == "finished"
    text = project("logs", "--stream", "stdout").stdout
    assert text.splitlines() == ["from 0, restarts 0", "step 1", "from 1, restarts 1", "step 2", "step 3"]


def test_a_job_that_requeues_itself_before_its_time_is_over(project: Project) -> None:
    command = (
        'echo "run ${SLURM_RESTART_COUNT:-0}"; [ "${SLURM_RESTART_COUNT:-0}" = 0 ] || exit 0\n'
        "trap 'scontrol requeue $SLURM_JOB_ID; exit 0' USR1; for i in $(seq 600); do sleep 0.2; done"
    )
    target = project.target()
    uuid = accepted(target, attempt(command, time_limit=1, resource_limit="requeue signal=B:USR1@50"))
    path = Path(project.jobs) / "jobs" / uuid.partition("-")[2] / "stdout"
    job_id = uuid.partition("-")[0]
    eventually(lambda: path.exists() and path.read_text(), what="it does not begin")
    begin_again(project.slurm, job_id)
    eventually(lambda: path.exists() and "run 1" in path.read_text(), 240)
    report = ended(target, uuid, 100)
    assert (report.state, report.exit_code) == (JobState.FINISHED, 0)
    assert output(target, uuid) == "run 0\nrun 1\n"


def test_a_job_whose_node_goes_down_runs_again_on_another(project: Project) -> None:
    """The node is lost as a node is: its daemon is gone, while the command that it started still runs there.

    A node that is only marked as down registers again at once and gets the job again; then Slurm takes the end of the
    first run for that of the second.
    """
    command = (
        'echo "run ${SLURM_RESTART_COUNT:-0} on $SLURMD_NODENAME"; [ "${SLURM_RESTART_COUNT:-0}" != 0 ] || sleep 300'
    )
    target, slurm = project.target(), project.slurm
    uuid = accepted(target, attempt(command, resource_limit="requeue"))
    path = Path(project.jobs) / "jobs" / uuid.partition("-")[2] / "stdout"
    eventually(lambda: path.exists() and path.read_text())
    node = path.read_text().split()[-1]
    slurm.stop_node(node)
    slurm.run("scontrol", "update", f"nodename={node}", "state=down", "reason=test")
    try:
        begin_again(slurm, uuid.partition("-")[0], has_ended=False)
        report = ended(target, uuid, 240)
    finally:
        slurm.start_node(node)
        slurm.until_idle()
    assert (report.state, report.exit_code) == (JobState.FINISHED, 0)
    first, second = path.read_text().splitlines()
    (other,) = {*slurm.nodes} - {node}
    assert first == f"run 0 on {node}"
    assert re.fullmatch(rf"run [12] on {other}", second)  # a newer Slurm counts that it tried the lost node again
