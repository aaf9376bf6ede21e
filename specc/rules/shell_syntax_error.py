"""The shell cannot read a command.

## What
Finds mistakes of syntax in `cmd_line` and in the script of a `$file`, after the templates in them have been
evaluated: quotes and parentheses that nothing closes, `if` without `fi`, `done` without `do`, an operator without a
command. The commands are held to the grammar of bash. A script whose first line names another program is not looked
at.

## Why
The API takes any text. The job waits in the queue, starts, and ends at once with a message in its standard error.

## Bad
```yaml
specc: 1
job:
  name: cavity
  core_limit: 4
  cmd_line: |
    for mesh in coarse fine; do
      ./solver "$mesh"
    fi
```

## Good
```yaml
specc: 1
job:
  name: cavity
  core_limit: 4
  cmd_line: |
    for mesh in coarse fine; do
      ./solver "$mesh"
    done
```
"""

from collections.abc import Iterator

from specc.diagnostics import Diagnostic, Label
from specc.diagnostics.codes import SHELL_SYNTAX_ERROR
from specc.rules.commands import Command, commands
from specc.rules.rule import Job, JobRule
from specc.shell import ShellMistake


def find(job: Job) -> Iterator[Diagnostic]:
    for command in commands(job):
        mistake = command.reading.mistake
        # Other rules report folded here-documents, and here-documents that swallow all that follows.
        is_here = bool(command.reading.unended) or (command.is_folded and bool(command.reading.heres))
        if mistake is not None and not is_here:
            span = command.span(mistake.start, mistake.end)
            labels = (*_opened(command, mistake), *command.labels())
            yield SHELL_SYNTAX_ERROR.at(span, mistake.message, labels=labels, help=mistake.help)


def _opened(command: Command, mistake: ShellMistake) -> Iterator[Label]:
    if mistake.opened is not None and mistake.opened[0] != mistake.start:
        is_quote = command.text[mistake.opened[0]] in "'\""
        text = "this quote goes over several lines; it may be the one that is not closed" if is_quote else "opened here"
        yield Label(command.span(*mistake.opened), text)


RULE = JobRule(SHELL_SYNTAX_ERROR, find)
