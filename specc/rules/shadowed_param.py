"""A variable with the name of a parameter that it does not read.

## What
Finds a name that stands both under `params:` and under `vars:`, where the variable is not made from the parameter.

## Why
`-p ranks=8` sets `params.ranks`. A template that reads `vars.ranks` does not see it, and the two are hard to tell
apart when reading. One of them is meant.

## Bad
```yaml
specc: 1
params: {ranks: {type: integer, default: 4}}
vars: {ranks: 2}
job:
  name: cavity
  core_limit: "{{ params.ranks }}"
  cmd_line: mpirun -np {{ vars.ranks }} ./solver
```

## Good
```yaml
specc: 1
params: {ranks: {type: integer, default: 4}}
job:
  name: cavity
  core_limit: "{{ params.ranks }}"
  cmd_line: mpirun -np {{ params.ranks }} ./solver
```
"""

from collections.abc import Iterator

from specc.diagnostics import Diagnostic, Label
from specc.diagnostics.codes import SHADOWED_PARAM
from specc.rules.rule import Spec, SpecRule
from specc.rules.uses import uses_of


def find(spec: Spec) -> Iterator[Diagnostic]:
    params, vars = spec.plain.section("params"), spec.plain.section("vars")
    own = spec.plain.document.source
    for name, key in vars.keys.items():
        declared = params.keys.get(name)
        if declared is None or own not in (key.span.source, declared.span.source):
            continue
        if not uses_of(vars.entries[name], lambda _: None).has("params", name):
            message = f"`vars.{name}` has the name of a parameter, and is not made from it"
            help = f"read `params.{name}` instead, or give the variable another name"
            label = Label(declared.span, f"`-p {name}=...` sets this one")
            yield SHADOWED_PARAM.at(key.span, message, labels=(label,), help=help)


RULE = SpecRule(SHADOWED_PARAM, find)
