"""RFC 8785: one way to write JSON, so that equal data are equal bytes."""

import json
from typing import Any

import rfc8785

MAX_INTEGER = 2**53 - 1

ENCODE = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def canonical_bytes(data: Any) -> bytes:
    """The canonical form. Raises `rfc8785.CanonicalizationError` for what it cannot hold."""
    # Python's own encoder is written in C. It differs from RFC 8785 in numbers and in the order of keys beyond ASCII.
    if not is_plain(data):
        return rfc8785.dumps(data)
    try:
        return ENCODE(data).encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return rfc8785.dumps(data)


def is_plain(data: Any) -> bool:
    """Does Python's own encoder write this as RFC 8785 does?"""
    kind = type(data)
    if kind is str or kind is bool or data is None:
        return True
    if kind is int:
        return bool(-MAX_INTEGER <= data <= MAX_INTEGER)
    if kind is list:
        return all(map(is_plain, data))
    return kind is dict and all(type(key) is str and key.isascii() and is_plain(part) for key, part in data.items())
