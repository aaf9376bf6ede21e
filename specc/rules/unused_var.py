"""A variable that no template reads.

## What
Finds a name under `vars:` that no template of the file, of the files that it is made of, or of the specs that
inherit from it mentions. Bases are not looked at: a base may offer more than its heirs take.

## Why
A variable that nothing reads looks as if it mattered. Somebody changes it, the check is clean, and the job that runs
is the old one. Often it is the one variable of the base that is meant, under another name.

## Bad
```yaml
specc: 1
vars:
  run_dir: /scratch/cavity
job:
  name: cavity
  core_limit: 4
  cmd_line: ./solver -in /scratch/cavity
```

## Good
```yaml
specc: 1
vars:
  run_dir: /scratch/cavity
job:
  name: cavity
  core_limit: 4
  cmd_line: ./solver -in {{ vars.run_dir | sh }}
```
"""

from collections.abc import Iterator

from specc.diagnostics import Diagnostic
from specc.diagnostics.codes import UNUSED_VAR
from specc.rules.rule import Family, FamilyRule


def find(family: Family) -> Iterator[Diagnostic]:
    for key in family.unread("vars") if not family.document.abstract else ():
        help = f"write `{{{{ vars.{key.value} }}}}` where it is meant, or remove it"
        yield UNUSED_VAR.at(key.span, f"nothing reads `vars.{key.value}`", help=help)


RULE = FamilyRule(UNUSED_VAR, find)
