"""A parent of which nothing is left.

## What
Finds a file in `extends` of which no value survives: whatever it and its own parents say is replaced by the spec.

## Why
A reader takes the parent for the place where a value comes from, and changes it there, without effect. Each change of
the parent also checks, and asks for a review of, specs that it cannot touch.

## Bad
```yaml title="base.job.yaml"
specc: 1
abstract: true
job: {core_limit: 4}
```
```yaml
specc: 1
extends: base.job.yaml
job:
  name: cavity
  core_limit: 64
  cmd_line: ./solver
```

## Good
```yaml title="base.job.yaml"
specc: 1
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
"""

from collections.abc import Iterator

from specc.diagnostics import Diagnostic
from specc.diagnostics.codes import UNUSED_PARENT
from specc.nodes import FileText, Mapping, Node, Scalar, Sequence
from specc.resolver import join
from specc.rules.rule import Document, Spec, SpecRule


def find(spec: Spec) -> Iterator[Diagnostic]:
    plain = spec.plain
    files = {document.source.name: document for document in plain.ancestors}
    lines = [(parent, _line(plain.path, parent, files)) for parent in plain.document.parents]
    if not lines:
        return
    if _is_left_of_all(lines, spec):
        return
    left = {document.source.name for document in plain.ancestors if _speaks(document)}
    left.update(*(_writers(one.body) for one in (plain, *spec.variants.values())))
    replaced = {loser for loser, winner in _replaced(plain.body) if winner != plain.path}
    for parent, line in lines:
        # A parent that another one brings, too, is there for the order.
        brings_order = any(other is not parent and line & names for other, names in lines)
        # Where another parent has replaced a value, the two may disagree, which is told elsewhere.
        if not brings_order and left.isdisjoint(line) and replaced.isdisjoint(line):
            message = f"nothing is left of `{parent.value}`: every value of it is replaced"
            help = "remove it from `extends`, or remove the values here that were meant to come from it"
            yield UNUSED_PARENT.at(parent.span, message, help=help)


def _is_left_of_all(lines: list[tuple[Scalar, frozenset[str]]], spec: Spec) -> bool:
    """Return whether each parent, or one above it, has written something that is left. So it is nearly always."""
    wanted = [line for _, line in lines]
    for writer in _writers(spec.plain.body):
        if any(writer in line for line in wanted):
            wanted = [line for line in wanted if writer not in line]
            if not wanted:
                return True
    return False


def _speaks(document: Document) -> bool:
    """Return whether the file says anything beside values, such as `api:`, or declares profiles."""
    return document.api is not None or document.body.get("profiles") is not None


def _line(origin: str, parent: Scalar, files: dict[str, Document]) -> frozenset[str]:
    """Return the names of the parent and of all its ancestors."""
    name = join(origin, str(parent.value))
    document = files.get(name) if name is not None else None
    if document is None or name is None:
        return frozenset()
    above = (_line(name, reference, files) for reference in document.parents)
    return frozenset({name}).union(*above)


def _writers(node: Node) -> Iterator[str]:
    """Yield the names of the files that wrote what is left in a tree, or removed something from it."""
    match node:
        case Scalar() | FileText():
            yield node.span.source.name
        case Mapping():
            yield from (operator.span.source.name for operator in node.removed.values())
            if not node.entries:
                yield node.span.source.name
            for value in node.entries.values():
                yield from _writers(value)
        case Sequence():
            if not node.items:
                yield node.span.source.name
            for item in node.items:
                yield from _writers(item)


def _replaced(node: Node) -> Iterator[tuple[str, str]]:
    """Yield the names of each file that lost a value and of the file that replaced the value."""
    below = node.beneath
    while below is not None:
        if not isinstance(below, Mapping):
            yield below.span.source.name, node.span.source.name
        below = below.beneath
    if isinstance(node, Mapping):
        for value in node.entries.values():
            yield from _replaced(value)


RULE = SpecRule(UNUSED_PARENT, find)
