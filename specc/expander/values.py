"""Values of axes and cells: compared by canonical JSON, and known by a digest that no order of axes changes.

In canonical JSON, `true` is not 1, and 1.0 is.
"""

import re
from collections.abc import Iterator
from dataclasses import field
from functools import cached_property, lru_cache
from hashlib import sha256
from math import isfinite

import rfc8785

from specc.fast_dataclass import dataclass
from specc.nodes import Node
from specc.resolver import shown

ID_DIGITS = 12
"""48 bits: one in 56,000 sweeps of 100,000 cells has a collision."""

UNSAFE = re.compile(r"[^\w.+-]+")
LONGEST = 40

Json = bool | int | float | str | None | list["Json"] | dict[str, "Json"]


@dataclass(frozen=True, eq=False)
class AxisValue:
    """A value with the node that writes it. A value that is not known without inputs is an opaque object.

    `is_item`: the object stands for a list, and the value is any item of that list.
    """

    data: object
    node: Node
    is_item: bool = False

    @property
    def is_known(self) -> bool:
        return self.data is None or isinstance(self.data, str | int | float | list | dict)

    @cached_property
    def json(self) -> bytes:
        """Return RFC 8785 JSON for the value; if it is unknown, for the name of its kind."""
        return rfc8785.dumps(_canonical(self.data))

    @cached_property
    def slug(self) -> str:
        """Return the value as part of a name. If characters were removed, a digest keeps two values apart.

        A mapping is called by its `name`, or by all that is in it.

        A leading minus becomes an `m`: a name must not look like an option, and `-5` must not look like `5`.
        """
        return _slug_of(self.data, self.json)

    @property
    def key(self) -> bytes | None:
        """Return a key that is equal for equal values; None if the value is unknown, and so equal to no other."""
        return self.json if self.is_known else None

    def part(self, path: tuple[str, ...]) -> "AxisValue | None":
        """Return what a path of names leads to in a mapping; None if it leads nowhere."""
        data = self.data
        for name in path:
            if not isinstance(data, dict) or name not in data:
                return None
            data = data[name]
        return AxisValue(data, self.node) if path else self


def leaves(data: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], bytes]]:
    """Yield what stands in a mapping, and in the mappings in it: the path to each value, and its canonical JSON."""
    if isinstance(data, dict) and data:
        for name, part in data.items():
            yield from leaves(part, (*path, str(name)))
    else:
        yield path, rfc8785.dumps(_canonical(data))


MOST_COMPARED = 1000
"""How many values of an axis are compared to find the value that was meant."""


def typed(value: AxisValue) -> str:
    """Return a value as a person would type it, if quotes did not matter."""
    return value.data if isinstance(value.data, str) else shown(value.data)


Values = dict[str, AxisValue]
"""One combination: a value for each axis."""


def digest_of(values: Values) -> str:
    """Return the digest of the RFC 8785 form of a combination, whatever the order of its axes."""
    members = (_name(axis) + b":" + values[axis].json for axis in sorted(values, key=_utf16))
    return shortened(b"{" + b",".join(members) + b"}")


def shortened(text: bytes) -> str:
    return sha256(text).hexdigest()[:ID_DIGITS]


@lru_cache(maxsize=256)
def _name(axis: str) -> bytes:
    return rfc8785.dumps(axis)


@lru_cache(maxsize=256)
def _utf16(axis: str) -> bytes:
    """Return the sort key of a name: RFC 8785 sorts by UTF-16 code units."""
    return axis.encode("utf-16-be")


def _slug_of(data: object, json: bytes) -> str:
    text = _words_of(data)
    clean = UNSAFE.sub("-", text).lstrip("-.").rstrip("-")
    if clean and clean == text and len(text) <= LONGEST and isinstance(data, str | int | float | bool | None):
        return clean
    short, head = shortened(json)[:6], clean[:24]
    if isinstance(data, list | dict):
        head = head.rstrip("-")
    return f"{head}-{short}" if isinstance(data, str | list | dict) and head else short


def _words_of(data: object) -> str:
    """Return what people would call a value: of a mapping its `name`, or else all that is in it."""
    if isinstance(data, dict):
        return data["name"] if isinstance(data.get("name"), str) else "-".join(map(_words_of, data.values()))
    if isinstance(data, list):
        return "-".join(map(_words_of, data))
    text = str(data).lower() if isinstance(data, bool | None) else str(data)
    return f"m{text[1:]}" if isinstance(data, int | float) and text.startswith("-") else text


def _canonical(data: object) -> Json:
    """Return JSON for the value. Unknown values, and numbers that JSON cannot hold, become text."""
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


@dataclass(frozen=True, eq=False)
class Cell:
    """One combination of axis values, and so one payload. `index` counts from 0 over the whole matrix.

    `repeat` counts from 1 to `repeats`. A spec without a matrix has one cell: slug "0", no values. The id and the slug
    are made when they are first asked for, because most cells of a long sweep are never asked.
    """

    values: Values = field(default_factory=dict)
    index: int = 0
    repeat: int = 1
    repeats: int = 1

    @cached_property
    def id(self) -> str:
        """Return the digest of the axis values, with the number of the repetition if there are several."""
        digest = digest_of(self.values)
        return f"{digest}.{self.repeat}" if self.repeats > 1 else digest

    @cached_property
    def slug(self) -> str:
        """Return the axis values for people and file names."""
        slug = "-".join([value.slug for value in self.values.values()]) or "0"
        return f"{slug}-r{self.repeat}" if self.repeats > 1 else slug

    def data(self) -> dict[str, object]:
        return {name: value.data for name, value in self.values.items()}
