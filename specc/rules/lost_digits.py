"""A number loses how it was written when a text takes it.

## What
Finds numbers without quotes in `vars`, `params`, axes, and in `env` and `args` of a `$file` that a template puts into
a text, where the text has other characters than the file: `3.10` becomes `3.1`, `007` becomes `7`, and `1e3` becomes
`1000.0`.

## Why
To YAML they are numbers, and numbers have no last zero. A version, a tag or a label with digits is not a number, and
the job loads `python/3.1` in place of `python/3.10`.

## Bad
```yaml
specc: 1
vars: {python: 3.10}
job:
  name: train
  cmd_line: module load python/{{ vars.python }} && ./train.py
  core_limit: 4
```

## Good
```yaml
specc: 1
vars: {python: "3.10"}
job:
  name: train
  cmd_line: module load python/{{ vars.python }} && ./train.py
  core_limit: 4
```
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from math import isinf

from specc.diagnostics import Diagnostic, Label, replacing_fix
from specc.diagnostics.codes import LOST_DIGITS
from specc.evaluator import Value, template_text
from specc.nodes import FileText, Mapping, Node, Scalar, Sequence, Style
from specc.rules.rule import Job, JobRule

NAME = r"(?:params|vars|matrix)(?:\.\w+|\[\d+\])+"
EXPRESSION = rf"\{{\{{-?\s*({NAME})\s*(?:\|\s*(?:sh|raw|string|join\([^()]*\))\s*)*-?\}}\}}"
"""A value as it is, or as words of the shell."""
FRACTION = r"[-+]?([0-9]*)\.([0-9]*)"


def find(job: Job) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each number that a text of the job takes and that reads otherwise there."""
    for value in job.evaluated.job.values():
        if isinstance(value.data, str) and isinstance(value.node, Scalar | FileText):
            for number, reader in dict(_numbers(value)).items():
                yield _diagnostic(number, reader)


def _numbers(value: Value) -> Iterator[tuple[Scalar, Node]]:
    """Yield the numbers that a text has taken and that it shows otherwise, each with the node that takes it."""
    node = value.node
    if isinstance(node, FileText):
        for passed in (*(node.env.entries.values() if node.env else ()), *(node.args.items if node.args else ())):
            if isinstance(passed, Scalar):
                yield from _passed(passed, value)
    text = template_text(node) if isinstance(node, Scalar | FileText) else None
    yield from _taken(text or "", node, value)


def _passed(passed: Scalar, value: Value) -> Iterator[tuple[Scalar, Node]]:
    if _is_lost(passed):
        yield passed, passed
    yield from _taken(template_text(passed) or "", passed, value)


def _taken(text: str, reader: Node, value: Value) -> Iterator[tuple[Scalar, Node]]:
    names = _names(text)
    reads = {_dotted(read.name): read for read in value.reads if read.value is not None} if names else {}
    for name in names:
        for above in _above(name):
            read = reads.get(above)
            if read is not None and read.value is not None:
                member = _member(read.value.node, name[len(above) + 1 :])
                shown = member.items if isinstance(member, Sequence) else (member,)
                lost = [each for each in shown if isinstance(each, Scalar) and _is_lost(each)]
                yield from ((each, reader) for each in lost)
                if not lost and member is read.value.node and read.value.is_computed:
                    inner = template_text(member) if isinstance(member, Scalar | FileText) else None
                    yield from _taken(inner or "", reader, read.value)


@lru_cache(maxsize=64)
def _names(text: str) -> tuple[str, ...]:
    """Return the names that a template writes as they are. All cells of a sweep have the same template."""
    return tuple(dict.fromkeys(map(_dotted, re.findall(EXPRESSION, text))))


@lru_cache(maxsize=64)
def _above(name: str) -> tuple[str, ...]:
    """Return what has a name in it, and the name: of `a.b.c` also `a` and `a.b`."""
    parts = name.split(".")
    return tuple(".".join(parts[: index + 1]) for index in range(len(parts)))


@lru_cache(maxsize=256)
def _dotted(name: str) -> str:
    """Return `a.0` for `a[0]`."""
    return name.replace("[", ".").replace("]", "")


def _member(node: Node, path: str) -> Node | None:
    """Return what stands at a path such as `a.b` or `a.0` below a node; the node itself for an empty path."""
    found: Node | None = node
    for key in path.split(".") if path else ():
        if isinstance(found, Sequence):
            found = found.items[int(key)] if key.isdecimal() and int(key) < len(found.items) else None
        else:
            found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _is_lost(node: Scalar) -> bool:
    """Return whether a number is another text than the digits in the file, which were meant."""
    value, raw = node.value, node.raw
    if isinstance(value, bool) or not isinstance(value, int | float) or node.style is not Style.PLAIN or node.verbatim:
        return False
    if isinstance(value, int):
        return raw != str(value)
    if isinf(value) or "e" in raw.lower():
        return isinf(value) or value.is_integer()
    match = re.fullmatch(FRACTION, raw)
    return match is not None and len(match[2]) > 1 and (match[2].endswith("0") or len(match[1] + match[2]) > 17)


def _diagnostic(number: Scalar, reader: Node) -> Diagnostic:
    message = f"a text takes this number as `{number.value}`, and not as `{number.raw}`"
    quoted = f'"{number.raw}"'
    labels = (Label(reader.span, "the text"),) if reader is not number else ()
    fix = replacing_fix(number.span, number.span.text, quoted)
    return LOST_DIGITS.at(number.span, message, labels=labels, help=f"write {quoted} to keep it as it is", fix=fix)


RULE = JobRule(LOST_DIGITS, find)
