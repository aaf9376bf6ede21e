"""A command needs a scheduler that does not run the job.

## What
Finds variables that only a scheduler sets, such as `$PBS_O_WORKDIR`, `$NSLOTS` and `$SLURM_NTASKS`, and its commands,
such as `sbatch`, `scontrol` and `qsub`, where the target is not this scheduler. Nothing is found where the script sets
the variable, asks for the scheduler (`[ -n "$SLURM_JOB_ID" ]`), or says what to take instead (`${NSLOTS:-4}`).

## Why
The variables are empty, and the commands are not there. `cd $PBS_O_WORKDIR` is then `cd`, which goes to the home
folder, and a `rm -rf tmp/*` in the next line works there.

## Bad
```yaml
specc: 1
job:
  name: cavity
  core_limit: 4
  cmd_line: cd $PBS_O_WORKDIR && mpirun ./solver
```

## Good
```yaml
specc: 1
job:
  name: cavity
  core_limit: 4
  cmd_line: cd /scratch/cavity && mpirun ./solver
```
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from specc.diagnostics import Diagnostic
from specc.diagnostics.codes import FOREIGN_SCHEDULER
from specc.rules.commands import Command, commands
from specc.rules.rule import Job, JobRule
from specc.settings import Traits

VARIABLES = {
    "Slurm": re.compile(r"SLURM_[A-Z0-9_]+|SLURMD_NODENAME|SBATCH_[A-Z0-9_]+"),
    "PBS": re.compile(r"PBS_[A-Z0-9_]+"),
    "Grid Engine": re.compile(r"NSLOTS|NHOSTS|PE_HOSTFILE|SGE_(?!ROOT\b|CELL\b)[A-Z0-9_]+"),
    "LSF": re.compile(r"LSB_[A-Z0-9_]+|LS_SUBCWD"),
}
COMMANDS = {
    "Slurm": frozenset(
        ["sbatch", "salloc", "scontrol", "squeue", "sacct", "scancel", "sinfo", "sbcast", "sstat", "srun"]
    ),
    "PBS": frozenset(["pbsdsh", "pbsnodes"]),
    "PBS or Grid Engine": frozenset(["qsub", "qstat", "qdel", "qalter"]),
    "LSF": frozenset(["bsub", "bjobs", "bkill", "lsgrun", "blaunch"]),
}
ARRAYS = r"SLURM_ARRAY_\w+|PBS_ARRAY\w+|LSB_JOBINDEX|SGE_TASK_ID"
"""Variables that another rule reports."""
CORES = "write `{{ job.core_limit }}`"
FOLDER = "write the full path of the folder"
NUMBER = "write `{{ cell.slug }}`, or `$$` for a number"
NODE = "write `$(hostname)` for a job on one node"
INSTEAD = {
    **dict.fromkeys(["SLURM_SUBMIT_DIR", "PBS_O_WORKDIR", "SGE_O_WORKDIR", "LS_SUBCWD"], FOLDER),
    **dict.fromkeys(["SLURM_NTASKS", "SLURM_NPROCS", "NSLOTS", "PBS_NP", "LSB_DJOB_NUMPROC"], CORES),
    **dict.fromkeys(["SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE", "PBS_NUM_PPN"], CORES),
    **dict.fromkeys(["SLURM_JOB_NAME", "PBS_JOBNAME", "LSB_JOBNAME"], "write `{{ job.name | sh }}`"),
    **dict.fromkeys(["SLURM_JOB_ID", "SLURM_JOBID", "PBS_JOBID", "LSB_JOBID"], NUMBER),
    **dict.fromkeys(["SLURM_NODELIST", "SLURM_JOB_NODELIST", "SLURMD_NODENAME"], NODE),
    **dict.fromkeys(["SLURM_TMPDIR", "PBS_TMPDIR"], "write `$(mktemp -d)`"),
}
SETS = r"(?<![\w$]){0}\+?=|\b(?:for|read)\b[^\n;]{{0,200}}\b{0}\b"
ASKS = (
    r"(?:\[|\btest)\s[^\n\]]{{0,200}}\b(?:{0})|\bcase\s+[\"']?\$\{{?(?:{0})"
    r"|(?:command\s+-v|type|which|hash)\s+(?:-\w+\s+)*(?:{1})\b"
)
"""The ways in which a script asks whether a scheduler runs it: by variables, or by commands."""


def find(job: Job) -> Iterator[Diagnostic]:
    for command in commands(job):
        yield from _variables(command, job.project.traits)
        yield from _commands(command, job.project.traits)


def _variables(command: Command, traits: Traits) -> Iterator[Diagnostic]:
    seen = set()
    for variable in command.reading.variables:
        name = variable.name
        if not name.isupper() or name in seen or variable.has_default or re.fullmatch(ARRAYS, name):
            continue
        scheduler = next((each for each, names in VARIABLES.items() if names.fullmatch(name)), None)
        if scheduler is None or scheduler == traits.scheduler or name in traits.variables:
            continue
        seen.add(name)
        if not _asks(command.text, scheduler) and re.search(SETS.format(name), command.text) is None:
            message = f"`${name}` is set by {scheduler}, {_but(traits)}"
            help = INSTEAD.get(name, f"write a value, or `${{{name}:-...}}` with one to take instead")
            is_home = re.search(rf"\bcd\s+[\"']?\$\{{?{name}\b", command.text) is not None
            help += "; `cd` with an empty variable goes to the home folder" if is_home else ""
            span = command.span(variable.start, variable.end)
            yield FOREIGN_SCHEDULER.at(span, message, labels=command.labels(variable.start), help=help)


def _commands(command: Command, traits: Traits) -> Iterator[Diagnostic]:
    seen = set()
    for call in command.reading.calls:
        start, end = call[0]
        name = command.text[start:end]
        scheduler = next((each for each, names in COMMANDS.items() if name in names), None)
        if scheduler is None or name in seen or scheduler == traits.scheduler:
            continue
        if name == "srun" and traits.scheduler != "":
            continue  # the usual launcher of MPI on clusters, whatever is known of them
        seen.add(name)
        if not _asks(command.text, scheduler) and f"{name}()" not in command.text:
            message = f"`{name}` is a command of {scheduler}, {_but(traits)}"
            span = command.span(start, end)
            yield FOREIGN_SCHEDULER.at(span, message, labels=command.labels(start), help=_instead(name))


@lru_cache(maxsize=64)
def _asks(text: str, scheduler: str) -> bool:
    """Return whether the text asks if this scheduler runs it."""
    variables = "|".join(names.pattern for name, names in VARIABLES.items() if name in scheduler)
    commands = "|".join(sorted(COMMANDS.get(scheduler, ["qsub"])))
    return re.search(ASKS.format(variables, commands), text) is not None


def _but(traits: Traits) -> str:
    match traits.scheduler:
        case None:
            return "of which the API promises nothing"
        case "":
            return "which does not run jobs on this machine"
        case _:
            return "which does not run the jobs of this target"


def _instead(name: str) -> str:
    if name == "srun":
        return "write `mpirun`, or the bare command"
    if name in ("sbatch", "salloc", "qsub", "bsub"):
        return "write a spec for each job that is to be submitted, or a matrix for many"
    return "remove it, or look for it first: `if command -v " + name + "`"


RULE = JobRule(FOREIGN_SCHEDULER, find)
