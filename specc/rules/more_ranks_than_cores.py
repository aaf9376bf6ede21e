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
  core_limit: 32
  cmd_line: mpirun -np 64 ./solver
```

## Good
```yaml
specc: 1
job:
  name: cavity
  core_limit: 64
  cmd_line: mpirun -np {{ job.core_limit }} ./solver
```
"""

import re
from collections.abc import Iterator

from specc.diagnostics import Diagnostic, Label
from specc.diagnostics.codes import MORE_RANKS_THAN_CORES
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


def find(job: Job) -> Iterator[Diagnostic]:
    cores = job.number("core_limit")
    for command in commands(job) if cores is not None else ():
        for call in command.reading.calls:
            for start, end, number in _counts(command, call):
                if cores is not None and number > cores:
                    message = f"{number:,} processes on the {cores:,} {'core' if cores == 1 else 'cores'} of the job"
                    label = Label(job.evaluated.job["core_limit"].node.span, "the job's cores")
                    span = command.span(start, end)
                    yield MORE_RANKS_THAN_CORES.at(
                        span, message, labels=(label, *command.labels()), help=_help(command)
                    )


def _help(command: Command) -> str:
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


RULE = JobRule(MORE_RANKS_THAN_CORES, find)
