"""A job has no command.

## What
Finds a `cmd_line` that is empty, or that has nothing but blanks and comments, and a `$file` of the same kind. Bases are
not looked at: their heirs may set the command.

## Why
The shell does nothing, and says that it went well. The job waits in the queue, starts, and ends without an error.

## Bad
```yaml
specc: 1
job:
  name: cavity
  core_limit: 4
  cmd_line: |
    # todo
```

## Good
```yaml
specc: 1
job:
  name: cavity
  cmd_line: ./solver
  core_limit: 4
```
"""

from collections.abc import Iterator

from specc.diagnostics import Diagnostic
from specc.diagnostics.codes import NO_COMMAND
from specc.evaluator import passed_to
from specc.nodes import FileText, Scalar, Style
from specc.rules.commands import Command, texts
from specc.rules.rule import Job, JobRule
from specc.rules.written import lost_lines, written


def find(job: Job) -> Iterator[Diagnostic]:
    for each in texts(job) if not job.evaluated.spec.document.abstract else ():
        command = each.own
        reading = command.reading
        if not reading.is_whole or len(reading.statements) > _given(command) or _is_unreadable(command):
            continue
        # Another rule reports a comment that swallows the commands.
        if not any(True for _ in lost_lines(written(command))):
            yield NO_COMMAND.at(
                command.node.ref.span if isinstance(command.node, FileText) else command.node.span,
                _message(command),
                help="write the command that the job is to run",
            )


def _is_unreadable(command: Command) -> bool:
    """Return whether an empty text stands for a `$file` that cannot be read, which is reported already."""
    node = command.node
    return isinstance(node, Scalar) and node.verbatim and node.style is Style.PLAIN and node.span.text != node.value


def _given(command: Command) -> int:
    """Return how many statements a form puts before its command: the exports, and `set --`."""
    env, args = passed_to(command.node).env, passed_to(command.node).args
    return (len(env.entries) if env is not None else 0) + bool(args is not None and args.items)


def _message(command: Command) -> str:
    what = f"`{command.field}`"
    if isinstance(command.node, FileText):
        what = f"`{command.node.ref.value}`"
        text = command.node.text.text
    else:
        text = str(command.node.value)
    return f"the job runs nothing: {what} " + ("has only comments" if text.strip() else "is empty")


RULE = JobRule(NO_COMMAND, find)
