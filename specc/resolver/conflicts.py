"""Two unrelated parents that set one value differently: only their order in a list decides, so say so."""

from collections.abc import Iterator

from specc.diagnostics import Diagnostic, Label, codes
from specc.nodes import LayerKind, Mapping, Node, Path, Sequence, to_data


def disagreements(node: Node, above: dict[str, frozenset[str]], path: Path = ()) -> Iterator[Diagnostic]:
    """One finding a leaf whose winner replaced another file's different value without inheriting from that file.

    `above` gives the names of each file's ancestors.
    """
    if isinstance(node, Mapping):
        for key, value in node.entries.items():
            yield from disagreements(value, above, (*path, key))
        return
    if node.layer.kind is not LayerKind.FILE:
        return
    winner = node.span.source
    loser = _next_below(node)
    while loser is not None and loser.layer.kind is LayerKind.FILE:
        other = loser.span.source
        related = other is winner or other.name in above.get(winner.name, frozenset())
        if not related and to_data(loser) != to_data(node):
            yield _disagreement(node, loser, path)
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


def _disagreement(node: Node, loser: Node, path: Path) -> Diagnostic:
    name = ".".join(map(str, path))
    return codes.SIBLINGS_DISAGREE.at(
        node.span,
        f"two parents that do not inherit from each other set `{name}` differently",
        label="this one wins, because its file comes later in `extends`",
        labels=(Label(loser.span, "this one loses"),),
        help=f"set `{name}` in the spec that extends both, if the order is meant",
    )
