"""A field that specc fills in, and that other versions of the API lack.

## What
Finds a field that a file sets to the value which specc sends anyway, and which some version of the API does not have.
In version 2 of submitJob that is `submit_type: 1`.

## Why
Without the line the same job is sent, and the file serves every version. With it, a spec or base cannot be used with
a version that does not know the field. `specc schema diff ehpc/v1 ehpc/v2` lists what differs.

## Bad
```yaml
specc: 1
api: ehpc/v2
job:
  name: cavity
  core_limit: 4
  submit_type: 1
  cmd_line: ./solver
```

## Good
```yaml
specc: 1
api: ehpc/v2
job:
  name: cavity
  core_limit: 4
  cmd_line: ./solver
```
"""

from collections.abc import Iterator

from specc.diagnostics import Diagnostic, one_of
from specc.diagnostics.codes import VERSION_DEPENDENT_FIELD
from specc.nodes import Scalar
from specc.rules.rule import Spec, SpecRule


def find(spec: Spec) -> Iterator[Diagnostic]:
    plain, apis = spec.plain, spec.project.apis
    job, defaults = plain.section("job"), apis[plain.api].defaults
    for name, default in defaults.entries.items():
        node = job.get(name)
        if not isinstance(node, Scalar) or node.span.source is not plain.document.source:
            continue
        lacking = [api for api in apis if name not in apis[api].fields]
        if lacking and isinstance(default, Scalar) and node.value == default.value:
            message = f"`{name}` is sent as {default.value} anyway, and {one_of(lacking)} has no such field"
            yield VERSION_DEPENDENT_FIELD.at(job.keys[name].span, message, help="remove the line")


RULE = SpecRule(VERSION_DEPENDENT_FIELD, find)
