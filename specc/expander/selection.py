"""`--only AXIS=VALUE` and `--cell ID`: a choice among the cells of a sweep."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from specc.diagnostics import Diagnostic, codes, did_you_mean
from specc.expander.axes import same
from specc.expander.cells import Cell
from specc.expander.expand import Expansion
from specc.nodes import Layer, LayerKind, to_data
from specc.parser import parse_flow
from specc.source import Source


@dataclass(frozen=True, slots=True)
class Selection:
    """Cells whose axes have one of the values given for each axis, and whose id begins with one of `ids`."""

    only: tuple[tuple[str, str, object], ...] = ()
    ids: tuple[str, ...] = ()

    def picks(self, cell: Cell) -> bool:
        wanted: dict[str, list[tuple[str, object]]] = {}
        for axis, text, data in self.only:
            wanted.setdefault(axis, []).append((text, data))
        return (not self.ids or any(cell.id.startswith(id) for id in self.ids)) and all(
            any(_same(cell.values[axis].data, text, data) for text, data in choices) for axis, choices in wanted.items()
        )

    def of(self, cells: Iterable[Cell]) -> Iterator[Cell]:
        return (cell for cell in cells if self.picks(cell))


def _same(value: object, text: str, data: object) -> bool:
    return same(value, data) or str(value) == text


def select(expansion: Expansion, only: tuple[Source, ...], ids: tuple[str, ...]) -> tuple[Selection, list[Diagnostic]]:
    """Checks `AXIS=VALUE` texts against the axes of one expansion."""
    found: list[Diagnostic] = []
    choices: list[tuple[str, str, object]] = []
    axes = expansion.axes
    for text in only:
        axis, equals, wanted = text.text.partition("=")
        if not equals:
            found.append(codes.BAD_OVERRIDE.at(text.span(0, len(text.text)), "`--only` takes AXIS=VALUE"))
        elif axis not in axes:
            help = did_you_mean(axis, axes, "axes") or "the spec has no matrix"
            found.append(codes.UNKNOWN_AXIS.at(text.span(0, len(axis)), f"the matrix has no axis `{axis}`", help=help))
        else:
            node, faults = parse_flow(text, len(axis) + 1, Layer(LayerKind.SET))
            found.extend(d for d in faults if d.is_error)
            choices.append((axis, wanted, to_data(node) if node is not None else None))
    return Selection(tuple(choices), ids), found
