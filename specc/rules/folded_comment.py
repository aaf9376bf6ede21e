"""A comment in a folded text swallows the lines that follow.

## What
Finds a `#` comment, also a `#!` line, in a command whose lines YAML joins: a text with `>`, or a quoted text of several
lines. Where only more comments follow, nothing is found.

## Why
The lines become one line before the shell sees them, and a comment goes on to the end of its line. What follows it is
never run. If the comment is the first line, the job does nothing at all, and ends without an error.

## Bad
```yaml
specc: 1
job:
  name: cavity
  core_limit: 4
  cmd_line: >
    # the fine mesh
    ./solver --mesh fine
```

## Good
```yaml
specc: 1
job:
  name: cavity
  core_limit: 4
  cmd_line: |
    # the fine mesh
    ./solver --mesh fine
```
"""

from collections.abc import Iterator

from specc.diagnostics import Diagnostic
from specc.diagnostics.codes import FOLDED_COMMENT
from specc.rules.commands import texts
from specc.rules.rule import Job, JobRule
from specc.rules.written import Written, joiner, lost_lines, numbers, unfolded, way_out, written


def find(job: Job) -> Iterator[Diagnostic]:
    for command in texts(job):
        text = written(command)
        for start, joins in lost_lines(text):
            end = _end_of_line(text, start, joins[0])
            fix = None if _has_options(text) else unfolded(text)
            yield FOLDED_COMMENT.at(text.span(start, end), _message(text, start, joins), help=way_out(text), fix=fix)


def _message(text: Written, start: int, joins: tuple[int, ...]) -> str:
    lines = numbers(text.line(joins[0] + 1), text.line(joins[-1] + 1))
    if text.reading.is_whole and not text.reading.statements:
        return f"nothing runs: {joiner(text)} joins {lines} to this comment"
    verb = "does" if lines.startswith("line ") else "do"
    return f"{joiner(text)} joins {lines} to this comment, so {lines} {verb} not run"


def _end_of_line(text: Written, start: int, join: int) -> int:
    return max(start + 1, len(text.text[:join].rstrip()))


def _has_options(text: Written) -> bool:
    """Return whether a line on its own would be a command that begins with an option."""
    return any(text.text.startswith("-", join + 1) for join in text.joins)


RULE = JobRule(FOLDED_COMMENT, find)
