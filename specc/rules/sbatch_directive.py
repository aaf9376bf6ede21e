"""A line for sbatch in a command that sbatch never reads.

## What
Finds comments such as `#SBATCH --ntasks=64` (also `#PBS` and `#BSUB`) in `cmd_line` and in scripts.

## Why
The API does not read them: the job gets what its fields say. Whoever runs the same script with `sbatch` gets what the
comments say. Two places that tell different stories are a trap for the next reader.

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
  core_limit: 4
  time_limit: 2h
  cmd_line: ./solver
```
"""

import re
from collections.abc import Iterator

from specc.diagnostics import Diagnostic
from specc.diagnostics.codes import SBATCH_DIRECTIVE
from specc.rules.commands import commands
from specc.rules.rule import Job, JobRule

DIRECTIVE = re.compile(r"#(SBATCH|PBS|BSUB)[ \t]+(--?[\w-]+)")
FIELDS = {
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


def find(job: Job) -> Iterator[Diagnostic]:
    fields = job.project.apis[job.evaluated.spec.api].fields
    for command in commands(job):
        for start, end in command.reading.comments:
            match = DIRECTIVE.match(command.text, start, end)
            if match is None:
                continue
            option = match[2].lstrip("-")
            message = f"the API does not read `#{match[1]}` lines, so `{match[2]}` has no effect"
            span = command.span(start, end)
            yield SBATCH_DIRECTIVE.at(span, message, labels=command.labels(start), help=_help(option, set(fields)))


def _help(option: str, fields: set[str]) -> str:
    if option in ("array", "a"):
        return "write an axis under `matrix:`, which gives one job for each value, and remove the line"
    if FIELDS.get(option) in fields:
        return f"write the field `{FIELDS[option]}` instead, and remove the line"
    return "write the field that does it, if the API has one, and remove the line"


RULE = JobRule(SBATCH_DIRECTIVE, find)
