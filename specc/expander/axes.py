"""Axes and zipped axes: which values each name takes, together with where each value is written."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from specc.diagnostics import Diagnostic, Label, codes, did_you_mean
from specc.nodes import Mapping, Node, Sequence, kind_of

RANGE_KEYS = ("from", "to", "step")


def same(one: object, other: object) -> bool:
    """Equal as JSON is: `true` is not 1, though Python takes them for equal."""
    match one, other:
        case list(), list():
            return len(one) == len(other) and all(map(same, one, other))
        case dict(), dict():
            return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
        case _:
            return isinstance(one, bool) == isinstance(other, bool) and one == other


Evaluate = Callable[[Node], object]
"""The value of a node that may read `params` and `env`; what is unknown without inputs comes as any other object."""


class AxisValue(NamedTuple):
    data: object
    node: Node

    @property
    def is_known(self) -> bool:
        return self.data is None or isinstance(self.data, str | int | float | list | dict)


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Axes that advance together: `rows` has one value for each name. A plain axis is a group of one name."""

    names: tuple[str, ...]
    rows: tuple[tuple[AxisValue, ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Range:
    """An inclusive range that is counted before it is made."""

    first: Decimal
    step: Decimal
    count: int
    node: Node

    def values(self) -> Iterator[AxisValue]:
        for index in range(self.count):
            value = self.first + index * self.step
            whole = value == value.to_integral_value()
            yield AxisValue(int(value) if whole and self._counts_in_integers() else float(value), self.node)

    def _counts_in_integers(self) -> bool:
        return self.first == self.first.to_integral_value() and self.step == self.step.to_integral_value()


Axis = tuple[AxisValue, ...] | Range


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
        if "{{" in str(key.value):
            help = "write the name out; its values may be templates"
            found.append(codes.TEMPLATE_NOT_ALLOWED.at(key.span, "the name of an axis is fixed", help=help))
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
            data = evaluate(node)
            if data is None or isinstance(data, str | int | float | dict):
                found.append(
                    codes.BAD_MATRIX.at(node.span, f"axis `{name}` is {kind_of(node)}, not a list", help=_HELP)
                )
                return None
            values = (
                tuple(AxisValue(item, node) for item in data) if isinstance(data, list) else (AxisValue(data, node),)
            )
    if not values:
        help = "give it a value, or remove the axis"
        found.append(
            codes.BAD_MATRIX.at(node.span, f"axis `{name}` has no value, so the matrix has no cell", help=help)
        )
        return None
    return values


_HELP = "write a list `[1, 2, 4]` or a range `{from: 1, to: 10}`"


def _range(name: str, node: Mapping, evaluate: Evaluate, found: list[Diagnostic]) -> Axis | None:
    before = len(found)
    for key in node.keys.values():
        if key.value not in RANGE_KEYS:
            help = did_you_mean(str(key.value), RANGE_KEYS, "keys")
            found.append(codes.BAD_MATRIX.at(key.span, f"a range has no `{key.value}`", help=help))
    for key_name in ("from", "to"):
        if key_name not in node.entries:
            message = f"the range of axis `{name}` lacks `{key_name}`"
            found.append(codes.BAD_MATRIX.at(node.span, message, help=_HELP))
    if len(found) > before:
        return None
    numbers: dict[str, Decimal] = {"step": Decimal(1)}
    for key_name, value in node.entries.items():
        data = evaluate(value)
        if isinstance(data, bool | str) or data is None or isinstance(data, list | dict):
            message = f"`{key_name}` of axis `{name}` is not a number"
            found.append(codes.BAD_MATRIX.at(value.span, message))
        elif not isinstance(data, int | float):
            return (AxisValue(data, value),)
        elif not Decimal(str(data)).is_finite():
            found.append(codes.BAD_MATRIX.at(value.span, f"`{key_name}` of axis `{name}` is not finite"))
        else:
            numbers[key_name] = Decimal(str(data))
    if len(found) > before:
        return None
    return _counted(name, numbers, node, found)


def _counted(name: str, numbers: dict[str, Decimal], node: Mapping, found: list[Diagnostic]) -> Range | None:
    first, last, step = numbers["from"], numbers["to"], numbers["step"]
    if step == 0 or (last - first) * step < 0:
        where = node.get("step") or node
        message = f"the range of axis `{name}` never arrives: from {first} to {last} in steps of {step}"
        wanted = "step: 1" if last >= first else "step: -1"
        help = "change the sign of `step`" if step and "step" in node.entries else f"write `{wanted}`"
        found.append(codes.BAD_MATRIX.at(where.span, message, help=help))
        return None
    return Range(first, step, int((last - first) / step) + 1, node)


def groups_of(axes: dict[str, Axis], zipped: dict[str, Axis]) -> list[Group]:
    """The groups of the product, zipped axes as the last one. Call it when the count is known to be bearable."""
    groups = [Group((name,), tuple((value,) for value in _values(axis))) for name, axis in axes.items()]
    if zipped:
        rows = tuple(zip(*(_values(axis) for axis in zipped.values()), strict=True))
        groups.append(Group(tuple(zipped), rows))
    return groups


def _values(axis: Axis) -> tuple[AxisValue, ...]:
    return tuple(axis.values()) if isinstance(axis, Range) else axis


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
