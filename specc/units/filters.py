"""The template filters `gib`, `mib`, `minutes`, `seconds`: from a number to a quantity and back."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial

from specc.settings import Quantity
from specc.units.convert import to_unit
from specc.units.quantity import MAX_LENGTH, Problem, read

FILTERS: dict[str, tuple[str, Quantity]] = {
    "gib": ("GiB", "memory"),
    "mib": ("MiB", "memory"),
    "minutes": ("min", "duration"),
    "seconds": ("s", "duration"),
}


def filters() -> dict[str, Callable[[object], object]]:
    """The filters by name. Each makes a number a quantity text, and a quantity text a number.

    They raise ValueError, with a message to show, for a value that is neither.
    """
    return {name: partial(_apply, name, unit, quantity) for name, (unit, quantity) in FILTERS.items()}


def _apply(name: str, unit: str, quantity: Quantity, value: object) -> int | str:
    match value:
        case bool():
            raise ValueError(f"`{name}` takes a number or a quantity, not a boolean")
        case int() | float():
            return _number_text(value, name) + unit
        case str():
            amount = read(value, quantity)
            number = amount if isinstance(amount, Problem) else to_unit(amount, value, unit, quantity)
            if isinstance(number, Problem):
                raise ValueError(number.message)
            return number
        case _:
            raise ValueError(f"`{name}` takes a number or a quantity")


def _number_text(value: int | float, name: str) -> str:
    """The number in plain digits, `1.5` and `64`, never `1e3`."""
    if not 0 <= value < 10**18:
        raise ValueError(f"`{name}` takes a number from 0 to 10^18")
    text = format(Decimal(repr(value)), "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    if len(text) > MAX_LENGTH // 2:
        raise ValueError(f"`{name}` takes a number of at most {MAX_LENGTH // 2} digits")
    return text
