"""A backslash continues a line that a folded text has joined already.

## What
Finds a `\\` at the end of a line in a text with `>`, or in another text whose lines YAML joins.

## Why
YAML puts a space in the place of the line break, so the backslash stands before a space and not before the end of the
line. The shell takes this space as part of a word: the program gets the argument ` --steps`, which it does not know.

## Bad
```yaml
specc: 1
job:
  name: cavity
  core_limit: 4
  cmd_line: >
    ./solver \\
    --steps 10
```

## Good
```yaml
specc: 1
job:
  name: cavity
  core_limit: 4
  cmd_line: >
    ./solver
    --steps 10
```
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from specc.diagnostics import Diagnostic, Edit, Fix
from specc.diagnostics.codes import FOLDED_CONTINUATION
from specc.nodes import Scalar, Style
from specc.rules.commands import commands
from specc.rules.rule import Job, JobRule
from specc.rules.written import Written, joiner, numbers, way_out, written


def find(job: Job) -> Iterator[Diagnostic]:
    for command in commands(job):
        text = written(command)
        places = list(_places(text)) if text.joins else []
        if places:
            first, last = text.line(places[0]), text.line(places[-1]) + 1
            message = f"{joiner(text)} joins {numbers(first, last)}, so this `\\` makes the space part of an argument"
            help = f"remove each `\\` at the end of a line, or {way_out(text)}"
            yield FOLDED_CONTINUATION.at(
                text.span(places[0], places[0] + 1), message, help=help, fix=_fix(text, places)
            )


def _places(text: Written) -> Iterator[int]:
    """Yield where a backslash stands before a space that YAML has made of a line break."""
    for at in text.reading.escaped_blanks:
        end = at + 1
        while text.text[end : end + 1] in (" ", "\t"):
            end += 1
        if bisect_right(text.joins, at) < bisect_left(text.joins, end):
            yield at


def _fix(text: Written, places: list[int]) -> Fix | None:
    """Return the fix that removes the backslashes, with the blanks before them."""
    if not isinstance(text.node, Scalar) or text.node.style not in (Style.FOLDED, Style.PLAIN):
        return None
    edits = []
    for at in places:
        start = len(text.text[:at].rstrip(" \t"))
        edits.append(Edit(text.span(start, at + 1), ""))
    return Fix("remove each `\\` at the end of a line", tuple(edits), is_safe=False)


RULE = JobRule(FOLDED_CONTINUATION, find)
