"""A here-document goes on to the end of the command.

## What
Finds a here-document (`<<EOF`) in `cmd_line` or in a script that no line ends. The line must be the word alone:
nothing before it, no blank after it, also inside of `if`, loops and functions. With `<<-`, tabs may stand before it,
but spaces may not.

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

from specc.diagnostics import Diagnostic, Fix, replacing_fix
from specc.diagnostics.codes import UNENDED_HERE_DOCUMENT
from specc.rules.commands import commands
from specc.rules.rule import Job, JobRule
from specc.rules.written import Written, written
from specc.shell import Here


def find(job: Job) -> Iterator[Diagnostic]:
    for command in commands(job):
        # Another rule reports folded here-documents.
        for here in command.reading.unended if not command.is_folded else ():
            message = f"no line `{here.word}` ends this here-document"
            near = _near(command.text, here)
            span = command.span(here.start, here.end)
            help, fix = _help(here, near), _fix(written(command), here)
            yield UNENDED_HERE_DOCUMENT.at(span, message, labels=command.labels(here.start), help=help, fix=fix)


def _near(text: str, here: Here) -> str | None:
    """Return the first line that would end it without the blanks around its word."""
    return next((line for line in text[here.end :].split("\n")[1:] if line.strip() == here.word), None)


def _help(here: Here, near: str | None) -> str:
    if near is None:
        return f"write `{here.word}` on a line of its own"
    where = "before" if near != near.lstrip() else "after"
    return f"there is a line with `{here.word}`, but also blanks {where} it: remove them"


def _fix(text: Written, here: Here) -> Fix | None:
    """Return the fix that removes the blanks around the word that should end it."""
    same = next((other for other in text.reading.unended if other.word == here.word), None)
    near = _near(text.text, same) if same is not None and text.sent is None else None
    if same is None or near is None:
        return None
    start = text.text.find(f"\n{near}\n", same.end) + 1
    if not start:
        return None
    span = text.span(start, start + len(near))
    return replacing_fix(span, near, here.word)


RULE = JobRule(UNENDED_HERE_DOCUMENT, find)
