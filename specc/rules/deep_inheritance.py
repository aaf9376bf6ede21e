"""A chain of parents longer than the project wants.

## What
Finds the file at which a chain of `extends` becomes longer than `max_inheritance` in `[rules]`, 5 if nothing is said.

## Why
Whoever reads a spec has to read every file above it. Past a few, nobody does.

## Bad
```toml title="specc.toml"
[rules]
max_inheritance = 1
```
```yaml title="site.job.yaml"
specc: 1
abstract: true
job: {cluster_id: ehpc-1, zone: jn1a, run_user: usr-1}
```
```yaml title="base.job.yaml"
specc: 1
extends: site.job.yaml
abstract: true
job: {core_limit: 4}
```
```yaml
specc: 1
extends: base.job.yaml
job:
  name: cavity
  cmd_line: ./solver
```

## Good
```toml title="specc.toml"
[rules]
max_inheritance = 1
```
```yaml title="base.job.yaml"
specc: 1
abstract: true
job: {cluster_id: ehpc-1, zone: jn1a, run_user: usr-1, core_limit: 4}
```
```yaml
specc: 1
extends: base.job.yaml
job:
  name: cavity
  cmd_line: ./solver
```
"""

from collections.abc import Iterator

from specc.diagnostics import Diagnostic
from specc.diagnostics.codes import DEEP_INHERITANCE
from specc.nodes import Scalar
from specc.resolver import ResolvedSpec, join
from specc.rules.rule import Document, Spec, SpecRule

Edge = tuple[Document, Scalar]


def find(spec: Spec) -> Iterator[Diagnostic]:
    most = spec.project.settings.rules.max_inheritance
    # The longest chain takes every file at most once.
    if len(spec.plain.ancestors) <= most:
        return
    chain = _longest_chain(spec.plain)
    # With more than one file too many, the diagnostic is at the parent.
    if len(chain) == most + 1:
        message = f"the chain of parents is {len(chain)} files long, and {most} is the most that the project wants"
        edges = tuple(f"{ref.span.location}: {document.source.name} extends {ref.value}" for document, ref in chain)
        help = "merge some of these bases into one, or set `max_inheritance` in `[rules]`"
        yield DEEP_INHERITANCE.at(chain[0][1].span, message, notes=edges, help=help)


def _longest_chain(spec: ResolvedSpec) -> tuple[Edge, ...]:
    chains: dict[str, tuple[Edge, ...]] = {}
    for document in (*spec.ancestors, spec.document):  # weakest first: parents come before their heirs
        origin = document.source.name
        ways = [((document, ref), *chains.get(join(origin, str(ref.value)) or "", ())) for ref in document.parents]
        chains[origin] = max(ways, key=len, default=())
    return chains[spec.document.source.name]


RULE = SpecRule(DEEP_INHERITANCE, find)
