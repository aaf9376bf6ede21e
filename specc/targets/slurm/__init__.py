"""A Slurm cluster as a target, through its own programs on a login node: sbatch, squeue, sacct, scontrol, scancel.

Nothing here schedules; each payload is one batch job, or a task of an array (`arrays.py`). What each field becomes is
said in `request.py`, what the job does before and after the command in `script.py`, and what sbatch can answer in
`answers.py`.
"""

from collections.abc import Iterator, Mapping

from specc.settings import Target, Traits
from specc.targets.kind import Kind
from specc.targets.opening import Opened, Opening
from specc.targets.refusals import Refusal


def _refusals(body: Mapping[str, object], target: Target, units: Mapping[str, str]) -> Iterator[Refusal]:
    from specc.targets.slurm.refusals import refusals  # only a project with such a target needs the module

    return refusals(body, target, units)


def _open(opening: Opening) -> Opened:
    from specc.targets.slurm.opening import open_target  # it brings what starts programs

    return open_target(opening)


TRAITS = Traits(scheduler="Slurm", obeys_interpreter_line=True, runs_scripts=True, has_layout=True, has_workdir=True)
MEANINGS = {
    "name": "`--job-name`",
    "cmd_line": "the script that sbatch is given",
    "core_limit": "tasks, or the threads of one task, as `layout` says; words of `resource_limit` must agree with it",
    "mem_limit": "`--mem`, shared out to the nodes of the job",
    "time_limit": "`--time`, in whole minutes",
    "scheduler_queue_name": "`--partition`",
    "hpcqueue_id": "`--partition`, as the setting `hpcqueues` maps it",
    "resource_limit": "options of sbatch, as words or as the setting `resource_limits` maps the text",
    "stdout_redirect_path": "the file of the standard output",
    "stderr_redirect_path": "the file of the standard error",
    "cluster_id": "must not contradict the target",
    "zone": "must not contradict the target",
    "priority": "not used",
    "submit_type": "not used",
    "cmd_line_type": "not used",
}
SLURM = Kind("slurm", _refusals, _open, traits=TRAITS, own_streams=("slurm",), meanings=MEANINGS)

__all__ = ["SLURM"]
