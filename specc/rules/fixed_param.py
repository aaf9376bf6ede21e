"""A parameter that can have only one value.

## What
Finds a parameter that allows a single value: one entry in `choices`, or the same `minimum` and `maximum`. Bases are
not looked at: their heirs may allow more.

## Why
A parameter is what can be given with `-p`. This one cannot: each other value is refused. It is a variable.

## Bad
```yaml
specc: 1
params:
  solver: {type: string, choices: [icoFoam], default: icoFoam}
job:
  name: cavity
  core_limit: 4
  cmd_line: "{{ params.solver | sh }} -case ."
```

## Good
```yaml
specc: 1
params:
  solver: {type: string, choices: [icoFoam, pisoFoam], default: icoFoam}
job:
  name: cavity
  core_limit: 4
  cmd_line: "{{ params.solver | sh }} -case ."
```
"""

from collections.abc import Iterator

from specc.diagnostics import Diagnostic
from specc.diagnostics.codes import FIXED_PARAM
from specc.resolver import Param, shown
from specc.rules.rule import Spec, SpecRule


def find(spec: Spec) -> Iterator[Diagnostic]:
    for name, param in spec.plain.params.items():
        if spec.plain.abstract or param.key.span.source is not spec.plain.document.source:
            continue
        values = _values(param)
        if len(values) == 1:
            message = f"`params.{name}` can only be {shown(values.pop())}"
            help = f"allow another value, or write it as `vars: {{{name}: ...}}`"
            yield FIXED_PARAM.at(param.key.span, message, help=help)


def _values(param: Param) -> set[object]:
    """Return all values that the parameter allows, or no values if they are not a short list."""
    if param.choices:
        return {choice.value for choice in param.choices}
    bounds = {bound.value for bound in (param.minimum, param.maximum) if bound is not None}
    return set(bounds) if param.minimum is not None and param.maximum is not None and len(bounds) == 1 else set()


RULE = SpecRule(FIXED_PARAM, find)
