"""A line of a folded text that is indented deeper is a command of its own.

## What
Finds a command in a text with `>` at the beginning of a line that is indented deeper than the command in the line
above. Bodies of loops and functions are left alone, as are lines below a `\\`, `|` or `&&`.

## Why
`>` joins only lines of one indentation. In front of a line that is indented deeper it keeps the line break, and so ends
the command there. The options and files of the deeper lines become commands, which the shell does not find.

## Bad
```yaml
specc: 1
job:
  name: cavity
  core_limit: 4
  cmd_line: >
    mpirun -np 4
      ./solver
      fine.mesh
```

## Good
```yaml
specc: 1
job:
  name: cavity
  core_limit: 4
  cmd_line: >
    mpirun -np 4
    ./solver
    fine.mesh
```
"""

from collections.abc import Iterator

from specc.diagnostics import Diagnostic
from specc.diagnostics.codes import FOLDED_INDENTATION
from specc.nodes import Scalar, Style
from specc.rules.commands import commands
from specc.rules.rule import Job, JobRule
from specc.rules.written import Line, Written, aligned, lines, written


def find(job: Job) -> Iterator[Diagnostic]:
    for command in commands(job):
        text = written(command)
        if isinstance(text.node, Scalar) and text.node.style is Style.FOLDED and "\n " in text.shell:
            yield from _in(text)


def _in(text: Written) -> Iterator[Diagnostic]:
    upper: Line | None = None
    for line in lines(text):
        # What begins with an option is a mistake in any text, and found by `lost-continuation`.
        if upper is not None and line.follows(upper) and line.indent > upper.indent and not line.is_option:
            message = "this line is indented deeper, so `>` keeps its line break: it is a command of its own"
            help = "indent all lines of a command alike"
            yield FOLDED_INDENTATION.at(text.span(*line.word), message, help=help, fix=aligned(text, upper, line))
            return
        upper = line


RULE = JobRule(FOLDED_INDENTATION, find)
