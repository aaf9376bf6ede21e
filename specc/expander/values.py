"""Values of axes, and the canonical JSON by which they are compared: `true` is not 1, and 1.0 is."""

import re
from functools import cached_property, lru_cache
from hashlib import sha256
from math import isfinite

import rfc8785

from specc.fast_dataclass import dataclass
from specc.nodes import Node
from specc.resolver import shown

ID_DIGITS = 12
"""48 bits: a sweep of 100,000 cells meets a collision once in 56,000 sweeps."""

UNSAFE = re.compile(r"[^\w.+-]+")
LONGEST = 40

Json = bool | int | float | str | None | list["Json"] | dict[str, "Json"]


@dataclass(frozen=True, eq=False)
class AxisValue:
    """A value with the place where it is written. What a check does not know without inputs is an opaque object.

    `is_item` says that the object stands for a list, and the value is some item of it.
    """

    data: object
    node: Node
    is_item: bool = False

    @property
    def is_known(self) -> bool:
        return self.data is None or isinstance(self.data, str | int | float | list | dict)

    @cached_property
    def json(self) -> bytes:
        """RFC 8785 JSON that stands for the value; the name of its kind, where it is unknown."""
        return rfc8785.dumps(_canonical(self.data))

    @cached_property
    def slug(self) -> str:
        """The value as part of a name. Where characters had to go, a digest keeps two values apart.

        A minus at its beginning is an `m`: a name must not look like an option, and `-5` must not look like `5`.
        """
        return _slug_of(self.data, self.json)

    @property
    def key(self) -> bytes | None:
        """Equal for equal values. None where the value is unknown, because no two of those are known to be equal."""
        return self.json if self.is_known else None


MOST_COMPARED = 1000
"""So many values of an axis are searched for the one that was meant."""


def typed(value: AxisValue) -> str:
    """As a person would type it, if quotes did not matter."""
    return value.data if isinstance(value.data, str) else shown(value.data)


Values = dict[str, AxisValue]
"""One combination: a value for each axis."""


def digest_of(values: Values) -> str:
    """The digest of the RFC 8785 form of a combination, whatever the order of its axes."""
    members = (_name(axis) + b":" + values[axis].json for axis in sorted(values, key=_utf16))
    return shortened(b"{" + b",".join(members) + b"}")


def shortened(text: bytes) -> str:
    return sha256(text).hexdigest()[:ID_DIGITS]


@lru_cache(maxsize=256)
def _name(axis: str) -> bytes:
    return rfc8785.dumps(axis)


@lru_cache(maxsize=256)
def _utf16(axis: str) -> bytes:
    """RFC 8785 sorts names by their UTF-16 code units."""
    return axis.encode("utf-16-be")


def _slug_of(data: object, json: bytes) -> str:
    text = str(data).lower() if isinstance(data, bool | None) else str(data)
    if isinstance(data, int | float) and text.startswith("-"):
        text = f"m{text[1:]}"
    clean = UNSAFE.sub("-", text).lstrip("-.").rstrip("-")
    if clean and clean == text and len(text) <= LONGEST and isinstance(data, str | int | float | bool | None):
        return clean
    short = shortened(json)[:6]
    return f"{clean[:24]}-{short}" if isinstance(data, str) and clean else short


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
