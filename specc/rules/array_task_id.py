"""A command reads the index of an array job that there is not.

## What
Finds variables of array jobs, such as `$SLURM_ARRAY_TASK_ID`, `$PBS_ARRAYID` and `$LSB_JOBINDEX`, in `cmd_line` and
in scripts. Where the script sets the variable itself, or says what to take in its place (`${SLURM_ARRAY_TASK_ID:-1}`),
nothing is found.

## Why
The API has no array jobs, so the variable is not set. The shell takes an empty text for it, and each job of a sweep
works on the same, wrong, input.

## Bad
```yaml
specc: 1
job:
  name: cavity
  core_limit: 4
  cmd_line: ./solver --case "case-$SLURM_ARRAY_TASK_ID"
```

## Good
```yaml
specc: 1
matrix: {axes: {case: [1, 2, 3]}}
job:
  name: cavity-{{ matrix.case }}
  core_limit: 4
  cmd_line: ./solver --case case-{{ matrix.case }}
```
"""

import re
from collections.abc import Iterator

from specc.diagnostics import Diagnostic
from specc.diagnostics.codes import ARRAY_TASK_ID
from specc.nodes import FileText
from specc.rules.commands import Command, commands
from specc.rules.rule import Job, JobRule

NAMES = r"SLURM_ARRAY_(?:TASK_(?:ID|COUNT|MIN|MAX|STEP)|JOB_ID)|PBS_ARRAY(?:ID|_INDEX)|LSB_JOBINDEX|SGE_TASK_ID"


def find(job: Job) -> Iterator[Diagnostic]:
    axes = list(job.evaluated.cell.values)
    for command in commands(job):
        for variable in command.reading.variables:
            if re.fullmatch(NAMES, variable.name) and not variable.has_default and not _is_set(command, variable.name):
                message = f"`${variable.name}` is not set: the API has no array jobs"
                help = _help(command, variable.name, axes[0] if axes else "")
                span = command.span(variable.start, variable.end)
                yield ARRAY_TASK_ID.at(span, message, labels=command.labels(variable.start), help=help)


def _is_set(command: Command, name: str) -> bool:
    # Only the first `read` of a line is looked at, or the search would go to the end of the line from each of them.
    read = rf"^(?>.*?\bread\b).*\b{name}\b"
    return re.search(rf"\b{name}=|\bfor\s++{name}\b|{read}", command.text, re.MULTILINE) is not None


def _help(command: Command, name: str, axis: str) -> str:
    value = f"{{{{ matrix.{axis or 'NAME'} }}}}"
    matrix = "" if axis else ", with an axis NAME under `matrix:`"
    if isinstance(command.node, FileText) and not command.node.is_template:
        return f"""write `env: {{{name}: "{value}"}}` beside the `$file`{matrix}"""
    return f"write `{value}` instead{matrix}"


RULE = JobRule(ARRAY_TASK_ID, find)
