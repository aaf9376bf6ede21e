"""How many processes a launcher of MPI starts, beside the cores and tasks of the job."""

import re
from collections.abc import Iterator

from specc.diagnostics import Diagnostic, Label
from specc.diagnostics.codes import MORE_RANKS_THAN_CORES, ONE_RANK
from specc.nodes import FileText
from specc.rules.commands import Command, commands
from specc.rules.rule import Job, JobRule

LAUNCHERS = {
    "mpirun": ("-np", "-n", "--np", "-c", "--n"),
    "mpiexec": ("-np", "-n", "--np", "-c", "--n"),
    "mpiexec.hydra": ("-np", "-n"),
    "orterun": ("-np", "-n", "--np", "-c"),
    "srun": ("-n", "--ntasks"),
}
VALUES = {
    **dict.fromkeys(
        ["--map-by", "--bind-to", "--rank-by", "-x", "-H", "--host", "-host", "--hostfile", "-hostfile"], 1
    ),
    **dict.fromkeys(["--machinefile", "-machinefile", "-f", "-ppn", "-perhost", "--npernode", "-npernode", "-N"], 1),
    **dict.fromkeys(["--mca", "-mca", "-genv"], 2),
}
"""How many words follow an option."""
MAX_DIGITS = 18
"""A longer number is a mistake of another kind, and too long to be shown."""
SHARING = r"(?i)--(?:map-by|bind-to)?=?\S*(?:oversubscribe|overcommit|overload)|:OVERSUBSCRIBE|-O"


def more_ranks_than_cores(job: Job) -> Iterator[Diagnostic]:
    """A command starts more processes than the job has cores.

    ## What
    Finds `mpirun -np 64`, `mpiexec -n 64` and `srun -n 64` with a number above the job's `core_limit`. With
    `--oversubscribe` or `--overcommit` nothing is found.

    ## Why
    The scheduler gives the job `core_limit` cores. MPI then refuses to start, or several processes share a core and all
    of them wait for the slowest.

    ## Bad
    ```yaml
    specc: 1
    job:
      name: cavity
      cmd_line: mpirun -np 64 ./solver
      core_limit: 32
    ```

    ## Good
    ```yaml
    specc: 1
    job:
      name: cavity
      cmd_line: mpirun -np {{ job.core_limit }} ./solver
      core_limit: 64
    ```
    """
    cores = job.number("core_limit")
    for command in commands(job) if cores is not None else ():
        for call in command.reading.calls:
            for start, end, number in _counts(command, call):
                if cores is not None and number > cores:
                    message = f"{number:,} processes on the {cores:,} {'core' if cores == 1 else 'cores'} of the job"
                    label = Label(job.evaluated.job["core_limit"].node.span, "the job's cores")
                    span = command.span(start, end)
                    yield MORE_RANKS_THAN_CORES.at(
                        span, message, labels=(label, *command.labels()), help=_to_fewer_ranks(command)
                    )


def _to_fewer_ranks(command: Command) -> str:
    if isinstance(command.node, FileText) and not command.node.is_template:
        way_out = 'write `$RANKS` here, and `env: {RANKS: "{{ job.core_limit }}"}` beside the `$file`'
    else:
        way_out = "write `{{ job.core_limit }}` for the number"
    return f"{way_out}, or ask for more cores"


def _counts(command: Command, call: tuple[tuple[int, int], ...]) -> Iterator[tuple[int, int, int]]:
    """Yield the numbers of processes that a launcher is given, with their spans. Only its own options count."""
    words = [command.text[start:end] for start, end in call]
    options = LAUNCHERS.get(words[0].rpartition("/")[2], ())
    if not options or any(re.fullmatch(SHARING, word) for word in words):
        return
    index = 1
    while index < len(words) and words[index].startswith("-"):
        name, is_joined, number = words[index].partition("=")
        place = index if is_joined else index + 1
        if not is_joined and place < len(words):
            number = words[place]
        if name in options and number.isascii() and number.isdecimal() and len(number) <= MAX_DIGITS:
            yield *call[place], int(number)
            return
        # Behind any other option, a word without a dash may be its value or the program: whatever follows is not read.
        index += 1 if is_joined else 1 + VALUES.get(name, 0)


TASK_LAUNCHERS = frozenset(["mpirun", "mpiexec", "mpiexec.hydra", "orterun", "srun"])
SHARED_OUT = r"(?:^|\s)(?:nodes|ntasks|ntasks-per-node|cpus-per-task|ntasks-per-gpu|cpus-per-gpu)="
OWN_WAY = (
    r"(?i:--?(?:host|hostfile|machinefile|H|f|rankfile|app|configfile)(?:=.*)?|--(?:oversubscribe|overcommit).*"
    r"|.*:oversubscribe|-[hV]|--(?:help|version|usage|mpi=list|jobid|no-allocate|nodelist)(?:=.*)?)|-[OZw]"
)
"""Words of a launcher that knows better, or starts nothing."""
ONE = r"--?(?:np|n|c|ntasks)=?1|-n1"
COUNTS = frozenset(["-n", "-np", "--np", "--n", "--ntasks"])


def one_rank(job: Job) -> Iterator[Diagnostic]:
    """An MPI launcher in a job to which Slurm gives one task.

    ## What
    Finds `mpirun`, `mpiexec` and `srun` in a job of several cores on a target of kind `slurm` whose `layout` is
    `"threads"`, where `resource_limit` does not say how the cores are shared out. Nothing is found where the launcher
    says that one process is meant (`-n 1`), brings its own list of hosts, runs outside of the job, or may overload the
    cores (`--oversubscribe`).

    ## Why
    With the layout `"threads"`, the default, `core_limit` is the number of cores of one task. So `srun ./solver` starts
    one process where 16 were meant, and the job ends well, 16 times slower; `mpirun -np 16` finds one slot and ends.

    ## Bad
    ```toml title="specc.toml"
    target = "hpc"
    [targets.hpc]
    kind = "slurm"
    job = {zone = "z", cluster_id = "c", run_user = "me"}
    ```
    ```yaml
    specc: 1
    job:
      name: cavity
      cmd_line: srun ./solver
      core_limit: 16
    ```

    ## Good
    ```toml title="specc.toml"
    target = "hpc"
    [targets.hpc]
    kind = "slurm"
    job = {zone = "z", cluster_id = "c", run_user = "me"}
    ```
    ```yaml
    specc: 1
    job:
      name: cavity
      cmd_line: srun ./solver
      core_limit: 16
      resource_limit: ntasks=16
    ```
    """
    target, cores = job.project.target, job.number("core_limit")
    if target is None or not target.traits.has_layout or cores is None or cores < 2 or _is_shared_out(job):
        return
    queue = job.text("scheduler_queue_name") or target.hpcqueues.get(job.text("hpcqueue_id") or "")
    if target.layout_of(queue) != "threads":
        return
    for command in commands(job):
        found = next((call for call in command.reading.calls if _starts_ranks(command, call)), None)
        if found is not None:
            start, end = found[0]
            name = command.text[start:end].rpartition("/")[2]
            message = f"`{name}` starts in a job of one task with {cores:,} cores"
            note = f'the target `{target.name}` has `layout = "threads"`'
            label = Label(job.evaluated.job["core_limit"].node.span, "the cores of the task")
            help = (
                f"write `resource_limit: ntasks={cores}` for {cores:,} processes, or "
                f"`resource_limit: cpus-per-task={cores}` where one process is meant"
            )
            labels = (label, *command.labels())
            yield ONE_RANK.at(command.span(start, end), message, labels=labels, notes=(note,), help=help)


def _is_shared_out(job: Job) -> bool:
    """Return whether words of `resource_limit` say what the tasks are, or cannot be known yet."""
    value = job.evaluated.job.get("resource_limit")
    if value is None:
        return False
    return not isinstance(value.data, str) or re.search(SHARED_OUT, value.data) is not None


def _starts_ranks(command: Command, call: tuple[tuple[int, int], ...]) -> bool:
    """Return whether a launcher starts as many processes as the job has tasks, or more than one."""
    words = [command.text[start:end] for start, end in call]
    if words[0].rpartition("/")[2] not in TASK_LAUNCHERS or len(words) == 1:
        return False
    for word, following in zip(words[1:], [*words[2:], ""], strict=True):
        if re.fullmatch(OWN_WAY, word) or re.fullmatch(ONE, word) or (word in COUNTS and following == "1"):
            return False
    return True


RULES = (
    JobRule(MORE_RANKS_THAN_CORES, more_ranks_than_cores),
    JobRule(ONE_RANK, one_rank),
)
