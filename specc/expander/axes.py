"""Axes, zipped axes and ranges: which values each name takes, and where each value is written.

A range `{from: 1, to: 10, step: 1}` is inclusive. It is computed in exact arithmetic, and counted before it is made.
"""

from collections.abc import Callable, Iterator
from collections.abc import Sequence as Many
from decimal import Decimal
from fractions import Fraction
from math import ulp
from typing import overload

from specc.diagnostics import Diagnostic, Label, codes, did_you_mean
from specc.expander.values import AxisValue
from specc.fast_dataclass import dataclass
from specc.nodes import Mapping, Node, Sequence, kind_of
from specc.resolver import is_template, shown

RANGE_KEYS = ("from", "to", "step")
LARGEST = 1e300
HELP = "write a list `[1, 2, 4]` or a range `{from: 1, to: 10}`"


@dataclass(frozen=True, slots=True, eq=False)
class Range:
    first: Fraction
    step: Fraction
    count: int
    node: Node

    @property
    def is_whole(self) -> bool:
        """Return whether the values are integers: the first value and the step are integers then."""
        return self.first.denominator == self.step.denominator == 1

    @property
    def is_distinct(self) -> bool:
        """Return whether all values surely differ. Floats that are very close may become the same."""
        largest = max(abs(self.first), abs(self.first + (self.count - 1) * self.step))
        return self.is_whole or abs(self.step) > 4 * ulp(float(largest))

    def value(self, index: int) -> AxisValue:
        number = int if self.is_whole else float
        return AxisValue(number(self.first + index * self.step), self.node)


def shape_mistakes(name: str, node: Mapping) -> Iterator[Diagnostic]:
    for key in node.keys.values():
        if key.value not in RANGE_KEYS:
            help = did_you_mean(str(key.value), RANGE_KEYS, "keys")
            yield codes.BAD_MATRIX.at(key.span, f"a range has no `{key.value}`", help=help)
    for key_name in ("from", "to"):
        if key_name not in node.entries:
            message = f"the range of axis `{name}` has no `{key_name}`"
            yield codes.BAD_MATRIX.at(node.span, message, help=HELP)


def number_mistake(name: str, key: str, data: object, node: Node) -> Diagnostic | None:
    """Return why a value cannot be one of the numbers of a range, or None."""
    what = f"`{key}` of axis `{name}`"
    if isinstance(data, bool) or not isinstance(data, int | float):
        return codes.BAD_MATRIX.at(node.span, f"{what} is {shown(data)}, not a number")
    if not abs(data) <= LARGEST:
        return codes.BAD_MATRIX.at(node.span, f"{what} is too large for a range")
    return None


def count_range(name: str, numbers: dict[str, float], node: Mapping) -> Range | Diagnostic:
    """Return the range of these numbers, or the diagnostic of a range that never reaches its end."""
    # The decimal that is written, not the binary fraction next to it: 0.1 three times is 0.3.
    first, last, step = (Fraction(Decimal(str(numbers[key]))) for key in RANGE_KEYS)
    if step == 0 or (last - first) * step < 0:
        where = node.get("step") or node
        way = f"from {numbers['from']} to {numbers['to']} in steps of {numbers['step']}"
        help = "change the sign of `step`" if step and "step" in node.entries else None
        wanted = "step: 1" if last >= first else "step: -1"
        message = f"the range of axis `{name}` never reaches its end: {way}"
        return codes.BAD_MATRIX.at(where.span, message, help=help or f"write `{wanted}`")
    return Range(first, step, (last - first) // step + 1, node)


Evaluate = Callable[[Node], object]
"""Gives the value of a node that may read `params` and `env`. An unknown value is any other object."""


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Axes that advance together: `rows` has one value for each name. A plain axis is a group of one name."""

    names: tuple[str, ...]
    rows: "Rows"


Axis = tuple[AxisValue, ...] | Range


class Rows(Many[tuple[AxisValue, ...]]):
    """The rows of axes that advance together. A row is made when it is first needed: there can be a million."""

    def __init__(self, axes: tuple[Axis, ...]) -> None:
        self._axes = axes
        self._length = min(map(length, axes))
        self._made: list[tuple[AxisValue, ...]] = []

    @property
    def is_distinct(self) -> bool:
        """Return whether no two rows are equal, as far as that is known without making them."""
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
    """Return the axes under `axes:` or `zip:`. Axes that cannot be used are reported and left out."""
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
    mistakes = list(shape_mistakes(name, node))
    values = {key: AxisValue(evaluate(value), value) for key, value in node.entries.items()} if not mistakes else {}
    numbers: dict[str, float] = {"step": 1}
    for key, value in values.items():
        mistake = number_mistake(name, key, value.data, value.node) if value.is_known else None
        if mistake is not None:
            mistakes.append(mistake)
        elif isinstance(value.data, int | float):
            numbers[key] = value.data
    unknown = next((value for value in values.values() if not value.is_known), None)
    if mistakes or unknown is not None:
        found.extend(mistakes)
        return (unknown,) if unknown is not None and not mistakes else None
    axis = count_range(name, numbers, node)
    if isinstance(axis, Diagnostic):
        found.append(axis)
        return None
    return axis


def groups_of(axes: dict[str, Axis], zipped: dict[str, Axis]) -> list[Group]:
    """Return the groups of the product, with the zipped axes as the last group. Check the count before."""
    groups = [Group((name,), Rows((axis,))) for name, axis in axes.items()]
    if zipped:
        groups.append(Group(tuple(zipped), Rows(tuple(zipped.values()))))
    return groups


def unequal(zipped: dict[str, Axis], section: Mapping) -> Diagnostic | None:
    """Return the mistake of zipped axes of different lengths, or None."""
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
