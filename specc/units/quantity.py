"""Quantities as people write them (`64GiB`, `2h30m`, `12:00:00`, `1-12:00`), and the integers that the API wants.

All sums are exact.
"""

import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from functools import partial
from itertools import pairwise
from math import floor
from typing import NamedTuple

from specc.diagnostics import Code
from specc.diagnostics.codes import AMBIGUOUS_QUANTITY, BAD_QUANTITY, INEXACT_QUANTITY, UNIT_NOT_SET
from specc.settings import FieldType, Quantity

MEMORY_UNITS: dict[str, int] = {
    "B": 1,
    "kB": 1000,
    "KiB": 1024,
    "MB": 1000**2,
    "MiB": 1024**2,
    "GB": 1000**3,
    "GiB": 1024**3,
    "TB": 1000**4,
    "TiB": 1024**4,
}
DURATION_UNITS: dict[str, int] = {"s": 1, "min": 60, "h": 3600, "d": 86400}
UNITS: dict[Quantity, dict[str, int]] = {"memory": MEMORY_UNITS, "duration": DURATION_UNITS}

EXAMPLES: dict[Quantity, str] = {"memory": "64GiB", "duration": "2h30m"}
NOUNS: dict[Quantity, str] = {"memory": "memory size", "duration": "duration"}
ALIASES: dict[Quantity, dict[str, str]] = {"memory": {}, "duration": {"m": "min"}}

SPOKEN: dict[str, str] = {
    **dict.fromkeys(("byte", "bytes", "字节"), "B"),
    "ki": "KiB",
    "mi": "MiB",
    "gi": "GiB",
    "ti": "TiB",  # Kubernetes
    **dict.fromkeys(("sec", "secs", "second", "seconds", "秒"), "s"),
    **dict.fromkeys(("mins", "minute", "minutes", "分", "分钟"), "min"),
    **dict.fromkeys(("hr", "hrs", "hour", "hours", "小时"), "h"),
    **dict.fromkeys(("day", "days", "天"), "d"),
}
"""Other names of units. They are only suggested: one spelling of each unit keeps specs easy to search and compare."""

MAX_LENGTH = 64
PART = re.compile(r" *([0-9]+(?:\.[0-9]+)?) *([^\W\d_]+) *")
CLOCK = r"(?:([0-9]+)-)?([0-9]+):([0-9]{2}):([0-9]{2})"
SHORT_CLOCK = r"([0-9]+):([0-9]{2})"
DAYS_AND_HOURS = r"([0-9]+)-([0-9]{1,2})(?::([0-9]{2}))?"
COMMA = r"([0-9]+),([0-9]+) *([^\W\d_]+)"
BARE_NUMBER = r"[0-9]+(?:\.[0-9]+)?"


class QuantityMistake(NamedTuple):
    """Why a text is not the quantity that is wanted: a diagnostic without its span."""

    code: Code
    message: str
    help: str | None


class Part(NamedTuple):
    """One number with its unit, as written: `30` and `m`."""

    number: str
    unit: str


def read(text: str, quantity: Quantity) -> Fraction | QuantityMistake:
    """Return the quantity that `text` denotes, in bytes or seconds."""
    stripped = text.strip(" \t\r\n")
    if len(stripped) > MAX_LENGTH:
        return bad(f"a text of {len(stripped)} characters is not a {NOUNS[quantity]}", quantity)
    if quantity == "duration" and (":" in stripped or re.fullmatch(DAYS_AND_HOURS, stripped)):
        return _clock(stripped)
    parts = _parts(stripped)
    if parts is None:
        return _malformed(stripped, quantity)
    return _sum(stripped, parts, quantity)


def bad(message: str, quantity: Quantity, help: str | None = None) -> QuantityMistake:
    """Return the mistake of a text that is not a quantity. The usual help shows what a quantity looks like."""
    usual = f"write a number and a unit, such as `{EXAMPLES[quantity]}`; units: {_listed(quantity)}"
    return QuantityMistake(BAD_QUANTITY, message, help or usual)


def _listed(quantity: Quantity) -> str:
    return ", ".join(f"`{unit}`" for unit in UNITS[quantity])


def _parts(text: str) -> list[Part] | None:
    """Return `text` cut into numbers with units, or None if it is anything else."""
    parts, at = [], 0
    while match := PART.match(text, at):
        parts.append(Part(match[1], match[2]))
        at = match.end()
    return parts if parts and at == len(text) else None


def _sum(text: str, parts: list[Part], quantity: Quantity) -> Fraction | QuantityMistake:
    if quantity == "memory" and len(parts) > 1:
        return bad(f"`{text}` is not a memory size: it has {len(parts)} numbers", quantity)
    factors: list[int] = []
    for part in parts:
        factor = _factor(part.unit, quantity)
        if factor is None:
            return _wrong_unit(text, parts, part.unit, quantity)
        factors.append(factor)
    if any(left <= right for left, right in pairwise(factors)):
        return bad(
            f"`{text}` does not go from the largest unit to the smallest, each once",
            quantity,
            "write days, hours, minutes and seconds in this order, such as `1d2h30m`",
        )
    return sum((Fraction(part.number) * factor for part, factor in zip(parts, factors, strict=True)), Fraction(0))


def _factor(unit: str, quantity: Quantity) -> int | None:
    return UNITS[quantity].get(ALIASES[quantity].get(unit, unit))


def _wrong_unit(text: str, parts: list[Part], unit: str, quantity: Quantity) -> QuantityMistake:
    number = "".join(part.number for part in parts)
    if quantity == "memory" and (mistake := _unclear_memory(text, number, unit)):
        return mistake
    if quantity == "duration" and len(parts) == 1 and unit == "M":
        return QuantityMistake(
            AMBIGUOUS_QUANTITY, f"`{text}` can be minutes or months", f"for minutes write `{number}min`"
        )
    other: Quantity = "duration" if quantity == "memory" else "memory"
    if _factor(unit, other) is not None:
        message = f"`{text}` is a {NOUNS[other]}, expected a {NOUNS[quantity]}"
        return bad(message, quantity)
    message = f"unknown unit `{unit}` in `{text}`, expected a unit of {quantity}"
    meant = [_meant(part.unit, quantity) for part in parts]
    if None in meant:
        return bad(message, quantity, f"units here: {_listed(quantity)}")
    corrected = "".join(f"{part.number}{unit}" for part, unit in zip(parts, meant, strict=True))
    return bad(message, quantity, f"did you mean `{corrected}`?")


def _unclear_memory(text: str, number: str, unit: str) -> QuantityMistake | None:
    """Return the mistake of `64G` and `64KB`: powers of 1000 to some tools, and of 1024 to others, such as Slurm."""
    letter = unit[0].upper()
    if unit.upper() not in ("K", "M", "G", "T", "KB"):
        return None
    decimal, binary = ("kB" if letter == "K" else f"{letter}B"), f"{letter}iB"
    power = "KMGT".index(letter) + 1
    powers = [base if power == 1 else f"{base}^{power}" for base in ("1024", "1000")]
    return QuantityMistake(
        AMBIGUOUS_QUANTITY,
        f"`{text}` can be {number}{binary} or {number}{decimal}",
        f"write `{number}{binary}` ({number} × {powers[0]} bytes, as Slurm reads it) "
        f"or `{number}{decimal}` ({number} × {powers[1]} bytes)",
    )


def _meant(unit: str, quantity: Quantity) -> str | None:
    """Return the unit that was surely meant: in another case, or by another name. `PB` is not close enough to `MB`."""
    by_folded = {name.lower(): name for name in [*UNITS[quantity], *ALIASES[quantity]]}
    return by_folded.get(unit.lower()) or by_folded.get(SPOKEN.get(unit.lower(), "").lower())


def _clock(text: str) -> Fraction | QuantityMistake:
    """Read `H:MM:SS`, `D-HH:MM:SS`, `D-HH:MM`, `D-HH`, and what looks like them."""
    if match := re.fullmatch(CLOCK, text):
        return _full_clock(text, *(int(group or 0) for group in match.groups()), has_days=match[1] is not None)
    if match := re.fullmatch(SHORT_CLOCK, text):
        first, second = int(match[1]), int(match[2])
        return QuantityMistake(
            AMBIGUOUS_QUANTITY,
            f"`{text}` can be {first} h {second} min or {first} min {second} s",
            f"write `{first}h{second}m` or `{first}m{second}s`",
        )
    if match := re.fullmatch(DAYS_AND_HOURS, text):
        return _full_clock(text, int(match[1]), int(match[2]), int(match[3] or 0), 0, has_days=True)
    return _malformed(text, "duration")


def _full_clock(
    text: str, days: int, hours: int, minutes: int, seconds: int, *, has_days: bool
) -> Fraction | QuantityMistake:
    total = Fraction(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
    for name, value, bound in (("minutes", minutes, 60), ("seconds", seconds, 60), ("hours", hours, 24)):
        if value >= bound and (name != "hours" or has_days):
            return bad(
                f"`{text}` has {value} {name}, expected less than {bound}", "duration", f"write `{spell(total)}`"
            )
    return total


def spell(seconds: Fraction) -> str:
    """Return a duration as a person would write it: `1d2h30m`."""
    rest, words = int(seconds), []
    for unit, factor in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, factor)
        if count:
            words.append(f"{count}{unit}")
    return "".join(words) or "0s"


def _malformed(text: str, quantity: Quantity) -> QuantityMistake:
    """Return the mistake of a text that does not look like a quantity, with the slip that explains it."""
    noun = NOUNS[quantity]
    if re.fullmatch(BARE_NUMBER, text):
        unit = "MiB" if quantity == "memory" else "min"
        message = f'the text "{text}" has no unit, so it is not a {noun}'
        return bad(message, quantity, f"write {text} without quotes, or with a unit, such as `{text}{unit}`")
    if text.startswith(("-", "−")) and not isinstance(read(text[1:], quantity), QuantityMistake):
        return bad(f"`{text}` is negative, expected a {noun} of 0 or more", quantity, f"write `{text[1:]}`")
    if match := re.fullmatch(COMMA, text):
        return _comma(text, match, quantity)
    plain = unicodedata.normalize("NFKC", text).replace("。", ".")
    if plain != text and not isinstance(read(plain, quantity), QuantityMistake):
        return bad(f"`{text}` is not written with plain characters", quantity, f"write `{plain}`")
    return bad(f'the text "{text}" is not a {noun}', quantity)


def _comma(text: str, match: re.Match[str], quantity: Quantity) -> QuantityMistake:
    whole, rest, unit = match.groups()
    decimal = f"{whole}.{rest}{unit}"
    if len(rest) != 3:
        return bad(f"`{text}` has a comma in its number", quantity, f"write `{decimal}`")
    thousands = f"{whole}{rest}{unit}"
    return QuantityMistake(
        AMBIGUOUS_QUANTITY,
        f"`{text}` can be {thousands} or {decimal}",
        f"write `{thousands}` or `{decimal}`, without a comma",
    )


MEANT = r"did you mean `([^`]+)`\?"


def convert(text: str, field: FieldType) -> int | QuantityMistake:
    """Return the quantity `text` as a whole number of `field.unit`, or why there is none. Never raises."""
    if field.quantity is None:
        return QuantityMistake(BAD_QUANTITY, f"`{field.name}` takes no quantities", "write a plain number")
    amount = read(text, field.quantity)
    if isinstance(amount, QuantityMistake):
        return _fitting(amount, field.unit, field.quantity)
    if field.unit is None or field.unit not in UNITS[field.quantity]:
        return _no_unit(text, field, field.quantity)
    return to_unit(amount, text, field.unit, field.quantity)


def _fitting(mistake: QuantityMistake, unit: str | None, quantity: Quantity) -> QuantityMistake:
    """Return the mistake with a help that the field can take: `4gb` means 4GB, which is not a whole number of MiB."""
    meant = re.fullmatch(MEANT, mistake.help or "")
    if meant is None or unit is None or unit not in UNITS[quantity]:
        return mistake
    amount = read(meant[1], quantity)
    inexact = None if isinstance(amount, QuantityMistake) else to_unit(amount, meant[1], unit, quantity)
    binary = _binary_of(meant[1], unit, quantity)
    if not isinstance(inexact, QuantityMistake) or binary is None:
        return mistake
    return mistake._replace(help=f"write `{binary}` (powers of 1024): {meant[1]} is not a whole number of {unit}")


def to_unit(amount: Fraction, text: str, unit: str, quantity: Quantity) -> int | QuantityMistake:
    """Return `amount`, which `text` denotes in bytes or seconds, as a whole number of `unit`, or why there is none."""
    exact = amount / UNITS[quantity][unit]
    if exact.denominator == 1:
        return exact.numerator
    below = floor(exact)
    return QuantityMistake(
        INEXACT_QUANTITY,
        f"`{text}` is not a whole number of {unit}: it lies between {below}{unit} and {below + 1}{unit}",
        _nearest(below, unit) + _binary(text, unit, quantity),
    )


def _nearest(below: int, unit: str) -> str:
    return f"write `{below}{unit}` or `{below + 1}{unit}`" if below else f"write `1{unit}`"


def _binary(text: str, unit: str, quantity: Quantity) -> str:
    meant = _binary_of(text, unit, quantity)
    return f", or `{meant}` where powers of 1024 are meant" if meant is not None else ""


def _binary_of(text: str, unit: str, quantity: Quantity) -> str | None:
    """Return `4GiB` for `4GB`, which is often written for it, where that is a whole number of the unit."""
    if quantity != "memory" or not text.endswith(("kB", "MB", "GB", "TB")):
        return None
    meant = f"{text[:-2]}{text[-2].upper()}iB"
    amount = read(meant, quantity)
    is_whole = not isinstance(amount, QuantityMistake) and (amount / UNITS[quantity][unit]).denominator == 1
    return meant if is_whole else None


def _no_unit(text: str, field: FieldType, quantity: Quantity) -> QuantityMistake:
    example = "MiB" if quantity == "memory" else "min"
    units = ", ".join(f"`{unit}`" for unit in UNITS[quantity])
    if field.unit is None:
        return QuantityMistake(
            UNIT_NOT_SET,
            f"`{text}` cannot be converted: the API documents no unit for `{field.name}`, and the project sets none",
            f'write `{field.name} = "{example}"` under `[units]` in specc.toml, with the unit that the cluster uses '
            f"({units}); a plain number is sent as it is",
        )
    return QuantityMistake(
        UNIT_NOT_SET,
        f"`{text}` cannot be converted: the project's unit for `{field.name}` is `{field.unit}`, "
        f"which is not a unit of {quantity}",
        f"set `{field.name}` under `[units]` in specc.toml to one of {units}: it is a {NOUNS[quantity]}",
    )


FILTERS: dict[str, tuple[str, Quantity]] = {
    "gib": ("GiB", "memory"),
    "mib": ("MiB", "memory"),
    "minutes": ("min", "duration"),
    "seconds": ("s", "duration"),
}


def filters() -> dict[str, Callable[[object], object]]:
    """Return the filters by name. Each makes a quantity of a number, and a number of a quantity.

    A filter raises ValueError, with a message to show, for any other value.
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
            number = amount if isinstance(amount, QuantityMistake) else to_unit(amount, value, unit, quantity)
            if isinstance(number, QuantityMistake):
                raise ValueError(number.message)
            return number
        case _:
            raise ValueError(f"`{name}` takes a number or a quantity")


def _number_text(value: int | float, name: str) -> str:
    """Return the number in plain digits, `1.5` and `64`, never `1e3`."""
    if not 0 <= value < 10**18:
        raise ValueError(f"`{name}` takes a number from 0 to 10^18")
    text = format(Decimal(repr(value)), "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    if len(text) > MAX_LENGTH // 2:
        raise ValueError(f"`{name}` takes a number of at most {MAX_LENGTH // 2} digits")
    return text
