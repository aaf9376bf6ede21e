"""A value after a `#` is lost, because the `#` begins a comment.

## What
Finds `#1`, `#ff0000` and their like behind a blank in a command, in a plain text of YAML (`name: case #3`) and in
scripts: where a digit follows the `#`, or where the rest of the line has options. `# a comment` with a blank behind the
`#` is left alone.

## Why
YAML ends a plain text at a `#` behind a blank, and so does the shell. `./solver --tag #1 --steps 10` runs with neither
a tag nor the steps.

## Bad
```yaml
specc: 1
job:
  name: cavity
  cmd_line: ./solver --tag #1 --steps 10
  core_limit: 4
```

## Good
```yaml
specc: 1
job:
  name: cavity
  cmd_line: "./solver --tag '#1' --steps 10"
  core_limit: 4
```
"""

import re
from collections.abc import Iterator

from specc.diagnostics import Diagnostic
from specc.diagnostics.codes import LOST_IN_COMMENT
from specc.nodes import Scalar, Style
from specc.rules.commands import Command, commands
from specc.rules.rule import Job, JobRule
from specc.rules.written import Written, written
from specc.source import Span
from specc.wording import brief

AFTER_PLAIN = re.compile(r"[ \t]+(#[^ \t\r\n#!-][^\r\n]*)")
NUMBERED = r"#\d+\b|#[0-9a-fA-F]{6}\b"
HAS_OPTION = r"#[^ \t\r\n#!-]\S*[ \t](?:[^\r\n]*[ \t])?--?[A-Za-z]"
VALUE = r"#\w*\d\w*[ \t]*$"
LABELS = ("name", "stdout_redirect_path", "stderr_redirect_path", "input_file")


def find(job: Job) -> Iterator[Diagnostic]:
    for command in commands(job):
        yield from _by_yaml(command.node, command.field, is_command=True)
        text = written(command)
        if "#" in text.shell:
            yield from _by_shell(text, command)
    for field in LABELS:
        value = job.evaluated.job.get(field)
        if value is not None and isinstance(value.node, Scalar):
            yield from _by_yaml(value.node, field, is_command=False)


def _by_yaml(node: object, field: str, *, is_command: bool) -> Iterator[Diagnostic]:
    """Find the comment behind a plain text."""
    if not isinstance(node, Scalar) or node.style is not Style.PLAIN or not isinstance(node.value, str):
        return
    source, start, end = node.span
    match = AFTER_PLAIN.match(source.text, end)
    if match is None or source.text[start:end] != node.value:
        return
    if re.match(NUMBERED, match[1]) or (is_command and _is_lost(node.value, match[1])):
        message = f"YAML takes `{brief(match[1])}` for a comment, so it is not part of `{field}`"
        help = "put the whole text in quotes" + (", and quote the `#` for the shell, too" if is_command else "")
        yield LOST_IN_COMMENT.at(Span(source, *match.span(1)), message, help=help)


def _by_shell(text: Written, command: Command) -> Iterator[Diagnostic]:
    ends = {call[-1][1]: call for call in text.reading.calls}
    for start, end in text.reading.comments:
        before = len(text.shell[:start].rstrip(" \t")) if start in text.joins else _back(text.shell, start)
        comment = text.shell[start:end]
        if before in ends and _is_lost(text.shell[slice(*ends[before][-1])], comment):
            message = f"`{brief(comment)}` is a comment for the shell, so the command does not get it"
            help = "quote the `#` if it belongs to the command: `'#...'`"
            yield LOST_IN_COMMENT.at(text.span(start, end), message, labels=command.labels(), help=help)


def _back(text: str, at: int) -> int:
    while text[at - 1 : at] in (" ", "\t"):
        at -= 1
    return at


def _is_lost(before: str, comment: str) -> bool:
    """Return whether the comment behind these words is surely a part of the command."""
    follows_option = before.rpartition(" ")[2].startswith("-")
    return re.match(HAS_OPTION, comment) is not None or (
        follows_option and (re.match(NUMBERED, comment) is not None or re.match(VALUE, comment) is not None)
    )


RULE = JobRule(LOST_IN_COMMENT, find)
