"""A here-document in a folded text.

## What
Finds a here-document (`<<EOF`) in a command that is written with `>`.

## Why
YAML joins the lines of a folded text with spaces before the shell sees them. The here-document loses its lines and the
line that ends it, and the commands after it become a part of it.

## Bad
```yaml
specc: 1
job:
  name: cavity
  core_limit: 4
  cmd_line: >
    cat > case.ini <<EOF
    mesh = fine
    EOF
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
```
"""

from collections.abc import Iterator

from specc.diagnostics import Diagnostic
from specc.diagnostics.codes import FOLDED_HERE_DOCUMENT
from specc.rules.commands import commands
from specc.rules.rule import Job, JobRule


def find(job: Job) -> Iterator[Diagnostic]:
    for command in commands(job):
        reading = command.reading
        is_broken = bool(reading.unended) or reading.mistake is not None
        if command.is_folded and is_broken and reading.heres:
            here = reading.heres[0]
            message = "`>` joins the lines of this here-document"
            span = command.span(here.start, here.end)
            yield FOLDED_HERE_DOCUMENT.at(span, message, help="write the command with `|` instead of `>`")


RULE = JobRule(FOLDED_HERE_DOCUMENT, find)
