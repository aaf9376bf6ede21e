"""RFC 8785: one way to write JSON, so that equal data are equal bytes."""

from functools import lru_cache
from json.encoder import encode_basestring as quoted
from typing import Any

import rfc8785

MAX_INTEGER = 2**53 - 1


class _Unusual(ValueError):
    """Data that only rfc8785 knows how to write, or to refuse."""


def canonical_bytes(data: Any) -> bytes:
    """The canonical form. Raises `rfc8785.CanonicalizationError` for what it cannot hold."""
    try:
        return _written(data).encode()
    except (_Unusual, UnicodeEncodeError):  # half of a surrogate pair cannot be encoded
        return rfc8785.dumps(data)


def _written(data: Any) -> str:
    """What payloads are made of, with texts written by Python's own encoder, which is in C."""
    kind = type(data)
    if kind is str:
        return quoted(data)
    if kind is int and -MAX_INTEGER <= data <= MAX_INTEGER:
        return str(data)
    if kind is dict:
        return "{" + ",".join([head + _written(data[key]) for key, head in _heads(tuple(data))]) + "}"
    if kind is list:
        return "[" + ",".join(map(_written, data)) + "]"
    if data is None or kind is bool:
        return "null" if data is None else "true" if data else "false"
    raise _Unusual


@lru_cache(maxsize=64)
def _heads(keys: tuple[Any, ...]) -> list[tuple[str, str]]:
    """Keys in their order, each with what is written of it. The cells of a sweep have the same ones."""
    # RFC 8785 sorts by UTF-16, and Python does not.
    if not all(type(key) is str and key.isascii() for key in keys):
        raise _Unusual
    return [(key, f"{quoted(key)}:") for key in sorted(keys)]
