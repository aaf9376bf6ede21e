"""A name or path in quotes that are not YAML's.

## What
Finds texts of one line that begin or end with `‘`, `’`, `“`, `”`, `「`, `」`, `＂` or `＇`, in the fields of the job
that are not commands.

## Why
YAML knows `'` and `"`. Any other quotes, as word processors and Chinese input methods write them, are part of the text.

## Bad
```yaml
specc: 1
job:
  name: ‘cavity’
  core_limit: 4
  cmd_line: ./solver
```

## Good
```yaml
specc: 1
job:
  name: cavity
  core_limit: 4
  cmd_line: ./solver
```
"""

from collections.abc import Iterator

from specc.diagnostics import Diagnostic, replacing_fix
from specc.diagnostics.codes import FOREIGN_QUOTES
from specc.nodes import Scalar, Style
from specc.rules.rule import Job, JobRule
from specc.wording import brief

PAIRS = ("‘’", "“”", "「」", "『』", "＂＂", "＇＇", "„“", "‚‘", "’’", "””")
QUOTES = frozenset("".join(PAIRS))


def find(job: Job) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each field, but commands, that begins or ends with quotes of another alphabet."""
    fields = job.project.apis[job.evaluated.spec.api].fields
    for name, value in job.evaluated.job.items():
        node, text = value.node, value.data
        if not isinstance(text, str) or not isinstance(node, Scalar) or (name in fields and fields[name].shell):
            continue
        if len(text) > 1 and not text.isascii() and "\n" not in text and (text[0] in QUOTES or text[-1] in QUOTES):
            yield _diagnostic(name, text, node)


def _diagnostic(field: str, text: str, node: Scalar) -> Diagnostic:
    odd = text[0] if text[0] in QUOTES else text[-1]
    message = f"`{odd}` is part of `{field}`: YAML's quotes are `'` and `\"`"
    plain = text[1:-1] if text[0] + text[-1] in PAIRS else text.strip("".join(QUOTES))
    is_whole = node.style is Style.PLAIN and node.span.text == text and plain.isalnum()
    fix = replacing_fix(node.span, text, f'"{plain}"') if is_whole else None
    return FOREIGN_QUOTES.at(node.span, message, help=f'write `{field}: "{brief(plain)}"`', fix=fix)


RULE = JobRule(FOREIGN_QUOTES, find)
