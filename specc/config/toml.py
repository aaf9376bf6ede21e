"""tomllib, with the limits that it lacks."""

import re
import tomllib
from typing import Any

MAX_PARTS = 32
LONG_KEY = re.compile(rf"""(?<![\w.'"-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){{{MAX_PARTS}}}""")

LONG_NUMBER = re.compile(r"(?<![\w.])[-+]?[0-9][0-9_]{4000}")


def loads(text: str) -> dict[str, Any]:
    """The plain values of a TOML text. Every mistake in it is a ValueError, with tomllib's words.

    tomllib keeps every beginning of a dotted key: one of 100,000 parts would take all memory.
    """
    if match := LONG_KEY.search(text):
        raise ValueError(f"A key has more than {MAX_PARTS} parts ({_place(text, match.start())})")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("It is nested too deeply") from None
    except tomllib.TOMLDecodeError:
        raise
    except ValueError:  # Python's own limit, in words that help nobody
        match = LONG_NUMBER.search(text)
        place = f" ({_place(text, match.start())})" if match else ""
        raise ValueError(f"A number has too many digits{place}") from None


def _place(text: str, at: int) -> str:
    """Return a place as tomllib writes it."""
    return f"at line {text.count(chr(10), 0, at) + 1}, column {at - text.rfind(chr(10), 0, at)}"
