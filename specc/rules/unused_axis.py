"""An axis that no template reads.

## What
Finds an axis of the matrix that no template mentions: neither as `matrix.NAME`, nor through `cell.slug`, `cell.id` or
`cell.index`, which every axis has a part in. Bases are not looked at: their heirs may read the axis.

## Why
The matrix is multiplied by the axis, so several cells are the same job. They are sent, and paid for, again and again,
and write over each other's results.

## Bad
```yaml
specc: 1
matrix:
  axes: {seed: [1, 2, 3]}
job:
  name: cavity
  core_limit: 4
  cmd_line: ./solver --seed 1
```

## Good
```yaml
specc: 1
matrix:
  axes: {seed: [1, 2, 3]}
job:
  name: cavity-{{ matrix.seed }}
  core_limit: 4
  cmd_line: ./solver --seed {{ matrix.seed }}
```
"""

from collections.abc import Iterator

from specc.diagnostics import Diagnostic
from specc.diagnostics.codes import UNUSED_AXIS
from specc.rules.rule import Family, FamilyRule

BY_CELL = ("id", "index", "slug")
"""What an axis has a part in without being named."""


def find(family: Family) -> Iterator[Diagnostic]:
    if family.document.abstract or any(family.uses.has("cell", name) for name in BY_CELL):
        return
    for key in family.unread("matrix"):
        message = f"nothing reads the axis `matrix.{key.value}`, so its cells are the same job"
        help = f"write `{{{{ matrix.{key.value} }}}}` where it is meant, or remove the axis; `repeat: N` repeats a job"
        yield UNUSED_AXIS.at(key.span, message, help=help)


RULE = FamilyRule(UNUSED_AXIS, find)
