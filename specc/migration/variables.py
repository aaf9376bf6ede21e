"""The variables that a script is given, because a spec knows their values."""

import re

from specc.migration.arrays import Tasks
from specc.migration.notes import Note
from specc.migration.options import Option
from specc.migration.patterns import escaped
from specc.migration.resources import Cores

ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)
WHOLE = ("ALL", "NONE", "NIL")
TASKS = {
    "Slurm": ("SLURM_ARRAY_TASK_ID",),
    "PBS": ("PBS_ARRAY_INDEX", "PBS_ARRAYID"),
    "Grid Engine": ("SGE_TASK_ID", "TASK_ID"),
}
"""The variables with the number of the task. The first is that of today's versions."""

FOLDERS = ("PBS_O_WORKDIR", "SGE_O_WORKDIR")
"""The folder that a job was submitted in, which is where a job of specc starts."""


def given_variables(
    used: dict[str, list[int]], cores: Cores, tasks: Tasks | None, scheduler: str, name: str
) -> dict[str, str | int]:
    """Those that the script uses. A sweep's task is always given, as a program that the script runs may read it."""
    limit = "{{ job.core_limit }}"
    # All tasks of an array have one name.
    job_name = "{{ job.name }}" if tasks is None else escaped(name)
    known: dict[str, str | int] = {
        "SLURM_NTASKS": cores.tasks if cores.cpus_per_task else limit,
        "SLURM_NPROCS": cores.tasks if cores.cpus_per_task else limit,
        "SLURM_NNODES": cores.nodes,
        "SLURM_JOB_NUM_NODES": cores.nodes,
        "SLURM_JOB_NAME": job_name,
        **dict.fromkeys(("PBS_NP", "NCPUS", "NSLOTS"), limit),
        **dict.fromkeys(("PBS_JOBNAME", "JOB_NAME"), job_name),
        **dict.fromkeys(("PBS_NUM_NODES", "NHOSTS"), cores.nodes),
        "PBS_NUM_PPN": cores.total // cores.nodes,
    }
    if cores.cpus_per_task:
        known["SLURM_CPUS_PER_TASK"] = limit if cores.tasks == 1 else cores.cpus_per_task
    env: dict[str, str | int] = {}
    if tasks is not None:
        first_name, *others = TASKS[scheduler]
        env |= dict.fromkeys((first_name, *(name for name in others if name in used)), "{{ matrix.task }}")
        first, last = tasks.numbers[0], tasks.numbers[-1]
        known |= {
            "SLURM_ARRAY_TASK_COUNT": len(tasks.numbers),
            "SLURM_ARRAY_TASK_MIN": first,
            "SLURM_ARRAY_TASK_MAX": last,
            "SLURM_ARRAY_TASK_STEP": tasks.step or 1,
        }
    return env | {name: known[name] for name in used if name in known}


def exported(option: Option) -> tuple[dict[str, str | int], list[Note]]:
    """`--export=ALL,CASE=cavity`: what has a value is passed on."""
    env: dict[str, str | int] = {}
    notes: list[Note] = []
    for word in filter(None, (option.value or "").split(",")):
        if match := ASSIGNMENT.fullmatch(word):
            env[match[1]] = escaped(match[2])
        elif word.upper() in WHOLE:
            notes.append(Note(option.line, f"`--export={word}` is dropped: the target decides what a job inherits"))
        else:
            text = "is dropped: specc passes no variable of your shell; give its value under `env` of cmd_line"
            notes.append(Note(option.line, f"`--export={word}` {text}"))
    return env, notes
