"""A matrix as text, expanded. The text `?` stands for a value that a check does not know without inputs."""

from dataclasses import dataclass
from textwrap import dedent

from specc.diagnostics import Diagnostic
from specc.expander import Cell, Expansion, expand, select
from specc.nodes import Layer, LayerKind, Mapping, Node, Scalar, Sequence, to_data
from specc.parser import parse_tree
from specc.source import Source


@dataclass(frozen=True)
class Opaque:
    """Unknown. Equal to any other one, as the evaluator's are when they have one kind."""


def evaluate(node: Node) -> object:
    """What stands there; unknown as a whole, if any part of it is. `=[1, 2]` is a template that gives a list."""
    data = to_data(node)
    if isinstance(node, Scalar) and isinstance(data, str) and data.startswith("{{ "):
        computed, _ = parse_tree(Source("computed", data[3:-3]))
        return to_data(computed) if computed is not None else None
    return Opaque() if has_unknown(node) else data


def has_unknown(node: Node) -> bool:
    match node:
        case Mapping():
            return any(map(has_unknown, node.entries.values()))
        case Sequence():
            return any(map(has_unknown, node.items))
        case Scalar():
            return node.value == "?"
        case _:
            return False


class Sweep:
    """An expansion with its findings and ways to look at them."""

    def __init__(self, expansion: Expansion | None, found: list[Diagnostic]) -> None:
        self.expansion = expansion
        self.found = found

    @property
    def messages(self) -> list[str]:
        return [finding.message for finding in self.found]

    @property
    def only(self) -> Diagnostic:
        (finding,) = self.found
        return finding

    @property
    def cells(self) -> list[Cell]:
        assert self.expansion is not None, self.messages
        return list(self.expansion.cells())

    @property
    def values(self) -> list[dict[str, object]]:
        return [cell.data() for cell in self.cells]

    @property
    def rows(self) -> list[tuple[object, ...]]:
        """The values of each cell without the names of the axes."""
        return [tuple(values.values()) for values in self.values]

    def selected(self, *only: str, ids: tuple[str, ...] = ()) -> tuple[list[Cell], list[Diagnostic]]:
        assert self.expansion is not None, self.messages
        texts = tuple(Source("--only", text, "--only") for text in only)
        selection, found = select(self.expansion, texts, ids)
        return list(selection.of(self.expansion.cells())), found


def sweep(text: str) -> Sweep:
    """`sweep("axes: {a: [1, 2]}")`"""
    node, found = parse_tree(Source("m.yaml", dedent(text).lstrip("\n") or "{}"), Layer(LayerKind.FILE))
    assert not any(finding.is_error for finding in found), found
    assert isinstance(node, Mapping)
    return Sweep(*expand(node, evaluate))
