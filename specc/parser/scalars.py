"""Plain scalars by the core schema of YAML 1.2."""

import re
from functools import lru_cache

from specc.nodes import Atom

MAX_DIGITS = 1000
"""No number of a spec is longer. Python itself refuses to read decimal numbers of more than 4300 digits."""

WORDS: dict[str, Atom] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}

NUMBER = re.compile(
    r"""(?P<decimal> [-+]?[0-9]+ )
      | 0o (?P<octal> [0-7]+ )
      | 0x (?P<hex> [0-9a-fA-F]+ )
      | (?P<float> [-+]?(?: \.[0-9]+ | [0-9]+(?:\.[0-9]*)? )(?: [eE][-+]?[0-9]+ )? )""",
    re.VERBOSE,
)


def resolve(raw: str) -> Atom:
    """The value of a plain scalar. A number of more than `MAX_DIGITS` characters stays text: see `is_overlong`."""
    return raw if len(raw) > MAX_DIGITS else _resolved(raw)


@lru_cache(maxsize=4096)
def _resolved(raw: str) -> Atom:
    if raw in WORDS:
        return WORDS[raw]
    if raw[0] not in "-+.0123456789":
        return raw
    match = NUMBER.fullmatch(raw)
    if match is None:
        return raw
    digits = match[match.lastgroup or 0]
    match match.lastgroup:
        case "decimal":
            return int(digits)
        case "octal":
            return int(digits, 8)
        case "hex":
            return int(digits, 16)
        case _:
            return float(digits)


def is_overlong(raw: str) -> bool:
    """Is this a number of more digits than anybody means?"""
    return len(raw) > MAX_DIGITS and NUMBER.fullmatch(raw) is not None
