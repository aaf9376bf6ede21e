"""A cell: one combination of axis values, known by a digest that no reordering of axes changes."""

import re
from dataclasses import dataclass
from hashlib import sha256
from math import isfinite

import rfc8785

from specc.expander.axes import AxisValue

ID_DIGITS = 12
"""48 bits: a sweep of 100,000 cells meets a collision once in 56,000 sweeps."""

Json = bool | int | float | str | None | list["Json"] | dict[str, "Json"]

UNSAFE = re.compile(r"[^\w.+-]+")


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """One payload's place in the sweep. `index` counts from 0 over the whole matrix, whatever is selected.

    `id` is the digest of the axis values, with the number of the repetition where there are several. `slug` is for
    people and file names. A spec without a matrix has one cell: slug "0", no values.
    """

    id: str
    index: int
    slug: str
    repeat: int
    values: dict[str, AxisValue]

    def data(self) -> dict[str, object]:
        return {name: value.data for name, value in self.values.items()}


def cell_of(values: dict[str, AxisValue], index: int, repeat: int, repeats: int, *, tagged: bool = False) -> Cell:
    """The cell of these values; `repeat` counts from 1 to `repeats`. `tagged` puts part of the id into the slug."""
    digest = digest_of({name: value.data for name, value in values.items()})
    slug = "-".join(slug_of(value.data) for value in values.values()) or "0"
    if tagged:
        slug = f"{slug}-{digest[:6]}"
    if repeats > 1:
        return Cell(f"{digest}.{repeat}", index, f"{slug}-r{repeat}", repeat, values)
    return Cell(digest, index, slug, repeat, values)


def digest_of(data: object) -> str:
    return sha256(rfc8785.dumps(_canonical(data))).hexdigest()[:ID_DIGITS]


def slug_of(value: object) -> str:
    """The value as part of a name. Where characters had to go, a digest keeps two values apart."""
    if isinstance(value, int | float) and not isinstance(value, bool) and value < 0:
        return f"m{slug_of(-value)}"
    text = str(value).lower() if isinstance(value, bool | None) else str(value)
    clean = UNSAFE.sub("-", text).strip("-")
    if clean == text and len(text) <= 40 and isinstance(value, str | int | float | bool | None):
        return clean
    short = digest_of(value)[:6]
    return f"{clean[:24]}-{short}" if isinstance(value, str) and clean else short


def _canonical(data: object) -> Json:
    """JSON that stands for the value. Numbers that JSON cannot hold, and what is unknown, become text."""
    match data:
        case dict():
            return {str(key): _canonical(value) for key, value in data.items()}
        case list():
            return [_canonical(item) for item in data]
        case bool() | None | str():
            return data
        case int() if abs(data) >= 2**53:
            return f"integer {data}"
        case float() if not isfinite(data):
            return f"number {data}"
        case int() | float():
            return data
        case _:
            return repr(data)
