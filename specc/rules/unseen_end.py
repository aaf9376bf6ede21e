r"""A value begins or ends with a character that nobody sees.

## What
Finds texts in `job` that begin or end with the non-breaking or the full-width space (U+00A0, U+3000) or another blank
that is not the plain one, with a line separator (U+0085, U+2028, U+2029), or with a character of no width, such as
U+200B. In a `cmd_line` the blanks are left to `look-alike-character`, which knows the shell.

## Why
YAML cuts off plain spaces alone. These characters become part of the value: a job that no search finds by its name, a
queue that the cluster does not know, a file whose name nobody can type. They come with text that is copied from a web
page or a chat, and from Chinese input methods.

## Bad
```yaml
specc: 1
job:
  name: "cavity\u00a0"
  core_limit: 4
  cmd_line: ./run
```

## Good
```yaml
specc: 1
job:
  name: cavity
  core_limit: 4
  cmd_line: ./run
```
"""

import re
from collections.abc import Iterator

from specc.diagnostics import Diagnostic, replacing_fix
from specc.diagnostics.codes import UNSEEN_END
from specc.nodes import Scalar
from specc.rules.rule import Job, JobRule

SHELL_BLANKS = "\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000\ufeff"
OTHERS = "\x85\xad\u200c-\u200f\u2028-\u202e\u2060-\u206f"
UNSEEN = re.compile(f"^[{SHELL_BLANKS}{OTHERS}]|[{SHELL_BLANKS}{OTHERS}](?=\n?\\Z)")
UNSEEN_IN_COMMAND = re.compile(f"^[{OTHERS}]|[{OTHERS}](?=\n?\\Z)")
COMMAND = "cmd_line"


def find(job: Job) -> Iterator[Diagnostic]:
    """Yield a diagnostic for the first such character of each field."""
    for field, value in job.evaluated.job.items():
        text = value.data
        if not isinstance(text, str) or text.isascii():
            continue
        match = (UNSEEN_IN_COMMAND if field == COMMAND else UNSEEN).search(text)
        if match is None:
            continue
        where = "begins" if match.start() == 0 else "ends"
        message = f"`{field}` {where} with U+{ord(match[0]):04X}, which cannot be seen"
        node = value.node
        fix = None
        if isinstance(node, Scalar) and node.value == text:
            written = node.span.text
            fix = replacing_fix(node.span, written, UNSEEN.sub("", written)) if written == text else None
        yield UNSEEN_END.at(node.span, message, help="remove it", fix=fix)


RULE = JobRule(UNSEEN_END, find)
