"""`--only AXIS=VALUE` and `--cell ID`: a choice among the cells of a sweep."""

from collections.abc import Iterable, Iterator
from dataclasses import field
from typing import NamedTuple

from specc.diagnostics import Diagnostic, codes, did_you_mean
from specc.expander.expand import Expansion
from specc.expander.values import ID_DIGITS, MOST_COMPARED, AxisValue, Cell, typed
from specc.fast_dataclass import dataclass
from specc.nodes import Layer, LayerKind, to_data
from specc.parser import parse_flow
from specc.source import Source


class Choice(NamedTuple):
    """A value as it is typed, and as YAML reads it. `path` leads to it in the values of an axis that are mappings."""

    axis: str
    text: str
    value: AxisValue
    path: tuple[str, ...] = ()

    def means(self, value: AxisValue) -> bool:
        """Return whether a value may be the chosen one. A text can be typed without its quotes."""
        if not value.is_known:
            return True
        part = value.part(self.path)
        return part is not None and (part.key == self.value.key or part.data == self.text)


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """Cells whose axes have one of the values given for each name, and whose id is among `whole`, or begins with one of
    `ids`. Where both are empty, any id will do."""

    only: dict[str, list[Choice]] = field(default_factory=dict)
    ids: tuple[str, ...] = ()
    whole: frozenset[str] = frozenset()

    def picks(self, cell: Cell) -> bool:
        return (self.is_any_id or self._is_whole(cell) or any(_is_called(cell, id) for id in self.ids)) and all(
            any(choice.means(cell.values[choice.axis]) for choice in choices) for choices in self.only.values()
        )

    def _is_whole(self, cell: Cell) -> bool:
        return bool(self.whole) and (cell.id in self.whole or cell.id.partition(".")[0] in self.whole)

    @property
    def is_any_id(self) -> bool:
        return not (self.ids or self.whole)

    def of(self, cells: Iterable[Cell]) -> Iterator[Cell]:
        if not self.only and self.is_any_id:
            return iter(cells)
        return (cell for cell in cells if self.picks(cell))


def _is_called(cell: Cell, id: str) -> bool:
    """Return whether an id means a cell: the beginning of a digest means all repetitions, `.2` after it the second."""
    digest, dot, repeat = id.partition(".")
    own, _, number = cell.id.partition(".")
    return bool(digest) and own.startswith(digest) and (not dot or number == repeat)


def select(expansion: Expansion, only: tuple[Source, ...], ids: tuple[str, ...]) -> tuple[Selection, list[Diagnostic]]:
    """Return the selection of `AXIS=VALUE` texts and ids, checked against the axes of one expansion."""
    found: list[Diagnostic] = []
    choices: dict[str, list[Choice]] = {}
    axes = expansion.axes if only else {}
    for text in only:
        whole, equals, wanted = text.text.partition("=")
        axis, *path = [whole] if whole in axes else whole.split(".")
        if not equals:
            message = "`--only` takes AXIS=VALUE, and there is no `=`"
            found.append(codes.BAD_OVERRIDE.at(text.span(0, len(text.text)), message))
        elif axis not in axes:
            help = did_you_mean(axis, axes, "axes") or "the spec has no matrix"
            found.append(codes.UNKNOWN_AXIS.at(text.span(0, len(axis)), f"the matrix has no axis `{axis}`", help=help))
        else:
            node, mistakes = parse_flow(text, len(whole) + 1, Layer(LayerKind.SET))
            found.extend(d for d in mistakes if d.is_error)
            if node is None or any(d.is_error for d in mistakes):
                continue
            choice = Choice(axis, wanted, AxisValue(to_data(node), node), tuple(path))
            choices.setdefault(whole, []).append(choice)
            found.extend(_lack(axis, choice, axes[axis]))
    full = frozenset(id for id in ids if len(id.partition(".")[0]) == ID_DIGITS)
    return Selection(choices, tuple(id for id in ids if id not in full), full), found


def _lack(axis: str, choice: Choice, values: list[AxisValue]) -> Iterator[Diagnostic]:
    if any(choice.means(value) for value in values):
        return
    parts = (value.part(choice.path) for value in values[:MOST_COMPARED])
    known = dict.fromkeys(typed(part) for part in parts if part is not None)
    name = ".".join((axis, *choice.path))
    message = f"axis `{axis}` has no value `{choice.text}`"
    if choice.path:
        message = f"no value of axis `{axis}` has `{choice.text}` at `{name}`"
    help = _by_part(axis, choice, values) or did_you_mean(choice.text, known, "values")
    yield codes.NO_SUCH_CELL.at(choice.value.node.span, message, help=help)


def _by_part(axis: str, choice: Choice, values: list[AxisValue]) -> str | None:
    """Return a help line with the key of a mapping that has the value, or with the keys that there are."""
    above = choice.path[:-1]
    around = [part.data for value in values[:MOST_COMPARED] if (part := value.part(above)) is not None]
    mappings = [each for each in around if isinstance(each, dict)]
    if not choice.path:
        near = next((key for each in mappings for key, value in each.items() if value == choice.value.data), None)
        return None if near is None else f"did you mean `{axis}.{near}={choice.text}`?"
    keys = list(dict.fromkeys(str(key) for each in mappings for key in each))
    return None if choice.path[-1] in keys else did_you_mean(choice.path[-1], keys, "keys")
