"""What a script expects of Slurm when it runs: its variables and its commands."""

import re
from collections.abc import Iterator

from specc.migration.notes import Note
from specc.pattern import pattern

VARIABLE = pattern(r"\b(?:SLURM|SLURMD)_[A-Z0-9_]+\b")
COMMAND = pattern(r"(?:^|[\s;&|(`])(srun|sbatch|squeue|sacct|scancel|scontrol|sbcast|sattach|sstat)(?=$|[\s;&|)`])")

INSTEAD = {
    "SLURM_ARRAY_JOB_ID": "write a name of your own for the whole sweep",
    "SLURM_CPUS_ON_NODE": "write `$(nproc)`, or pass `{{ job.core_limit }}` under `env`",
    "SLURM_JOBID": "write `$$` for a number, or `mktemp -d` for a scratch folder",
    "SLURM_JOB_ACCOUNT": "write the account",
    "SLURM_JOB_CPUS_PER_NODE": "pass `{{ job.core_limit }}` under `env`",
    "SLURM_JOB_ID": "write `$$` for a number, or `mktemp -d` for a scratch folder",
    "SLURM_JOB_NODELIST": "write `$(hostname)` for a job on one node",
    "SLURM_JOB_USER": "write `$(id -un)`",
    "SLURM_LOCALID": "write `0` in a script, or the variable of your MPI library",
    "SLURM_MEM_PER_CPU": "pass a number under `env`",
    "SLURM_MEM_PER_NODE": "pass `{{ job.mem_limit }}` under `env`; it counts in the cluster's unit",
    "SLURM_NODELIST": "write `$(hostname)` for a job on one node",
    "SLURM_PROCID": "write `0` in a script, or the variable of your MPI library",
    "SLURM_SUBMIT_DIR": "write the full path of the folder; beware: `cd $SLURM_SUBMIT_DIR` goes home without it",
    "SLURM_SUBMIT_HOST": "write the name of the machine",
    "SLURM_TMPDIR": "write `$(mktemp -d)`",
    "SLURMD_NODENAME": "write `$(hostname)`",
}
USUAL = "set it in the script, or pass a value under `env` of cmd_line"
SHOWN_LINES = 5


def uses(lines: list[tuple[int, str]]) -> dict[str, list[int]]:
    """The variables of Slurm that the script names outside comments, and where."""
    return _found(VARIABLE, 0, lines)


def unknown_variables(used: dict[str, list[int]], given: set[str]) -> Iterator[Note]:
    """A note on each variable that is not given to the script."""
    for name, lines in used.items():
        if name not in given:
            yield Note(lines[0], f"`{name}`{_more(lines)} is set by Slurm alone: {INSTEAD.get(name, USUAL)}")


def commands(lines: list[tuple[int, str]]) -> Iterator[Note]:
    """A note on each command of Slurm that the script runs."""
    for name, where in _found(COMMAND, 1, lines).items():
        instead = "write `mpirun` for MPI, or the bare command" if name == "srun" else "leave it out"
        yield Note(where[0], f"`{name}`{_more(where)} needs Slurm where the job runs; without it {instead}")


def _found(pattern: re.Pattern[str], group: int, lines: list[tuple[int, str]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for number, line in lines:
        if not line.lstrip().startswith("#"):
            for match in pattern.finditer(line):
                numbers = found.setdefault(match[group], [])
                if numbers[-1:] != [number]:
                    numbers.append(number)
    return found


def _more(lines: list[int]) -> str:
    others = lines[1 : SHOWN_LINES + 1]
    more = ", ..." if len(lines) > SHOWN_LINES + 1 else ""
    return f" (also in line {', '.join(map(str, others))}{more})" if others else ""
