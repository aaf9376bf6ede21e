"""A command starts MPI in a job that Slurm gives one task.

## What
Finds `mpirun`, `mpiexec` and `srun` in a job of several cores on a target of kind `slurm` whose `layout` is
`"threads"`, where `resource_limit` does not say how the cores are shared out. Nothing is found where the launcher says
that one process is meant (`-n 1`), brings its own list of hosts, runs outside of the job, or may overload the cores
(`--oversubscribe`).

## Why
With the layout `"threads"`, the default, `core_limit` is the number of cores of one task. So `srun ./solver` starts one
process where 16 were meant, and the job ends well, 16 times slower; `mpirun -np 16` finds one slot and ends.

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
  core_limit: 16
  cmd_line: srun ./solver
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
  core_limit: 16
  resource_limit: ntasks=16
  cmd_line: srun ./solver
```
"""

import re
from collections.abc import Iterator

from specc.diagnostics import Diagnostic, Label
from specc.diagnostics.codes import ONE_RANK
from specc.rules.commands import Command, commands
from specc.rules.rule import Job, JobRule

LAUNCHERS = frozenset(["mpirun", "mpiexec", "mpiexec.hydra", "orterun", "srun"])
SHARED_OUT = r"(?:^|\s)(?:nodes|ntasks|ntasks-per-node|cpus-per-task|ntasks-per-gpu|cpus-per-gpu)="
OWN_WAY = (
    r"(?i:--?(?:host|hostfile|machinefile|H|f|rankfile|app|configfile)(?:=.*)?|--(?:oversubscribe|overcommit).*"
    r"|.*:oversubscribe|-[hV]|--(?:help|version|usage|mpi=list|jobid|no-allocate|nodelist)(?:=.*)?)|-[OZw]"
)
"""Words of a launcher that knows better, or starts nothing."""
ONE = r"--?(?:np|n|c|ntasks)=?1|-n1"
COUNTS = frozenset(["-n", "-np", "--np", "--n", "--ntasks"])


def find(job: Job) -> Iterator[Diagnostic]:
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
    if words[0].rpartition("/")[2] not in LAUNCHERS or len(words) == 1:
        return False
    for word, following in zip(words[1:], [*words[2:], ""], strict=True):
        if re.fullmatch(OWN_WAY, word) or re.fullmatch(ONE, word) or (word in COUNTS and following == "1"):
            return False
    return True


RULE = JobRule(ONE_RANK, find)
