"""Axes and zipped axes: which values each name takes, together with where each value is written."""

from collections.abc import Callable, Iterator
from collections.abc import Sequence as Many
from typing import overload

from specc.diagnostics import Diagnostic, Label, codes
from specc.expander.ranges import HELP, Range, counted, number_fault, shape_faults
from specc.expander.values import AxisValue
from specc.fast_dataclass import dataclass
from specc.nodes import Mapping, Node, Sequence, kind_of
from specc.resolver import is_template, shown

Evaluate = Callable[[Node], object]
"""The value of a node that may read `params` and `env`; what is unknown without inputs comes as any other object."""


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Axes that advance together: `rows` has one value for each name. A plain axis is a group of one name."""

    names: tuple[str, ...]
    rows: "Rows"


Axis = tuple[AxisValue, ...] | Range


class Rows(Many[tuple[AxisValue, ...]]):
    """The rows of axes that advance together. A row is made when it is first looked at: there can be a million."""

    def __init__(self, axes: tuple[Axis, ...]) -> None:
        self._axes = axes
        self._length = min(map(length, axes))
        self._made: list[tuple[AxisValue, ...]] = []

    @property
    def is_distinct(self) -> bool:
        """Are no two rows equal, as can be said without making them?"""
        return any(isinstance(axis, Range) and axis.is_distinct for axis in self._axes)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[tuple[AxisValue, ...]]:
        for index in range(self._length):
            if index == len(self._made):
                self._made.append(self._row(index))
            yield self._made[index]

    @overload
    def __getitem__(self, index: int) -> tuple[AxisValue, ...]: ...
    @overload
    def __getitem__(self, index: slice) -> list[tuple[AxisValue, ...]]: ...
    def __getitem__(self, index: int | slice) -> tuple[AxisValue, ...] | list[tuple[AxisValue, ...]]:
        if isinstance(index, int) and index < len(self._made):
            return self._made[index]
        return list(self)[index]

    def _row(self, index: int) -> tuple[AxisValue, ...]:
        return tuple(axis.value(index) if isinstance(axis, Range) else axis[index] for axis in self._axes)


def length(axis: Axis) -> int:
    return axis.count if isinstance(axis, Range) else len(axis)


def read_axes(section: Mapping, name: str, evaluate: Evaluate, found: list[Diagnostic]) -> dict[str, Axis]:
    """The axes under `axes:` or `zip:`; what cannot be used is reported and left out."""
    node = section.get(name)
    if node is None:
        return {}
    if not isinstance(node, Mapping):
        help = f"write `{name}: {{NAME: [first, second]}}`"
        found.append(codes.BAD_MATRIX.at(node.span, f"`matrix.{name}` is {kind_of(node)}, not a mapping", help=help))
        return {}
    axes: dict[str, Axis] = {}
    for key, value in node.items():
        if is_template(key):
            message = "the name of an axis is fixed, without templates"
            found.append(codes.TEMPLATE_NOT_ALLOWED.at(key.span, message, help="write the name itself"))
            continue
        axis = _axis(str(key.value), value, evaluate, found)
        if axis is not None:
            axes[str(key.value)] = axis
    return axes


def _axis(name: str, node: Node, evaluate: Evaluate, found: list[Diagnostic]) -> Axis | None:
    match node:
        case Mapping():
            return _range(name, node, evaluate, found)
        case Sequence():
            values = tuple(AxisValue(evaluate(item), item) for item in node.items)
        case _:
            whole = AxisValue(evaluate(node), node, is_item=True)
            if isinstance(whole.data, list):
                values = tuple(AxisValue(item, node) for item in whole.data)
            elif not whole.is_known:
                values = (whole,)
            else:
                what = shown(whole.data) if is_template(node) else kind_of(node)
                found.append(codes.BAD_MATRIX.at(node.span, f"axis `{name}` is {what}, not a list", help=HELP))
                return None
    if not values:
        message = f"axis `{name}` has no value, so the matrix has no cell"
        found.append(codes.BAD_MATRIX.at(node.span, message, help="give it a value, or remove the axis"))
        return None
    return values


def _range(name: str, node: Mapping, evaluate: Evaluate, found: list[Diagnostic]) -> Axis | None:
    faults = list(shape_faults(name, node))
    values = {key: AxisValue(evaluate(value), value) for key, value in node.entries.items()} if not faults else {}
    numbers: dict[str, float] = {"step": 1}
    for key, value in values.items():
        fault = number_fault(name, key, value.data, value.node) if value.is_known else None
        if fault is not None:
            faults.append(fault)
        elif isinstance(value.data, int | float):
            numbers[key] = value.data
    unknown = next((value for value in values.values() if not value.is_known), None)
    if faults or unknown is not None:
        found.extend(faults)
        return (unknown,) if unknown is not None and not faults else None
    axis = counted(name, numbers, node)
    if isinstance(axis, Diagnostic):
        found.append(axis)
        return None
    return axis


def groups_of(axes: dict[str, Axis], zipped: dict[str, Axis]) -> list[Group]:
    """The groups of the product, zipped axes as the last one. Call it when the count is known to be bearable."""
    groups = [Group((name,), Rows((axis,))) for name, axis in axes.items()]
    if zipped:
        groups.append(Group(tuple(zipped), Rows(tuple(zipped.values()))))
    return groups


def unequal(zipped: dict[str, Axis], section: Mapping) -> Diagnostic | None:
    """Zipped axes advance together, so they have one length."""
    lengths = {name: length(axis) for name, axis in zipped.items()}
    if len(set(lengths.values())) <= 1:
        return None
    node = section.entries["zip"]
    assert isinstance(node, Mapping)
    (first, size), *rest = lengths.items()
    other, other_size = next((name, n) for name, n in rest if n != size)
    return codes.BAD_MATRIX.at(
        node.entries[other].span,
        f"zipped axes advance together, but `{first}` has {size} values and `{other}` has {other_size}",
        labels=(Label(node.entries[first].span, f"{size} values"),),
        help="give them as many values, or put them under `axes:` to combine each with each",
    )
