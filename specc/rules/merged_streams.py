"""Standard output and standard error go to one file.

## What
Finds a job with the same path in `stdout_redirect_path` and `stderr_redirect_path`, each written out. That both are
meant to be one says a template: `stderr_redirect_path: "{{ job.stdout_redirect_path }}"`, or one variable for both.

## Why
It is what remains when a line was copied and its end not changed. Each stream opens the file by itself, so the two
write over each other and error messages get lost.

## Bad
```yaml
specc: 1
job:
  name: cavity
  cmd_line: ./solver
  core_limit: 4
  stderr_redirect_path: logs/cavity.out
  stdout_redirect_path: logs/cavity.out
```

## Good
```yaml
specc: 1
job:
  name: cavity
  cmd_line: ./solver
  core_limit: 4
  stderr_redirect_path: "{{ job.stdout_redirect_path }}"
  stdout_redirect_path: logs/cavity.out
```
"""

import re
from collections.abc import Iterator

from specc.diagnostics import Diagnostic, Label
from specc.diagnostics.codes import MERGED_STREAMS
from specc.evaluator import Value
from specc.nodes import Scalar
from specc.rules.rule import Job, JobRule

OUT, ERR = "stdout_redirect_path", "stderr_redirect_path"
WHOLE = r"\s*\{\{[^{}]*\}\}\s*"


def find(job: Job) -> Iterator[Diagnostic]:
    path = job.text(OUT)
    if path is None or path != job.text(ERR) or path.startswith("/dev/"):
        return
    out, err = job.evaluated.job[OUT], job.evaluated.job[ERR]
    if not _is_meant(out, err):
        message = f"`{ERR}` is the same file as `{OUT}`"
        help = f'if one file is meant, write `{ERR}: "{{{{ job.{OUT} }}}}"`, else another path'
        label = Label(out.node.span, "standard output goes there")
        yield MERGED_STREAMS.at(err.node.span, message, labels=(label,), help=help)


def _is_meant(out: Value, err: Value) -> bool:
    """Return whether one field reads the other, is its alias, or both are the same single expression."""
    read = {read.name for value in (out, err) for read in value.reads}
    if read & {f"job.{OUT}", f"job.{ERR}"} or any(value.node.span.text.startswith("*") for value in (out, err)):
        return True
    texts = [value.node.value for value in (out, err) if isinstance(value.node, Scalar)]
    return len(set(texts)) == 1 and isinstance(texts[0], str) and re.fullmatch(WHOLE, texts[0]) is not None


RULE = JobRule(MERGED_STREAMS, find)
