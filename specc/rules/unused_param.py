"""A parameter that no template reads.

## What
Finds a parameter under `params:` that no template of the file, of the files that it is made of, or of the specs that
inherit from it mentions. A base that nothing inherits from is not looked at: its heirs may be elsewhere.

## Why
Whoever gives `-p steps=500` expects another job. Where nothing reads the parameter, the same job is sent, and
nothing says so. Most often the command was changed and the parameter forgotten, or a number in the command should
have been the parameter.

## Bad
```yaml
specc: 1
params:
  steps: {type: integer, default: 100}
job:
  name: cavity
  core_limit: 4
  cmd_line: ./solver --steps 100
```

## Good
```yaml
specc: 1
params:
  steps: {type: integer, default: 100}
job:
  name: cavity
  core_limit: 4
  cmd_line: ./solver --steps {{ params.steps }}
```
"""

from collections.abc import Iterator

from specc.diagnostics import Diagnostic
from specc.diagnostics.codes import UNUSED_PARAM
from specc.rules.rule import Family, FamilyRule


def find(family: Family) -> Iterator[Diagnostic]:
    for key in family.unread("params"):
        help = f"write `{{{{ params.{key.value} }}}}` where it is meant, or remove it"
        yield UNUSED_PARAM.at(key.span, f"nothing reads `params.{key.value}`", help=help)


RULE = FamilyRule(UNUSED_PARAM, find)
