"""The first line of a command asks for something that the target does not do.

## What
Finds a `#!` line that names another interpreter than bash or sh, such as `#!/usr/bin/env python3`, or that gives
options, such as `#!/bin/bash -e`.

## Why
The target gives the text to bash, for which the line is a comment. A Python script is then run as shell commands:
`import sys` starts a program called `import`. And without the `-e`, a script goes on after a command that failed.

## Bad
```yaml
specc: 1
job:
  name: cavity
  core_limit: 4
  cmd_line: |
    #!/bin/bash -e
    ./prepare
    ./solver
```

## Good
```yaml
specc: 1
job:
  name: cavity
  core_limit: 4
  cmd_line: |
    #!/bin/bash
    set -e
    ./prepare
    ./solver
```
"""

import re
from collections.abc import Iterator

from specc.diagnostics import Diagnostic, Edit, Fix
from specc.diagnostics.codes import INTERPRETER_LINE
from specc.nodes import FileText
from specc.rules.commands import Command, texts
from specc.rules.rule import Job, JobRule
from specc.rules.written import written
from specc.source import Span
from specc.wording import brief

LINE = r"\s*#![ \t]*(\S*)[ \t]*(.*)"
SHELLS = frozenset(["sh", "bash", "dash", "ash"])
ENV_OPTION = r"(?:-S|--split-string=?|-\w+)[ \t]*"
NO_EFFECT = frozenset(["", "-", "--", "--norc", "--noprofile"])
SETTINGS = r"-[aefhknuvxCTE]*(?:o\s+\w+)?"
"""Options that `set` takes, too."""
FOR_LOGIN = frozenset(["-l", "--login", "-il", "-li"])


def find(job: Job) -> Iterator[Diagnostic]:
    for command in (part for each in texts(job) for part in each.parts()):
        match = re.match(LINE, command.text)
        if match is None or (job.project.traits.obeys_interpreter_line and command.text.startswith("#!")):
            continue
        interpreter, options = _named(match[1], match[2].strip())
        line = match.group().strip()
        # A text that YAML has joined to one line is one comment, which another rule reports.
        if interpreter and not written(command).joins:
            yield from _judged(command, line, interpreter, options)


def _named(program: str, rest: str) -> tuple[str, str]:
    """Return the name of the interpreter and its options; `env` finds it by name."""
    name = program.rpartition("/")[2]
    if name == "env":
        while (option := re.match(ENV_OPTION, rest)) is not None:
            rest = rest[option.end() :]
        program, _, rest = rest.partition(" ")
        name = program.rpartition("/")[2]
    return name, rest.strip()


def _judged(command: Command, line: str, interpreter: str, options: str) -> Iterator[Diagnostic]:
    shown = brief(line)
    if interpreter not in SHELLS:
        message = f"bash runs this text, not `{interpreter}`: `{shown}` is a comment"
        yield _found(command, line, message, _another(command, interpreter), None)
    elif options not in NO_EFFECT:
        message = f"bash runs this text without `{brief(options)}`: `{shown}` is a comment"
        if options in FOR_LOGIN:
            yield _found(command, line, message, "write `source /etc/profile` in the next line", None)
        elif re.fullmatch(SETTINGS, options):
            yield _found(command, line, message, f"write `set {options}` in the next line", f"set {options}")
        else:
            yield _found(command, line, message, "write what the options do into the script, such as `set -e`", None)


def _another(command: Command, interpreter: str) -> str:
    if isinstance(command.node, FileText):
        return f"write a command that starts it, with the path for the job: `{interpreter} {command.node.ref.value}`"
    return f"write the script into a file, and a command that starts it: `{interpreter} FILE`"


def _found(command: Command, line: str, message: str, help: str, setting: str | None) -> Diagnostic:
    text = written(command)
    start = text.text.find(line)
    if start < 0:
        span = command.node.ref.span if isinstance(command.node, FileText) else command.node.span
        return INTERPRETER_LINE.at(span, message, help=help)
    span = text.span(start, start + len(line))
    fix = _fix(line, span, setting, help) if setting is not None and text.sent is None else None
    return INTERPRETER_LINE.at(span, message, labels=command.labels(), help=help, fix=fix)


def _fix(line: str, span: Span, setting: str, title: str) -> Fix | None:
    """Return the fix that takes the options out of the line, and sets them in the next."""
    source, start, end = span
    begin = source.text.rfind("\n", 0, start) + 1
    indent = source.text[begin:start]
    if indent.strip() or span.text != line:
        return None
    program = line[2:].split()[0]
    shell = program if not program.endswith("/env") else f"{program} bash"
    return Fix(title, (Edit(Span(source, start, end), f"#!{shell}{source.line_end}{indent}{setting}"),), is_safe=False)


RULE = JobRule(INTERPRETER_LINE, find)
