"""Axes, zipped axes and ranges: which values each name takes, and where each value is written.

A range `{from: 1, to: 10, step: 1}` is inclusive. `steps: 4` in place of `step` says how many values it has, and
`scale: log` that each is the same multiple of the one before. A range is computed in exact arithmetic as far as there
is any, and counted before it is made.
"""

from collections.abc import Callable, Iterator
from collections.abc import Sequence as Many
from decimal import Decimal
from fractions import Fraction
from math import gcd, log, ulp
from typing import overload

from specc.diagnostics import Diagnostic, Label, codes, did_you_mean
from specc.expander.values import AxisValue
from specc.fast_dataclass import dataclass
from specc.nodes import FileText, Mapping, Node, Sequence, kind_of
from specc.resolver import is_lost_form, is_template, shown

RANGE_KEYS = ("from", "to", "step", "steps", "scale")
SCALES = ("linear", "log")
MOST_STEPS = 1_000_000
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


@dataclass(frozen=True, slots=True, eq=False)
class LogRange:
    """Numbers of which each is the same multiple of the one before: `count` of them, from `first` to `last`."""

    first: Fraction
    last: Fraction
    count: int
    node: Node

    def _exact(self, index: int) -> Fraction | None:
        """Return a value without any rounding, if it has one: the multiple is a whole number then."""
        # Of seven values from 1 to 1000, every second one is a power of 10: what divides the way evenly is exact.
        parts = gcd(index, self.count - 1) or 1
        pieces, steps = (self.count - 1) // parts, index // parts
        if pieces <= 1:
            return self.last if steps else self.first
        low, high = sorted((self.first, self.last))
        factor = round(float(high / low) ** (1 / pieces))
        if low * factor**pieces != high:
            return None
        multiple: int = factor**steps
        return self.first * multiple if self.last > self.first else self.first / multiple

    @property
    def is_distinct(self) -> bool:
        """Return whether all values surely differ. Floats that are very close may become the same."""
        ratio = abs(log(float(self.last / self.first)))
        return self.count == 1 or ratio / (self.count - 1) > 1e-15

    def value(self, index: int) -> AxisValue:
        exact = self._exact(index)
        if exact is None:
            number = float(self.first) * float(self.last / self.first) ** (index / (self.count - 1))
            # Twelve digits are more than anybody means, and spare names the noise behind them.
            return AxisValue(float(f"{number:.12g}"), self.node)
        return AxisValue(int(exact) if self.is_whole else float(exact), self.node)

    @property
    def is_whole(self) -> bool:
        """Return whether all values are integers."""
        return all(
            (exact := self._exact(index)) is not None and exact.denominator == 1 for index in (0, 1, self.count - 1)
        )


def shape_mistakes(name: str, node: Mapping) -> Iterator[Diagnostic]:
    for key in node.keys.values():
        if key.value not in RANGE_KEYS:
            help = did_you_mean(str(key.value), RANGE_KEYS, "keys")
            yield codes.BAD_MATRIX.at(key.span, f"a range has no `{key.value}`", help=help)
    for key_name in ("from", "to"):
        if key_name not in node.entries:
            message = f"the range of axis `{name}` has no `{key_name}`"
            yield codes.BAD_MATRIX.at(node.span, message, help=HELP)
    if "step" in node.entries and "steps" in node.entries:
        message = f"the range of axis `{name}` has both `step` and `steps`"
        help = "`step` is the distance of two values, `steps` the number of values: keep one of them"
        yield codes.BAD_MATRIX.at(node.keys["steps"].span, message, help=help)


def number_mistake(name: str, key: str, data: object, node: Node) -> Diagnostic | None:
    """Return why a value cannot be one of the numbers of a range, or None."""
    what = f"`{key}` of axis `{name}`"
    if isinstance(data, bool) or not isinstance(data, int | float):
        return codes.BAD_MATRIX.at(node.span, f"{what} is {shown(data)}, not a number")
    if key == "steps":
        if isinstance(data, int) and 1 <= data <= MOST_STEPS:
            return None
        message = f"{what} is {shown(data)}, not a whole number from 1 to {MOST_STEPS:,}"
        return codes.BAD_MATRIX.at(node.span, message)
    if not abs(data) <= LARGEST:
        return codes.BAD_MATRIX.at(node.span, f"{what} is too large for a range")
    return None


def count_range(name: str, numbers: dict[str, float], node: Mapping, *, is_log: bool) -> Range | LogRange | Diagnostic:
    """Return the range of these numbers, or the diagnostic of a range that has no values or not so many."""
    # The decimal that is written, not the binary fraction next to it: 0.1 three times is 0.3.
    first, last = (Fraction(Decimal(str(numbers[key]))) for key in ("from", "to"))
    count = int(numbers["steps"]) if "steps" in numbers else None
    if is_log:
        return _log_range(name, first, last, count, node)
    if count is not None:
        if (count == 1) != (first == last):
            return _not_so_many(name, numbers, count, node)
        return Range(first, (last - first) / max(1, count - 1), count, node)
    step = Fraction(Decimal(str(numbers.get("step", 1))))
    if step == 0 or (last - first) * step < 0:
        where = node.get("step") or node
        way = f"from {numbers['from']} to {numbers['to']} in steps of {numbers.get('step', 1)}"
        help = "change the sign of `step`" if step and "step" in node.entries else None
        wanted = "step: 1" if last >= first else "step: -1"
        message = f"the range of axis `{name}` never reaches its end: {way}"
        return codes.BAD_MATRIX.at(where.span, message, help=help or f"write `{wanted}`")
    return Range(first, step, (last - first) // step + 1, node)


def _log_range(name: str, first: Fraction, last: Fraction, count: int | None, node: Mapping) -> LogRange | Diagnostic:
    if count is None:
        message = f"the range of axis `{name}` has a `scale` of `log`, and no `steps`"
        where = node.keys.get("step", node.keys["scale"])
        return codes.BAD_MATRIX.at(where.span, message, help="write how many values it has: `steps: 4`")
    if first <= 0 or last <= 0:
        below = node.entries["from" if first <= 0 else "to"]
        message = f"axis `{name}` has a `scale` of `log`, so its numbers are above 0"
        return codes.BAD_MATRIX.at(below.span, message, help="begin above 0, or remove `scale`")
    if (count == 1) != (first == last):
        return _not_so_many(name, {"from": float(first), "to": float(last)}, count, node)
    if max(first, last) / min(first, last) > LARGEST:
        message = f"the range of axis `{name}` is too wide: its ends differ by more than a factor of {LARGEST:g}"
        return codes.BAD_MATRIX.at(node.span, message)
    return LogRange(first, last, count, node)


def _not_so_many(name: str, numbers: dict[str, float], count: int, node: Mapping) -> Diagnostic:
    where = node.get("steps") or node
    message = f"the range of axis `{name}` cannot have {count} {'value' if count == 1 else 'values'}"
    both = f"from {numbers['from']:g} to {numbers['to']:g}"
    help = "`steps` counts both ends: write 2 or more" if count == 1 else "write a list with the one value"
    return codes.BAD_MATRIX.at(where.span, f"{message} {both}", help=help)


class NotRead:
    """The values of an axis whose file cannot be read, which is reported."""

    def __repr__(self) -> str:
        return "not read"


Evaluate = Callable[[Node], object]
"""Gives the value of a node that may read `params` and `env`. An unknown value is any other object."""


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Axes that advance together: `rows` has one value for each name. A plain axis is a group of one name."""

    names: tuple[str, ...]
    rows: "Rows"


Axis = tuple[AxisValue, ...] | Range | LogRange


class Rows(Many[tuple[AxisValue, ...]]):
    """The rows of axes that advance together. A row is made when it is first needed: there can be a million."""

    def __init__(self, axes: tuple[Axis, ...]) -> None:
        self._axes = axes
        self._length = min(map(length, axes))
        self._made: list[tuple[AxisValue, ...]] = []

    @property
    def is_distinct(self) -> bool:
        """Return whether no two rows are equal, as far as that is known without making them."""
        return any(not isinstance(axis, tuple) and axis.is_distinct for axis in self._axes)

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
        return tuple(axis[index] if isinstance(axis, tuple) else axis.value(index) for axis in self._axes)


def length(axis: Axis) -> int:
    return len(axis) if isinstance(axis, tuple) else axis.count


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
        case FileText():
            from specc.expander.files import read_file  # few sweeps have a file

            return read_file(name, node, found)
        case _:
            whole = AxisValue(NotRead() if is_lost_form(node) else evaluate(node), node, is_item=True)
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
    scale = values.pop("scale", None)
    if scale is not None and scale.is_known and scale.data not in SCALES:
        help = did_you_mean(str(scale.data), SCALES, "scales")
        mistakes.append(
            codes.BAD_MATRIX.at(scale.node.span, f"`scale` of axis `{name}` is {shown(scale.data)}", help=help)
        )
    numbers: dict[str, float] = {}
    for key, value in values.items():
        mistake = number_mistake(name, key, value.data, value.node) if value.is_known else None
        if mistake is not None:
            mistakes.append(mistake)
        elif isinstance(value.data, int | float):
            numbers[key] = value.data
    told = [*values.values(), *([scale] if scale is not None else [])]
    unknown = next((value for value in told if not value.is_known), None)
    if mistakes or unknown is not None:
        found.extend(mistakes)
        return (unknown,) if unknown is not None and not mistakes else None
    axis = count_range(name, numbers, node, is_log=scale is not None and scale.data == "log")
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
        help="give them as many values, or put them under `axes:` to get every combination",
    )
