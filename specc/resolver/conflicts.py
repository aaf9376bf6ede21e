"""Two unrelated parents that set one value differently: only their order in a list decides, so say so."""

from collections.abc import Iterator

from specc.diagnostics import Diagnostic, Label, codes
from specc.nodes import LayerKind, Mapping, Node, Path, Sequence, to_data
from specc.resolver.ancestry import Ancestry


def disagreements(node: Node, line: Ancestry, path: Path = ()) -> Iterator[Diagnostic]:
    """One finding a leaf whose winner replaced another file's different value without inheriting from that file."""
    if isinstance(node, Mapping):
        for key, value in node.entries.items():
            yield from disagreements(value, line, (*path, key))
        return
    if node.layer.kind is not LayerKind.FILE:
        return
    winner = node.span.source
    loser = _next_below(node)
    while loser is not None and loser.layer.kind is LayerKind.FILE:
        other = loser.span.source
        related = other is winner or other.name in line.above.get(winner.name, frozenset())
        if not related and to_data(loser) != to_data(node):
            yield _disagreement(node, loser, path, line)
            return
        loser = _next_below(loser)


def _next_below(node: Node) -> Node | None:
    """What the node replaced. A list that was appended to was not replaced: its old items live on."""
    below = node.beneath
    while (
        isinstance(node, Sequence)
        and isinstance(below, Sequence)
        and {id(i) for i in below.items} <= {id(i) for i in node.items}
    ):
        below = below.beneath
    return below


def _disagreement(node: Node, loser: Node, path: Path, line: Ancestry) -> Diagnostic:
    name = ".".join(map(str, path))
    pair = {node.span.source.name, loser.span.source.name}
    # The first file that inherits from both; its heirs only inherit the disagreement.
    meeting = next(part for part in line.order if pair <= line.above.get(part.source.name, frozenset()))
    return codes.SIBLINGS_DISAGREE.at(
        node.span,
        f"two parents that do not inherit from each other set `{name}` differently",
        label="this one wins, because its file comes later in `extends`",
        labels=(Label(loser.span, "this one loses"), Label(meeting.root.entries["extends"].span, "both extended here")),
        help=f"set `{name}` in the spec that extends both, if the order is meant",
    )
