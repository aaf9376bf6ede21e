"""A number that looks wrong for the project's unit.

## What
Looks at numbers without a unit in `mem_limit` and `time_limit`, where the project has said in which unit its cluster
counts. Finds memory below 64 MiB or over 16 TiB, and times below a minute or over two days. The limits can be set:
`[rules.quantities]` has `min_memory`, `max_memory`, `min_time` and `max_time`. A quantity with its unit is taken as it
is.

## Why
`time_limit: 3600` is an hour to whoever thinks in seconds, and 60 hours to a cluster that counts minutes;
`mem_limit: 16` is meant to be 16 GiB, and is 16 MiB.

## Bad
```toml title="specc.toml"
target = "local"
[units]
time_limit = "min"
[targets.local]
run_as = "caller"
job = {zone = "here", cluster_id = "here", run_user = "me"}
```
```yaml
specc: 1
job:
  name: cavity
  cmd_line: ./solver
  core_limit: 4
  time_limit: 3600
```

## Good
```toml title="specc.toml"
target = "local"
[units]
time_limit = "min"
[targets.local]
run_as = "caller"
job = {zone = "here", cluster_id = "here", run_user = "me"}
```
```yaml
specc: 1
job:
  name: cavity
  cmd_line: ./solver
  core_limit: 4
  time_limit: 1h
```
"""

from collections.abc import Iterator
from fractions import Fraction

from specc.diagnostics import Diagnostic
from specc.diagnostics.codes import UNLIKELY_QUANTITY
from specc.nodes import Scalar, Style
from specc.rules.rule import Job, JobRule
from specc.settings import FieldType, Quantity
from specc.units import UNITS, QuantityMistake, read, spell

OTHER = {"min": "s", "s": "min", "h": "min", "d": "h", "MiB": "GiB", "KiB": "MiB", "B": "MiB", "GiB": "MiB"}
"""The unit that was perhaps meant, for each unit that a cluster may count in."""
LARGER = {"MB": "GB", "kB": "MB", "GB": "MB", "TB": "GB", "TiB": "GiB"}
LIMITS: dict[Quantity, tuple[str, str]] = {"memory": ("min_memory", "max_memory"), "duration": ("min_time", "max_time")}


def find(job: Job) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each plain number beyond the project's limits for such numbers."""
    limits = job.project.settings.rules.quantities
    for field in job.field_types():
        node, number = job.evaluated.job[field.name].node, job.number(field.name)
        if field.quantity is None or field.unit is None or number is None or number < 1:
            continue
        if field.unit not in UNITS[field.quantity]:
            continue  # the settings count memory in minutes
        if not isinstance(node, Scalar) or type(node.value) is not int or node.style is not Style.PLAIN:
            continue  # computed, or written with a unit
        least, most = (read(limits[name], field.quantity) for name in LIMITS[field.quantity])
        amount = Fraction(number * UNITS[field.quantity][field.unit])
        if isinstance(least, QuantityMistake) or isinstance(most, QuantityMistake) or least <= amount <= most:
            continue
        yield _diagnostic(field, field.quantity, field.unit, number, node)


def _diagnostic(field: FieldType, quantity: Quantity, unit: str, number: int, node: Scalar) -> Diagnostic:
    said = _spelled(number, quantity, unit)
    message = f"`{field.name}`: {number} means {said} here: `[units]` counts {field.name} in {unit}"
    other = OTHER.get(unit) or LARGER.get(unit, unit)
    meant = _spelled(number, quantity, other)
    help = f"write `{said}` if that is meant, or `{meant}` if the number was meant in {other}"
    return UNLIKELY_QUANTITY.at(node.span, message, help=help)


def _spelled(number: int, quantity: Quantity, unit: str) -> str:
    """Return a quantity as a person would write it, in one unit where that is exact: days, or hours."""
    if quantity == "memory":
        return f"{number}{unit}"
    seconds = number * UNITS[quantity][unit]
    for name in ("d", "h"):
        count, rest = divmod(seconds, UNITS[quantity][name])
        if rest == 0:
            return f"{count}{name}"
    return spell(Fraction(seconds))


RULE = JobRule(UNLIKELY_QUANTITY, find)
