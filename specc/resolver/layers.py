"""Layers merged from the weakest up. What many files inherit is merged once for all of them."""

from dataclasses import replace
from functools import lru_cache

from specc.diagnostics import Diagnostic, codes
from specc.nodes import Mapping, Node, Scalar, kind_of
from specc.resolver.merge import Merge
from specc.resolver.profiles import COMPOSED
from specc.source import Source, Span


def _sections(place: Span) -> Mapping:
    """A body with every section, at the place where a section would be added."""
    sections: dict[str, Node] = {name: Mapping({}, {}, place) for name in COMPOSED}
    return Mapping(sections, {name: Scalar(name, place, name) for name in COMPOSED}, place)


NOTHING = _sections(Source("", "").span())
"""Below all layers, whosever they are."""


@lru_cache(maxsize=256)
def inherited(
    jobs: tuple[Mapping, ...], bodies: tuple[Mapping, ...], lenient: bool
) -> tuple[Mapping, tuple[Diagnostic, ...]]:
    """Job values of the API and the project, and the bodies of ancestors over them; and what is found on the way.

    Siblings have the same ones: nodes are told apart by identity, and a file is parsed once.
    """
    merge = Merge(lenient)
    body = NOTHING
    for job in jobs:
        body = replace(body, entries={**body.entries, "job": _merge_section(merge, body, "job", job)})
    for part in bodies:
        body = merge_body(merge, body, part)
    return body, tuple(merge.found)


def whole(body: Mapping, place: Span) -> Mapping:
    """The body of one file: what no layer has said stands at this place."""
    entries, keys = dict(body.entries), dict(body.keys)
    for name, node in _sections(place).items():
        if entries[str(name.value)] is NOTHING.entries[str(name.value)]:
            entries[str(name.value)] = node
        if keys[str(name.value)] is NOTHING.keys[str(name.value)]:
            keys[str(name.value)] = name
    return replace(body, entries=entries, keys=keys, span=place)


def section(body: Mapping, name: str) -> Mapping:
    node = body.entries[name]
    assert isinstance(node, Mapping)
    return node


def _merge_section(merge: Merge, body: Mapping, name: str, node: Node) -> Mapping:
    """A section over what is there. It can be an operator as a whole; empty or not, it stays a mapping."""
    below = section(body, name)
    is_inherited = bool(below.entries or below.removed)
    merged = merge.over(below if is_inherited else None, node, (name,))
    match merged:
        case Mapping():
            return merged
        case None:
            removed: dict[str, Node] = {key: replace(node, beneath=value) for key, value in below.entries.items()}
            beneath = below if is_inherited else None
            return Mapping({}, {}, node.span, node.layer, beneath, {**below.removed, **removed})
        case _:
            message = f"`{name}` is {kind_of(merged)}, not a mapping"
            merge.found.append(codes.KIND_CONFLICT.at(merged.span, message))
            return below


def merge_body(merge: Merge, body: Mapping, part: Mapping) -> Mapping:
    """One file or overlay over what is there."""
    entries, keys = dict(body.entries), dict(body.keys)
    for key, node in part.items():
        name = str(key.value)
        if name in COMPOSED:
            entries[name], keys[name] = _merge_section(merge, body, name, node), key
    return replace(body, entries=entries, keys=keys)
