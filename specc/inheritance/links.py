"""The files that one spec refers to: its parents, and the files that it includes. No reference is a template."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from specc.nodes import Mapping, Node, Scalar, Sequence
from specc.parser import Document
from specc.resolver import join
from specc.source import Span

How = Literal["extends", "includes"]


class Link(NamedTuple):
    """A reference. `target` is a name in the project, or None where the reference leads out of the project."""

    target: str | None
    how: How
    span: Span
    written: str


def links(document: Document) -> Iterator[Link]:
    """Yield every reference of a spec, in the order written."""
    name = document.source.name
    for parent in document.parents:
        yield Link(join(name, str(parent.value)), "extends", parent.span, str(parent.value))
    for reference in _files(document.body) if document.has_operators else ():
        yield Link(join(name, str(reference.value)), "includes", reference.span, str(reference.value))


def references(document: Document) -> frozenset[str]:
    """Return the names of a spec's parents and of the files that it includes."""
    return frozenset(link.target for link in links(document) if link.target is not None)


def _files(node: Node) -> Iterator[Scalar]:
    match node:
        case Mapping():
            reference = node.get("$file")
            if isinstance(reference, Scalar) and isinstance(reference.value, str):
                yield reference
            for value in node.entries.values():
                yield from _files(value)
        case Sequence():
            for item in node.items:
                yield from _files(item)
