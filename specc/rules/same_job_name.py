"""Several jobs have one name.

## What
Finds two or more payloads of a check, cells of one matrix or jobs of several specs, whose `name` is the same. Only
specs as they are count, not their variants by profile.

## Why
The scheduler takes them all. In its list of jobs nobody can tell which is which, and whoever cancels or searches by
name meets the wrong one.

## Bad
```yaml
specc: 1
matrix: {axes: {mesh: [coarse, fine]}}
job:
  name: cavity
  core_limit: 4
  cmd_line: ./solver {{ matrix.mesh }}
```

## Good
```yaml
specc: 1
matrix: {axes: {mesh: [coarse, fine]}}
job:
  name: cavity-{{ cell.slug }}
  core_limit: 4
  cmd_line: ./solver {{ matrix.mesh }}
```
"""

from collections.abc import Iterator

from specc.diagnostics import Diagnostic, Label
from specc.diagnostics.codes import SAME_JOB_NAME
from specc.lowering import Payload
from specc.rules.rule import Claim, Claims, ClashRule, ProjectView
from specc.wording import brief


def claims(payload: Payload, project: ProjectView) -> Iterator[tuple[str, Claim]]:
    if payload.name:
        yield payload.name, Claim(payload.values["name"].node.span, payload.spec_id)


def clash(claims: Claims) -> Diagnostic:
    specs = list(dict.fromkeys(claim.spec for claim in claims.places))
    where = f"cells of {specs[0]}" if len(specs) == 1 else "jobs"
    message = f"{claims.count:,} {where} have the name `{brief(claims.thing)}`"
    labels = tuple(Label(claim.span, f"{claim.spec} has it, too") for claim in claims.places[1:])
    way_out = "{{ cell.slug }}" if len(specs) == 1 else "{{ spec.name }}"
    return SAME_JOB_NAME.at(claims.span, message, labels=labels, help=f"add `{way_out}` to the name")


RULE = ClashRule(SAME_JOB_NAME, claims, clash)
