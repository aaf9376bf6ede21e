"""A job ends well, whatever its commands do.

## What
Finds, without `set -e` or a look at `$?`:

- a script whose last command is a pipeline into `tee`, without `set -o pipefail`
- a script of several commands whose last one only says that all is done, such as `echo done`
- a script whose last command runs in the background, as with `nohup ./solver &`

## Why
The exit code of the last command is that of the job. A failed solver in front of `| tee log` or `echo done` is a job
that has `finished`. A job whose last command runs in the background ends at once, and the command is killed with it.

## Bad
```yaml
specc: 1
job:
  name: cavity
  cmd_line: ./solver | tee solver.log
  core_limit: 4
```

## Good
```yaml
specc: 1
job:
  name: cavity
  cmd_line: set -o pipefail; ./solver | tee solver.log
  core_limit: 4
```
"""

import re
from collections.abc import Iterator

from specc.diagnostics import Diagnostic
from specc.diagnostics.codes import HIDDEN_FAILURE
from specc.rules.commands import Command, commands
from specc.rules.rule import Job, JobRule
from specc.shell import Statement

STOPS = (
    r"\bset\s+(?:-\w+\s+)*-\w*e|\berrexit\b|\btrap\b[^\n]*\bERR\b|\$\?|\|\|\s*(?:exit|return|\{)|\$\{?PIPESTATUS\b"
    r"|\bexit\s+[\"']?[1-9$]"
)
"""What a script does that looks at how its commands end."""
PIPEFAIL = r"\bpipefail\b|\$\{?PIPESTATUS\b"
DONE = r"(?i)\b(?:done|finish\w*|complet\w*|success\w*|succeed\w*|ready|ok|end(?:ed)?)\b|完成|结束|成功"
PRINTERS = frozenset(["echo", "printf"])
HARMLESS = frozenset(["echo", "printf", "date", "hostname", "pwd", "export", "module", "ulimit", "true", ":", "sleep"])
"""Commands whose failure hides nothing. A script of these alone does no work."""


def find(job: Job) -> Iterator[Diagnostic]:
    for command in commands(job):
        if command.reading.is_whole and command.reading.statements:
            yield from _in(command, command.reading.statements)


def _in(command: Command, statements: tuple[Statement, ...]) -> Iterator[Diagnostic]:
    last = statements[-1]
    calls = {call[0][0]: call for call in command.reading.calls if call[0][0] >= last.start}
    ends = calls.get(last.stages[-1]) if last.stages else None
    if last.is_background:
        if "wait" not in command.text:
            message = "the job ends while this command still runs: it is the last one, and in the background"
            yield _found(command, last, message, "remove the `&`, or write `wait` after it")
        return
    if ends is None:
        return
    name = command.text[slice(*ends[0])]
    if len(last.stages) > 1 and name == "tee":
        if re.search(PIPEFAIL, command.text) is None:
            message = "the job has the exit code of `tee`, also if the command before it fails"
            yield _found(command, last, message, "write `set -o pipefail` before it")
    elif name in PRINTERS and last.stages == (last.start,):
        text = command.text[last.start : last.end]
        if re.search(DONE, text) and _has_work(command, statements) and re.search(STOPS, command.text) is None:
            message = f"the job succeeds even if its commands fail: its last command is `{name}`"
            yield _found(
                command, last, message, "write `set -e` before the first command, or join the commands with `&&`"
            )


def _has_work(command: Command, statements: tuple[Statement, ...]) -> bool:
    """Return whether any command before the last command can fail."""
    words = {command.text[slice(*call[0])] for call in command.reading.calls if call[0][0] < statements[-1].start}
    return bool(words - HARMLESS)


def _found(command: Command, last: Statement, message: str, help: str) -> Diagnostic:
    end = last.start + len(command.text[last.start : last.end].partition("\n")[0].rstrip())
    return HIDDEN_FAILURE.at(command.span(last.start, end), message, labels=command.labels(last.start), help=help)


RULE = JobRule(HIDDEN_FAILURE, find)
