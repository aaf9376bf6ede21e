"""A command reads an argument that nobody passes.

## What
Finds `$1`, `$2` and so on in `cmd_line` and in scripts, outside of functions, where neither `args` nor `set --` gives
the command arguments. Where a command asks how many there are (`$#`, `shift`, `getopts`, `[ -z "$1" ]`) or says what to
take instead (`${1:-fine}`), nothing is found.

## Why
The job is started without arguments, so the shell takes an empty text: `params/$1.yaml` is `params/.yaml`. The script
comes from somebody who called it by hand, or with `sbatch run.sh fine`.

## Bad
```yaml
specc: 1
job:
  name: cavity
  cmd_line: ./solver --params "params/$1.yaml"
  core_limit: 4
```

## Good
```yaml
specc: 1
params: {case: {type: string, default: fine}}
job:
  name: cavity
  cmd_line: ./solver --params params/{{ params.case | sh }}.yaml
  core_limit: 4
```
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

from specc.diagnostics import Diagnostic
from specc.diagnostics.codes import UNSET_ARGUMENT
from specc.nodes import FileText
from specc.rules.commands import Command, commands
from specc.rules.rule import Job, JobRule
from specc.rules.written import written
from specc.shell import Variable

ARGUMENT = r"#?[1-9]\d*"
ASKS = (
    r"\$\{?#(?![\w{])|\$\{#[@*]\}|\b(?:shift|getopts?)\b"
    r"|(?:\[|\btest)\s[^\n\]]{0,200}(?<!\\)\$\{?[1-9]|\bcase\s+[\"']?\$\{?[1-9]|\bset\s+(?:--|[^-+\s])"
)
"""What a script does that can be called with arguments and without, or that gives itself some."""


def find(job: Job) -> Iterator[Diagnostic]:
    for command in commands(job):
        variables = [each for each in command.reading.variables if re.fullmatch(ARGUMENT, each.name)]
        # Another rule reports a `$` before a template.
        if variables and re.search(ASKS, command.text) is None and "${{" not in written(command).text:
            yield from _in(command, variables)


def _in(command: Command, variables: list[Variable]) -> Iterator[Diagnostic]:
    bodies = sorted(command.reading.functions)
    reaches = list(accumulate((end for _, end in bodies), max))
    seen: set[str] = set()
    for variable in sorted(variables, key=lambda each: each.start):
        index = bisect_right(bodies, (variable.start, len(command.text))) - 1
        is_inside = index >= 0 and variable.start < reaches[index]
        if variable.has_default or is_inside or variable.name in seen:
            continue
        seen.add(variable.name)
        message = f"nobody passes `${variable.name}`, so it is empty"
        span = command.span(variable.start, variable.end)
        yield UNSET_ARGUMENT.at(
            span, message, labels=command.labels(variable.start), help=_help(command, variable.name)
        )


def _help(command: Command, name: str) -> str:
    if isinstance(command.node, FileText):
        what = "`args: [...]`" if name == "1" else f"`args: [...]` with {name} values"
        return f"write {what} beside the `$file`, or `${{{name}:-...}}` with a value to take instead"
    return f"write a template, such as `{{{{ params.NAME | sh }}}}`, or `\\${name}` if another program is to see it"


RULE = JobRule(UNSET_ARGUMENT, find)
