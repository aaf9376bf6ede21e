"""What stands at an offset of a spec: a key, a value, a name that a template reads, a filter, a reference to a file."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from specc.evaluator.templates import COMPILER, template_text
from specc.expressions import Template
from specc.nodes import Mapping, Node, Path, Scalar, Sequence, locate, written_characters
from specc.parser import Document
from specc.source import Source, Span

OPENING = re.compile(r"\{[{%]")
CLOSINGS = {"{{": "}}", "{%": "%}"}
CALL = re.compile(r"""'[^']*'|"[^"]*"|\|\s*(?P<filter>\w+)|\bis\s+(?:not\s+)?(?P<test>\w+)""")


class Spot(NamedTuple):
    """The innermost thing at an offset. `path` leads to `node` from the root; `span` is what the cursor is on.

    `is_key`: the cursor is on the key of the node. `name` is a name that a template reads there, such as
    ("params", "ranks"), and `filter` or `test` what it calls there.
    """

    path: Path
    node: Node
    span: Span
    is_key: bool = False
    name: tuple[str | int, ...] = ()
    filter: str = ""
    test: str = ""

    @property
    def is_in_template(self) -> bool:
        """Whether the cursor is on a name, a filter or a test of a template."""
        return bool(self.name or self.filter or self.test)


def spot_at(document: Document, offset: int) -> Spot | None:
    """Return what stands at an offset; None between the things of a spec."""
    path: Path = ()
    node: Node = document.root
    while True:
        below = _entry_at(node, offset)
        if below is None:
            break
        key, value, step = below
        path, node = (*path, step), value
        if key is not None and key.start <= offset <= key.end:
            return Spot(path, node, key, is_key=True)
    if isinstance(node, Scalar) and _holds(node.span, offset):
        return _in_scalar(path, node, offset)
    return None


def _entry_at(node: Node, offset: int) -> tuple[Span | None, Node, str | int] | None:
    match node:
        case Mapping():
            for name, key in node.keys.items():
                value = node.entries[name]
                if _holds(key.span, offset) or _holds(value.span, offset):
                    return key.span, value, name
        case Sequence():
            for index, item in enumerate(node.items):
                if _holds(item.span, offset):
                    return None, item, index
        case _:
            pass
    return None


def _holds(span: Span, offset: int) -> bool:
    return span.start <= offset <= span.end


def _in_scalar(path: Path, node: Scalar, offset: int) -> Spot:
    for name, span in names_in(node):
        if _holds(span, offset):
            return Spot(path, node, span, name=name)
    template = template_of(node)
    for call in calls_of(template.text) if template is not None else ():
        span = locate(node, call.start, call.end)
        if _holds(span, offset):
            return Spot(path, node, span, filter=call.filter, test=call.test)
    return Spot(path, node, node.span)


def template_of(node: Node) -> Template | None:
    """Return the template of a scalar; None where it has none, or one with mistakes."""
    text = template_text(node) if isinstance(node, Scalar) else None
    compiled = COMPILER.compile(text) if text is not None else None
    return compiled if isinstance(compiled, Template) else None


def names_in(node: Node) -> Iterator[tuple[tuple[str | int, ...], Span]]:
    """Yield the names that the template of a scalar reads, each with its span in the file."""
    template = template_of(node)
    if template is not None and isinstance(node, Scalar):
        for reference in template.references:
            yield reference.path, locate(node, reference.start, reference.end)


def name_in_script(text: Source, offset: int) -> tuple[tuple[str | int, ...], Span] | None:
    """Return the name that the template of a script reads at an offset."""
    compiled = COMPILER.compile(text.text)
    for reference in compiled.references if isinstance(compiled, Template) else ():
        if reference.start <= offset <= reference.end:
            return reference.path, text.span(reference.start, reference.end)
    return None


class Call(NamedTuple):
    """A filter or a test that a template calls; the name of the other is empty. `start` and `end` are of the name."""

    filter: str
    test: str
    start: int
    end: int


def calls_of(text: str) -> Iterator[Call]:
    """Yield what the expressions and statements of a template call."""
    for start, end in _codes(text):
        for call in CALL.finditer(text, start, end):
            if call.lastgroup is not None:
                yield Call(call["filter"] or "", call["test"] or "", *call.span(call.lastgroup))


def _codes(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the expressions and statements of a template begin and end. What has no end is not one."""
    at, endless = 0, set[str]()
    while (opening := OPENING.search(text, at)) is not None:
        closing = CLOSINGS[opening[0]]
        end = -1 if closing in endless else text.find(closing, opening.end())
        if end < 0:
            endless.add(closing)
            at = opening.end()
        else:
            at = end + len(closing)
            yield opening.start(), at


def index_at(node: Scalar, offset: int) -> int | None:
    """Return which character of a scalar's text is written at an offset; None where the text is not in the source."""
    written = written_characters(node)
    if written is None:
        return None
    return next((index for index, character in enumerate(written) if offset <= character.start), len(written))
