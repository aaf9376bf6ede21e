"""Regular expressions of a repository or its jobs. RE2 matches them in time that is linear in the text's length."""

import re
from functools import cache
from itertools import pairwise
from typing import Any

TOKEN = re.compile(r"\\[\s\S]|\[\^?\]?(?:\\[\s\S]?|[^\]\\])*+(?:\]|\Z)|[\s\S]")
"""One escape, one class or one character of a pattern."""
OPTIONAL = ("?", "*", "{")
"""How a quantifier begins that may allow none."""


def mistake_in(pattern: str) -> str | None:
    """Return why RE2 cannot read a pattern, or None if it can."""
    compiled = _compiled(pattern)
    return compiled if isinstance(compiled, str) else None


def matches_whole(pattern: str, text: str) -> bool:
    """Return whether a pattern without mistakes matches a text from its beginning to its end."""
    return _compiled(pattern).fullmatch(text) is not None


def groups_in(pattern: str) -> int:
    """Return how many groups a pattern without mistakes has."""
    groups: int = _compiled(pattern).groups
    return groups


def demands_line_break(pattern: str) -> bool:
    """Return whether every match of a pattern has a line break, as far as its outermost level shows."""
    if r"\Q" in pattern:
        return False  # in quoted text, a backslash and an `n` are two characters
    depth, found = 0, False
    for token, behind in pairwise([*TOKEN.findall(pattern), ""]):
        if token == "|" and depth == 0:
            return False
        depth += {"(": 1, ")": -1}.get(token, 0)
        found |= depth == 0 and token in (r"\n", "\n") and behind not in OPTIONAL
    return found


def line_pattern(pattern: str) -> Any:
    """Return a pattern without mistakes, compiled for bytes. Each match lies within one line, as `^` and `$` do."""
    return _compiled(f"(?m:{pattern})".encode(), within_lines=True)


@cache
def _compiled(pattern: str | bytes, *, within_lines: bool = False) -> Any:
    """Return the compiled pattern, or what is wrong with the pattern."""
    import re2  # 16 ms, and few projects have a pattern

    options = re2.Options()
    options.log_errors = False  # it would write to standard error
    options.never_nl = within_lines
    try:
        return re2.compile(pattern, options=options)
    except re2.error as error:
        (said,) = error.args
        return said.decode(errors="replace") if isinstance(said, bytes) else str(said)
