"""From a quantity's text to the integer that the API wants, in the unit that the project says."""

import re
from fractions import Fraction
from math import floor

from specc.diagnostics.codes import BAD_QUANTITY, INEXACT_QUANTITY, UNIT_NOT_SET
from specc.settings import FieldType, Quantity
from specc.units.quantity import NOUNS, UNITS, Problem, read

MEANT = re.compile(r"did you mean `([^`]+)`\?")


def convert(text: str, field: FieldType) -> int | Problem:
    """The quantity `text` as a whole number of `field.unit`, or why it has none. Never raises, whatever the text."""
    if field.quantity is None:
        return Problem(BAD_QUANTITY, f"`{field.name}` takes no quantities", "write a plain number")
    amount = read(text, field.quantity)
    if isinstance(amount, Problem):
        return _fitting(amount, field)
    if field.unit is None or field.unit not in UNITS[field.quantity]:
        return _no_unit(text, field, field.quantity)
    return to_unit(amount, text, field.unit, field.quantity)


def _fitting(problem: Problem, field: FieldType) -> Problem:
    """The problem with a quantity in its help that the field can take: `4gb` is 4GB, which is not a number of MiB."""
    unit, quantity = field.unit or "", field.quantity or "memory"
    meant = MEANT.fullmatch(problem.help or "")
    if meant is None or unit not in UNITS[quantity]:
        return problem
    amount = read(meant[1], quantity)
    inexact = None if isinstance(amount, Problem) else to_unit(amount, meant[1], unit, quantity)
    binary = _binary_of(meant[1], unit, quantity)
    if not isinstance(inexact, Problem) or binary is None:
        return problem
    return problem._replace(help=f"write `{binary}` (powers of 1024): {meant[1]} is not a whole number of {unit}")


def to_unit(amount: Fraction, text: str, unit: str, quantity: Quantity) -> int | Problem:
    """`amount`, which `text` denotes in bytes or seconds, as a whole number of `unit`."""
    exact = amount / UNITS[quantity][unit]
    if exact.denominator == 1:
        return exact.numerator
    below = floor(exact)
    return Problem(
        INEXACT_QUANTITY,
        f"`{text}` is no whole number of {unit}: it lies between {below}{unit} and {below + 1}{unit}",
        _nearest(below, unit) + _binary(text, unit, quantity),
    )


def _nearest(below: int, unit: str) -> str:
    return f"write `{below}{unit}` or `{below + 1}{unit}`" if below else f"write `1{unit}`"


def _binary(text: str, unit: str, quantity: Quantity) -> str:
    meant = _binary_of(text, unit, quantity)
    return f", or `{meant}` where powers of 1024 are meant" if meant is not None else ""


def _binary_of(text: str, unit: str, quantity: Quantity) -> str | None:
    """`4GiB` for `4GB`, where that is a whole number of the unit: it is often written for it."""
    if quantity != "memory" or not text.endswith(("kB", "MB", "GB", "TB")):
        return None
    meant = f"{text[:-2]}{text[-2].upper()}iB"
    amount = read(meant, quantity)
    is_whole = not isinstance(amount, Problem) and (amount / UNITS[quantity][unit]).denominator == 1
    return meant if is_whole else None


def _no_unit(text: str, field: FieldType, quantity: Quantity) -> Problem:
    example = "MiB" if quantity == "memory" else "min"
    units = ", ".join(f"`{unit}`" for unit in UNITS[quantity])
    if field.unit is None:
        return Problem(
            UNIT_NOT_SET,
            f"`{text}` cannot be converted: the API documents no unit for `{field.name}`, and the project sets none",
            f'write `{field.name} = "{example}"` under `[units]` in specc.toml, with the unit that the cluster uses '
            f"({units}); a plain number is sent as it is",
        )
    return Problem(
        UNIT_NOT_SET,
        f"`{text}` cannot be converted: the project's unit for `{field.name}` is `{field.unit}`, "
        f"which is no unit of {quantity}",
        f"set `{field.name}` under `[units]` in specc.toml to one of {units}: it is a {NOUNS[quantity]}",
    )
