"""Unrelated parents that set one value differently, so that only their order in a list decides."""

import re
from collections.abc import Iterator

from specc.diagnostics import Diagnostic, Label, codes
from specc.nodes import FILE_LAYER, FileText, Layer, LayerKind, Mapping, Node, Path, Scalar, Sequence
from specc.resolver.ancestry import Ancestry
from specc.resolver.operators import operator_of

ADDITION = re.compile(r"""\{?\s*['"]?\$(?:append|prepend)\b""")


def disagreements(node: Node, line: Ancestry, layer: Layer = FILE_LAYER, path: Path = ()) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each leaf that two files wrote differently in this layer, if only their order decides.

    If one of the two files inherits from the other, the heir decides; so does a third file that inherits from both.
    """
    return iter(()) if line.is_chain else _disagreements(node, line, layer, path)


def _disagreements(node: Node, line: Ancestry, layer: Layer, path: Path) -> Iterator[Diagnostic]:
    if isinstance(node, Mapping) and _is_merged(node):
        for key, value in node.entries.items():
            yield from _disagreements(value, line, layer, (*path, key))
        for key, operator in node.removed.items():
            yield from _disagreement(operator, line, layer, (*path, key))
    else:
        yield from _disagreement(node, line, layer, path)


def _is_merged(node: Mapping) -> bool:
    """Return whether a mapping was merged into the mapping beneath it. Else it replaced a value as a whole."""
    below = node.beneath
    return below is None or (isinstance(below, Mapping) and operator_of(below) is None)


def _disagreement(node: Node, line: Ancestry, layer: Layer, path: Path) -> Iterator[Diagnostic]:
    writers = list(_replacing(node, layer))
    if not writers:
        return
    winner, *others = _last_words(writers, line)
    loser = next((other for other in others if _meaning(other) != _meaning(winner)), None)
    if loser is None or _is_meant_for_siblings(winner, writers, line):
        return
    name = ".".join(map(str, path))
    pair = {winner.span.source.name, loser.span.source.name}
    # The first file that inherits from both; its heirs only inherit the disagreement.
    meeting = next(part for part in line.order if pair <= line.above[part.source.name])
    where = f" in the profile `{layer.name}`" if layer.kind is LayerKind.PROFILE else ""
    yield codes.SIBLINGS_DISAGREE.at(
        winner.span,
        f"two parents that do not inherit from each other set `{name}` differently{where}",
        label="this one wins, because its file comes later in `extends`",
        labels=(Label(loser.span, "this one loses"), Label(meeting.root.entries["extends"].span, "both extended here")),
        help=f"set `{name}`{where} in the spec that extends both, if the order is meant",
    )


def _replacing(node: Node | None, layer: Layer) -> Iterator[Node]:
    """Yield the nodes that replaced the value in this layer, strongest first. Adding to a list replaces nothing."""
    while node is not None and node.layer == layer and _extends(node):
        node = node.beneath
    while node is not None and node.layer == layer:
        yield node
        node = node.beneath


def _extends(node: Node) -> bool:
    """Return whether a list extends the list beneath it. If that is empty, the text of the operator decides."""
    below = node.beneath
    if not isinstance(node, Sequence) or not isinstance(below, Sequence):
        return False
    if not below.items:
        return ADDITION.match(node.span.text) is not None
    return {id(item) for item in below.items} <= {id(item) for item in node.items}


def _last_words(writers: list[Node], line: Ancestry) -> list[Node]:
    """Return the writers that no other writer inherits from."""
    overruled = {name for writer in writers for name in line.above.get(writer.span.source.name, ())}
    return [writer for writer in writers if writer.span.source.name not in overruled]


def _is_meant_for_siblings(winner: Node, writers: list[Node], line: Ancestry) -> bool:
    """Return whether an operator acts on a value that no ancestor of its file has set, but that other parents have."""
    above = line.above[winner.span.source.name]
    return operator_of(winner) is not None and all(writer.span.source.name not in above for writer in writers)


def _meaning(node: Node | None) -> object:
    """Return data that is equal for equal values: `true` is not 1, and a literal text is not a template."""
    match node:
        case Scalar(value=value):
            is_text = node.verbatim and isinstance(value, str) and "{" in value
            said = isinstance(value, bool), value, is_text
            passed = node.passed
            return said if passed is None else (said, _meaning(passed.env), _meaning(passed.args))
        case Mapping():
            return {key: _meaning(value) for key, value in node.entries.items()}
        case Sequence():
            return [_meaning(item) for item in node.items]
        case FileText():
            return node.text.name, _meaning(node.env), _meaning(node.args)
        case None:
            return None
