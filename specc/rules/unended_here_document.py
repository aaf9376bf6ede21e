"""A here-document goes on to the end of the command.

## What
Finds a here-document (`<<EOF`) in `cmd_line` or in a script that no line ends. The line must be the word alone:
nothing before it, no blank after it. With `<<-`, tabs may stand before it, but spaces may not.

## Why
The shell takes all that follows as text of the here-document. It only warns, and the commands after it never run.

## Bad
```yaml
specc: 1
job:
  name: cavity
  core_limit: 4
  cmd_line: |
    cat > case.ini <<EOF
    mesh = fine
      EOF
    ./solver case.ini
```

## Good
```yaml
specc: 1
job:
  name: cavity
  core_limit: 4
  cmd_line: |
    cat > case.ini <<EOF
    mesh = fine
    EOF
    ./solver case.ini
```
"""

from collections.abc import Iterator

from specc.diagnostics import Diagnostic
from specc.diagnostics.codes import UNENDED_HERE_DOCUMENT
from specc.rules.commands import commands
from specc.rules.rule import Job, JobRule
from specc.shell import Here


def find(job: Job) -> Iterator[Diagnostic]:
    for command in commands(job):
        # What folding does to a here-document is another rule's finding.
        for here in command.reading.unended if not command.is_folded else ():
            message = f"no line `{here.word}` ends this here-document"
            help = _help(command.text, here)
            span = command.span(here.start, here.end)
            yield UNENDED_HERE_DOCUMENT.at(span, message, labels=command.labels(), help=help)


def _help(text: str, here: Here) -> str:
    near = next((line for line in text[here.end :].split("\n")[1:] if line.strip() == here.word), None)
    if near is None:
        return f"write `{here.word}` on a line of its own"
    where = "before" if near != near.lstrip() else "after"
    return f"there is a line with `{here.word}`, but also blanks {where} it: remove them"


RULE = JobRule(UNENDED_HERE_DOCUMENT, find)
