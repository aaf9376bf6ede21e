"""Commands and paths that are written for a scheduler which does not read them."""

import re
from collections.abc import Iterator
from functools import lru_cache

from specc.diagnostics import Diagnostic
from specc.diagnostics.codes import ARRAY_TASK_ID, FOREIGN_SCHEDULER, SBATCH_DIRECTIVE, SCHEDULER_PATTERN
from specc.nodes import FileText, Node, Scalar, locate
from specc.rules.commands import Command, commands
from specc.rules.rule import Job, JobRule
from specc.settings import Traits
from specc.source import Span

PATH_FIELDS = ("stdout_redirect_path", "stderr_redirect_path", "input_file")
PATTERN = r"(?<!%)%0?[0-9]?[AJNajnstux](?![0-9A-Za-z])"
INSTEAD_OF_PATTERN = {
    "%x": "`{{ job.name }}`",
    "%a": "`{{ cell.index }}`",
    "%u": "`{{ job.run_user }}`",
    **dict.fromkeys(("%n", "%s", "%t"), "`{{ cell.slug }}`: a job has one file for all its nodes and tasks"),
    "%N": "`{{ cell.slug }}`: which node it will be is not known before",
}
BY_CELL = "`{{ cell.slug }}`: the job has no id before it is sent"


def scheduler_pattern(job: Job) -> Iterator[Diagnostic]:
    """A path with a pattern that only sbatch fills in.

    ## What
    Finds `%j`, `%A`, `%a`, `%x`, `%N` and the like, also with a width as in `%4a`, in `stdout_redirect_path`,
    `stderr_redirect_path` and `input_file`.

    ## Why
    These come from the `#SBATCH --output` of a script. The API does not say that it fills them in, so every job may
    write to a file that is called `%j.out`. Templates know all but the job's id before the job is sent.

    ## Bad
    ```yaml
    specc: 1
    job:
      name: cavity
      cmd_line: ./solver
      core_limit: 4
      stdout_redirect_path: logs/%x-%j.out
    ```

    ## Good
    ```yaml
    specc: 1
    job:
      name: cavity
      cmd_line: ./solver
      core_limit: 4
      stdout_redirect_path: logs/{{ job.name }}.out
    ```
    """
    for field in PATH_FIELDS:
        found = dict.fromkeys(re.findall(PATTERN, job.text(field) or ""))
        for word in found:
            span = _place_of_pattern(job.evaluated.job[field].node, word)
            message = f"`{word}` in `{field}` is filled in by sbatch alone"
            yield SCHEDULER_PATTERN.at(span, message, help=f"write {INSTEAD_OF_PATTERN.get(f'%{word[-1]}', BY_CELL)}")


def _place_of_pattern(node: Node, pattern: str) -> Span:
    """Return the span of the pattern itself, where it is written in the field and does not come from elsewhere."""
    if not isinstance(node, Scalar) or not isinstance(node.value, str) or pattern not in node.value:
        return node.span
    start = node.value.index(pattern)
    return locate(node, start, start + len(pattern))


DIRECTIVE = re.compile(r"#(SBATCH|PBS|BSUB)[ \t]+(--?[\w-]+)")
FIELD_OF_OPTION = {
    "job-name": "name",
    "J": "name",
    "N": "name",
    "ntasks": "core_limit",
    "n": "core_limit",
    "cpus-per-task": "core_limit",
    "c": "core_limit",
    "mem": "mem_limit",
    "time": "time_limit",
    "t": "time_limit",
    "W": "time_limit",
    "output": "stdout_redirect_path",
    "o": "stdout_redirect_path",
    "error": "stderr_redirect_path",
    "e": "stderr_redirect_path",
    "partition": "scheduler_queue_name",
    "p": "scheduler_queue_name",
    "q": "scheduler_queue_name",
}
"""The field that does what an option of the scheduler does."""


def sbatch_directive(job: Job) -> Iterator[Diagnostic]:
    """A line for sbatch in a command that sbatch never reads.

    ## What
    Finds comments such as `#SBATCH --ntasks=64` (also `#PBS` and `#BSUB`) in `cmd_line` and in scripts.

    ## Why
    The API does not read them: the job gets what its fields say. Whoever runs the same script with `sbatch` gets what
    the comments say. Two places that tell different stories are a trap for the next reader.

    ## Bad
    ```yaml
    specc: 1
    job:
      name: cavity
      core_limit: 4
      cmd_line: |
        #SBATCH --time=02:00:00
        ./solver
    ```

    ## Good
    ```yaml
    specc: 1
    job:
      name: cavity
      cmd_line: ./solver
      core_limit: 4
      time_limit: 2h
    ```
    """
    fields = job.project.apis[job.evaluated.spec.api].fields
    for command in commands(job):
        for start, end in command.reading.comments:
            match = DIRECTIVE.match(command.text, start, end)
            if match is None:
                continue
            option = match[2].lstrip("-")
            message = f"the API does not read `#{match[1]}` lines, so `{match[2]}` has no effect"
            span = command.span(start, end)
            yield SBATCH_DIRECTIVE.at(
                span, message, labels=command.labels(start), help=_instead_of_line(option, set(fields))
            )


def _instead_of_line(option: str, fields: set[str]) -> str:
    if option in ("array", "a"):
        return "write an axis under `matrix:`, which gives one job for each value, and remove the line"
    if FIELD_OF_OPTION.get(option) in fields:
        return f"write the field `{FIELD_OF_OPTION[option]}` instead, and remove the line"
    return "write the field that does it, if the API has one, and remove the line"


INDEX_NAMES = r"SLURM_ARRAY_(?:TASK_(?:ID|COUNT|MIN|MAX|STEP)|JOB_ID)|PBS_ARRAY(?:ID|_INDEX)|LSB_JOBINDEX|SGE_TASK_ID"


def array_task_id(job: Job) -> Iterator[Diagnostic]:
    """A command reads the index of an array job that there is not.

    ## What
    Finds variables of array jobs, such as `$SLURM_ARRAY_TASK_ID`, `$PBS_ARRAYID` and `$LSB_JOBINDEX`, in `cmd_line` and
    in scripts. Where the script sets the variable itself, or says what to take in its place
    (`${SLURM_ARRAY_TASK_ID:-1}`), nothing is found.

    ## Why
    The API has no array jobs, so the variable is not set. The shell takes an empty text for it, and each job of a sweep
    works on the same, wrong, input.

    ## Bad
    ```yaml
    specc: 1
    job:
      name: cavity
      cmd_line: ./solver --case "case-$SLURM_ARRAY_TASK_ID"
      core_limit: 4
    ```

    ## Good
    ```yaml
    specc: 1
    matrix: {axes: {case: [1, 2, 3]}}
    job:
      name: cavity-{{ matrix.case }}
      cmd_line: ./solver --case case-{{ matrix.case }}
      core_limit: 4
    ```
    """
    axes = list(job.evaluated.cell.values)
    for command in commands(job):
        for variable in command.reading.variables:
            if (
                re.fullmatch(INDEX_NAMES, variable.name)
                and not variable.has_default
                and not _is_set(command, variable.name)
            ):
                message = f"`${variable.name}` is not set: the API has no array jobs"
                help = _instead_of_index(command, variable.name, axes[0] if axes else "")
                span = command.span(variable.start, variable.end)
                yield ARRAY_TASK_ID.at(span, message, labels=command.labels(variable.start), help=help)


def _is_set(command: Command, name: str) -> bool:
    # Only the first `read` of a line is looked at, or the search would go to the end of the line from each of them.
    read = rf"^(?>.*?\bread\b).*\b{name}\b"
    return re.search(rf"\b{name}=|\bfor\s++{name}\b|{read}", command.text, re.MULTILINE) is not None


def _instead_of_index(command: Command, name: str, axis: str) -> str:
    if name == "SLURM_ARRAY_JOB_ID":
        return "write a name of your own for the whole sweep"
    if name.startswith("SLURM_ARRAY_TASK_") and name != "SLURM_ARRAY_TASK_ID":
        return "write the number itself, which the axes under `matrix:` give"
    value = f"{{{{ matrix.{axis or 'NAME'} }}}}"
    matrix = "" if axis else ", with an axis NAME under `matrix:`"
    if isinstance(command.node, FileText) and not command.node.is_template:
        return f"""write `env: {{{name}: "{value}"}}` beside the `$file`{matrix}"""
    return f"write `{value}` instead{matrix}"


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


def foreign_scheduler(job: Job) -> Iterator[Diagnostic]:
    """A command needs a scheduler that does not run the job.

    ## What
    Finds variables that only a scheduler sets, such as `$PBS_O_WORKDIR`, `$NSLOTS` and `$SLURM_NTASKS`, and its
    commands, such as `sbatch`, `scontrol` and `qsub`, where the target is not this scheduler. Nothing is found where
    the script sets the variable, asks for the scheduler (`[ -n "$SLURM_JOB_ID" ]`), or says what to take instead
    (`${NSLOTS:-4}`).

    ## Why
    The variables are empty, and the commands are not there. `cd $PBS_O_WORKDIR` is then `cd`, which goes to the home
    folder, and a `rm -rf tmp/*` in the next line works there.

    ## Bad
    ```yaml
    specc: 1
    job:
      name: cavity
      cmd_line: cd $PBS_O_WORKDIR && mpirun ./solver
      core_limit: 4
    ```

    ## Good
    ```yaml
    specc: 1
    job:
      name: cavity
      cmd_line: cd /scratch/cavity && mpirun ./solver
      core_limit: 4
    ```
    """
    for command in () if job.project.traits.may_be_any_scheduler else commands(job):
        yield from _foreign_variables(command, job.project.traits)
        yield from _foreign_commands(command, job.project.traits)


def _foreign_variables(command: Command, traits: Traits) -> Iterator[Diagnostic]:
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


def _foreign_commands(command: Command, traits: Traits) -> Iterator[Diagnostic]:
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


RULES = (
    JobRule(SCHEDULER_PATTERN, scheduler_pattern),
    JobRule(SBATCH_DIRECTIVE, sbatch_directive),
    JobRule(ARRAY_TASK_ID, array_task_id),
    JobRule(FOREIGN_SCHEDULER, foreign_scheduler),
)
