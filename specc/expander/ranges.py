"""`{from: 1, to: 10, step: 1}`: an inclusive range, in exact arithmetic, counted before it is made."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from math import ulp

from specc.diagnostics import Diagnostic, codes, did_you_mean
from specc.expander.values import AxisValue
from specc.fast_dataclass import dataclass
from specc.nodes import Mapping, Node
from specc.resolver import shown

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
        """Are its values integers? They are, if the range begins with one and proceeds by one."""
        return self.first.denominator == self.step.denominator == 1

    @property
    def is_distinct(self) -> bool:
        """Are no two of its values surely equal? Floats that are very close become one."""
        largest = max(abs(self.first), abs(self.first + (self.count - 1) * self.step))
        return self.is_whole or abs(self.step) > 4 * ulp(float(largest))

    def value(self, index: int) -> AxisValue:
        number = int if self.is_whole else float
        return AxisValue(number(self.first + index * self.step), self.node)


def shape_faults(name: str, node: Mapping) -> Iterator[Diagnostic]:
    for key in node.keys.values():
        if key.value not in RANGE_KEYS:
            help = did_you_mean(str(key.value), RANGE_KEYS, "keys")
            yield codes.BAD_MATRIX.at(key.span, f"a range has no `{key.value}`", help=help)
    for key_name in ("from", "to"):
        if key_name not in node.entries:
            message = f"the range of axis `{name}` lacks `{key_name}`"
            yield codes.BAD_MATRIX.at(node.span, message, help=HELP)


def number_fault(name: str, key: str, data: object, node: Node) -> Diagnostic | None:
    """Why a value cannot be one of the numbers of a range."""
    what = f"`{key}` of axis `{name}`"
    if isinstance(data, bool) or not isinstance(data, int | float):
        return codes.BAD_MATRIX.at(node.span, f"{what} is {shown(data)}, not a number")
    if not abs(data) <= LARGEST:
        return codes.BAD_MATRIX.at(node.span, f"{what} is too large for a range")
    return None


def counted(name: str, numbers: dict[str, float], node: Mapping) -> Range | Diagnostic:
    """The range of these numbers, if it ever arrives."""
    # The decimal that is written, not the binary fraction next to it: 0.1 three times is 0.3.
    first, last, step = (Fraction(Decimal(str(numbers[key]))) for key in RANGE_KEYS)
    if step == 0 or (last - first) * step < 0:
        where = node.get("step") or node
        way = f"from {numbers['from']} to {numbers['to']} in steps of {numbers['step']}"
        help = "change the sign of `step`" if step and "step" in node.entries else None
        wanted = "step: 1" if last >= first else "step: -1"
        message = f"the range of axis `{name}` never arrives: {way}"
        return codes.BAD_MATRIX.at(where.span, message, help=help or f"write `{wanted}`")
    return Range(first, step, (last - first) // step + 1, node)
