"""What a script expects of its scheduler when it runs: commands, and variables, of which specc can give some."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate

from specc.migration.arrays import Tasks
from specc.migration.options import Option
from specc.migration.patterns import escaped
from specc.migration.resources import Cores
from specc.migration.writing import Note
from specc.shell import Reading

VARIABLE = re.compile(r"\b(?:SLURM|SLURMD)_[A-Z0-9_]+\b")
OTHERS = {
    "PBS": re.compile(r"\$\{?(PBS_[A-Z0-9_]+|NCPUS|TMPDIR(?!:?[-=+]))\b"),
    "Grid Engine": re.compile(
        r"\$\{?(SGE_[A-Z0-9_]+|NSLOTS|NHOSTS|PE_HOSTFILE|JOB_ID|JOB_NAME|TASK_ID|TMPDIR(?!:?[-=+]))\b"
    ),
}
NAMES = "srun|sbatch|salloc|squeue|sacct|scancel|scontrol|sbcast|sattach|sstat"
COMMAND = re.compile(rf"(?:^|[\s;&|(`])({NAMES})(?=$|[\s;&|)`])")
NAME = re.compile(rf"(?:[\w./-]*/)?({NAMES})")
BEGINS = re.compile(rf"(?:^|[;&|(`\n]|\b(?:then|do|else|exec|time|if)\s)\s*(?:[\w./-]*/)?({NAMES})(?=$|[\s;&|)`])")
STARTERS = frozenset(
    [
        "bash",
        "command",
        "env",
        "eval",
        "exec",
        "find",
        "ionice",
        "nice",
        "nohup",
        "numactl",
        "parallel",
        "setsid",
        "sh",
        "ssh",
        "stdbuf",
        "sudo",
        "taskset",
        "time",
        "timeout",
        "watch",
        "xargs",
    ]
)
"""Commands that start what their arguments name."""

GIVES_COMMAND = re.compile(
    r"--?(?=[\w.-]*(?:cluster|submit|cmd|command|launch|mpirun|mpiexec|wrapper))[\w.-]*+(=.*)?", re.DOTALL
)
"""Options whose value is a command, such as those of workflow managers: `snakemake --cluster 'sbatch -n 4'`."""

ASSIGNED = re.compile(rf"\b(\w+)=[\"']?(?:[\w./-]*/)?({NAMES})\b")
VALUE = re.compile(r"[\"']?\$\{?(\w+)\}?[\"']?")
QUOTES = re.compile(r"[\"']")

INSTEAD = {
    "SLURM_ARRAY_JOB_ID": "write a name of your own for the whole sweep",
    "SLURM_CPUS_ON_NODE": "write `$(nproc)`, or pass `{{ job.core_limit }}` under `env`",
    "SLURM_JOBID": "if any number will do, use `$$` (the process id), and `mktemp -d` for a scratch folder",
    "SLURM_JOB_ACCOUNT": "write the account",
    "SLURM_JOB_CPUS_PER_NODE": "pass `{{ job.core_limit }}` under `env`",
    "SLURM_JOB_ID": "if any number will do, use `$$` (the process id), and `mktemp -d` for a scratch folder",
    "SLURM_JOB_NODELIST": "write `$(hostname)` for a job on one node",
    "SLURM_JOB_USER": "write `$(id -un)`",
    "SLURM_LOCALID": "write `0` in a script, or the variable of your MPI library",
    "SLURM_MEM_PER_CPU": "pass a number under `env`",
    "SLURM_MEM_PER_NODE": "pass `{{ job.mem_limit }}` under `env`; it counts in the cluster's unit",
    "SLURM_NODELIST": "write `$(hostname)` for a job on one node",
    "SLURM_PROCID": "write `0` in a script, or the variable of your MPI library",
    "SLURM_SUBMIT_DIR": "for others, write `${SLURM_SUBMIT_DIR:-$PWD}`",
    "SLURM_SUBMIT_HOST": "write the name of the machine",
    "SLURM_TMPDIR": "write `$(mktemp -d)`",
    "SLURMD_NODENAME": "write `$(hostname)`",
    "PBS_JOBID": "if any number will do, use `$$` (the process id), and `mktemp -d` for a scratch folder",
    "JOB_ID": "if any number will do, use `$$` (the process id), and `mktemp -d` for a scratch folder",
    "TMPDIR": "write `$(mktemp -d)`",
    "PBS_NODEFILE": "give the number of ranks: `mpirun -np {{ job.core_limit }}`",
    "PE_HOSTFILE": "give the number of ranks: `mpirun -np {{ job.core_limit }}`",
}
USUAL = "set it in the script, or pass a value under `env` of cmd_line"
SHOWN_LINES = 5

Lines = dict[str, list[int]]
"""The numbers of the lines where each name stands."""

EXPORTED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)
WHOLE = ("ALL", "NONE", "NIL")
TASKS = {
    "Slurm": ("SLURM_ARRAY_TASK_ID",),
    "PBS": ("PBS_ARRAY_INDEX", "PBS_ARRAYID"),
    "Grid Engine": ("SGE_TASK_ID", "TASK_ID"),
}
"""The variables with the number of the task. The first is that of today's versions."""

FOLDERS = ("PBS_O_WORKDIR", "SGE_O_WORKDIR")
"""The folder that a job was submitted in, which is where a job of specc starts."""


class Numbers:
    """The numbers of lines of a text, by the offset of a character."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]

    def of(self, at: int) -> int:
        """Return the number of the line that the character stands in."""
        return bisect_right(self._starts, at)


class Ranges:
    """Ranges of a text, which may lie in each other."""

    def __init__(self, ranges: Iterable[tuple[int, int]]) -> None:
        ordered = sorted(ranges)
        self._starts = [start for start, _ in ordered]
        self._reaches = list(accumulate((end for _, end in ordered), max))

    def have(self, at: int) -> bool:
        """Return whether the character stands in one of them."""
        index = bisect_right(self._starts, at) - 1
        return index >= 0 and at < self._reaches[index]


def uses(reading: Reading, scheduler: str = "Slurm") -> Lines:
    """Return the variables of a scheduler that the script names outside comments, and where."""
    pattern = OTHERS.get(scheduler)
    found = _found(VARIABLE, 0, reading) if pattern is None else _found(pattern, 1, reading)
    if re.search(r"\bTMPDIR=", reading.text):
        found.pop("TMPDIR", None)
    return found


def unknown_variables(used: Lines, given: set[str], scheduler: str = "Slurm") -> Iterator[Note]:
    """Yield a note on each variable that is not given to the script."""
    for name, lines in used.items():
        if name not in given:
            setters = "the targets `slurm` and `local`" if name == "SLURM_SUBMIT_DIR" else scheduler
            yield Note(lines[0], f"`{name}`{more(lines)} is set only by {setters}; {INSTEAD.get(name, USUAL)}")


def commands(reading: Reading) -> Iterator[Note]:
    """Yield a note on each command of Slurm that the script runs.

    In a text that no shell reads to its end, every name that looks like a command counts.
    """
    found = _called(reading) if reading.is_whole else _found(COMMAND, 1, reading)
    for name, where in found.items():
        instead = "write `mpirun` for MPI, or the bare command" if name == "srun" else "remove the command"
        yield Note(where[0], f"`{name}`{more(where)} needs Slurm where the job runs; for other targets, {instead}")


def _called(reading: Reading) -> Lines:
    numbers = Numbers(reading.text)
    text = reading.text
    assigned = {match[1]: match[2] for match in ASSIGNED.finditer(text)}
    places = sorted((at, name) for call in reading.calls for at, name in _commands_of(call, text, assigned))
    found: Lines = {}
    for at, name in places:
        _put(found, name, numbers.of(at))
    return found


def _commands_of(
    call: tuple[tuple[int, int], ...], text: str, assigned: Mapping[str, str]
) -> Iterator[tuple[int, str]]:
    """Yield the commands of Slurm that one simple command runs: itself, or what it is told to run."""
    words = [text[start:end] for start, end in call]
    first = words[0]
    variable = VALUE.fullmatch(first)
    if variable is not None:
        if variable[1] in assigned:
            yield call[0][0], assigned[variable[1]]
    elif (name := NAME.fullmatch(first)) is not None:
        yield call[0][0], name[1]
    is_starter = first.rpartition("/")[2] in STARTERS
    is_command = False
    for (at, _), word in zip(call[1:], words[1:], strict=True):
        option = GIVES_COMMAND.fullmatch(word)
        value = (option[1] or "")[1:] if option is not None else word if is_starter or is_command else ""
        if (begins := BEGINS.search(QUOTES.sub("", value))) is not None:
            yield at, begins[1]
        is_command = option is not None and option[1] is None


def _found(pattern: re.Pattern[str], group: int, reading: Reading) -> Lines:
    """Return what a pattern finds outside of comments."""
    text = reading.text
    numbers = Numbers(text)
    comments = Ranges(reading.comments)
    found: Lines = {}
    for match in pattern.finditer(text):
        at = match.start(group)
        line = text[text.rfind("\n", 0, at) + 1 : at]
        if not comments.have(at) and not line.lstrip().startswith("#"):
            _put(found, match[group], numbers.of(at))
    return found


def _put(found: Lines, name: str, line: int) -> None:
    lines = found.setdefault(name, [])
    if lines[-1:] != [line]:
        lines.append(line)


def more(lines: list[int]) -> str:
    """Return the lines behind the first, as a message names them."""
    others = lines[1 : SHOWN_LINES + 1]
    rest = ", ..." if len(lines) > SHOWN_LINES + 1 else ""
    return f" (also in line {', '.join(map(str, others))}{rest})" if others else ""


def given_variables(
    used: dict[str, list[int]], cores: Cores, tasks: Tasks | None, scheduler: str, name: str
) -> dict[str, str | int]:
    """Return the variables that the script uses. The task of a sweep is always given: a program may read it."""
    limit = "{{ job.core_limit }}"
    # All tasks of an array have one name.
    job_name = "{{ job.name }}" if tasks is None else escaped(name)
    known: dict[str, str | int] = {
        "SLURM_NTASKS": cores.tasks if cores.cpus_per_task else limit,
        "SLURM_NPROCS": cores.tasks if cores.cpus_per_task else limit,
        "SLURM_NNODES": cores.nodes,
        "SLURM_JOB_NUM_NODES": cores.nodes,
        "SLURM_JOB_NAME": job_name,
        **dict.fromkeys(("PBS_NP", "NSLOTS"), limit),
        "NCPUS": limit if cores.nodes == 1 else cores.total // cores.nodes,
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
            "SGE_TASK_FIRST": first,
            "SGE_TASK_LAST": last,
            "SGE_TASK_STEPSIZE": tasks.step or 1,
        }
    return env | {name: known[name] for name in used if name in known}


def exported(option: Option) -> tuple[dict[str, str | int], list[Note]]:
    """Return the variables with values of `--export=ALL,CASE=cavity`, and notes on all others."""
    env: dict[str, str | int] = {}
    notes: list[Note] = []
    written = "--export=" if option.directive is None else "-v "
    for word in filter(None, (option.value or "").split(",")):
        if match := EXPORTED.fullmatch(word):
            env[match[1]] = escaped(match[2])
        elif option.directive is None and word.upper() in WHOLE:
            notes.append(Note(option.line, f"`--export={word}` is dropped: the target decides what a job inherits"))
        else:
            text = "is dropped: specc passes no variable of your shell; give its value under `env` of cmd_line"
            notes.append(Note(option.line, f"`{written}{word}` {text}"))
    return env, notes
