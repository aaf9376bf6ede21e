"""A path with a pattern that only sbatch fills in.

## What
Finds `%j`, `%A`, `%a`, `%x`, `%N` and `%u` in `stdout_redirect_path`, `stderr_redirect_path` and `input_file`.

## Why
These come from the `#SBATCH --output` of a script. The API does not say that it fills them in, so every job may write
to a file that is called `%j.out`. Templates know all but the job's id before the job is sent.

## Bad
```yaml
specc: 1
job:
  name: cavity
  core_limit: 4
  cmd_line: ./solver
  stdout_redirect_path: logs/%x-%j.out
```

## Good
```yaml
specc: 1
job:
  name: cavity
  core_limit: 4
  cmd_line: ./solver
  stdout_redirect_path: logs/{{ job.name }}.out
```
"""

import re
from collections.abc import Iterator

from specc.diagnostics import Diagnostic
from specc.diagnostics.codes import SCHEDULER_PATTERN
from specc.nodes import Node, Scalar, locate
from specc.rules.rule import Job, JobRule
from specc.source import Span

FIELDS = ("stdout_redirect_path", "stderr_redirect_path", "input_file")
PATTERN = r"(?<!%)%[jJAaxNu](?![0-9A-Za-z])"
INSTEAD = {
    "%x": "`{{ job.name }}`",
    "%a": "`{{ cell.index }}`",
    "%u": "`{{ job.run_user }}`",
    "%N": "`{{ cell.slug }}`: which node it will be is not known before",
}
BY_CELL = "`{{ cell.slug }}`: the job has no id before it is sent"


def find(job: Job) -> Iterator[Diagnostic]:
    for field in FIELDS:
        found = dict.fromkeys(re.findall(PATTERN, job.text(field) or ""))
        for word in found:
            span = _place(job.evaluated.job[field].node, word)
            message = f"`{word}` in `{field}` is filled in by sbatch alone"
            yield SCHEDULER_PATTERN.at(span, message, help=f"write {INSTEAD.get(word, BY_CELL)}")


def _place(node: Node, pattern: str) -> Span:
    """Return the span of the pattern itself, where it is written in the field and does not come from elsewhere."""
    if not isinstance(node, Scalar) or not isinstance(node.value, str) or pattern not in node.value:
        return node.span
    start = node.value.index(pattern)
    return locate(node, start, start + len(pattern))


RULE = JobRule(SCHEDULER_PATTERN, find)
