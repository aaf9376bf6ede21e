"""tomllib, with the limits that it lacks."""

import tomllib
from typing import Any

from specc.pattern import pattern

MAX_PARTS = 32
LONG_KEY = pattern(rf"""(?<![\w.'"-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){{{MAX_PARTS}}}""")


def loads(text: str) -> dict[str, Any]:
    """The plain values of a TOML text. Every mistake in it is a ValueError, with tomllib's words.

    tomllib keeps every beginning of a dotted key: one of 100,000 parts would take all memory.
    """
    if match := LONG_KEY.search(text):
        line, start = text.count("\n", 0, match.start()) + 1, text.rfind("\n", 0, match.start())
        place = f"line {line}, column {match.start() - start}"
        raise ValueError(f"A key has more than {MAX_PARTS} parts (at {place})")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("It is nested too deeply") from None
    except tomllib.TOMLDecodeError:
        raise
    except ValueError:  # Python's own limit, in words that help nobody
        raise ValueError("A number has too many digits") from None
