"""Regular expressions that come from a repository or its jobs: RE2's, whose time is linear in the text's length."""

from functools import cache
from typing import Any


def mistake_in(pattern: str) -> str | None:
    """Return why RE2 cannot read a pattern, or None if it can."""
    compiled = _compiled(pattern)
    return compiled if isinstance(compiled, str) else None


def matches_whole(pattern: str, text: str) -> bool:
    """Whether a pattern without mistakes matches a text from its beginning to its end."""
    return _compiled(pattern).fullmatch(text) is not None


@cache
def _compiled(pattern: str) -> Any:
    """Return the compiled pattern, or what is wrong with it.

    The import costs 16 ms, and few projects have a pattern.
    """
    import re2

    options = re2.Options()
    options.log_errors = False  # it would write to standard error
    try:
        return re2.compile(pattern, options=options)
    except re2.error as error:
        (said,) = error.args
        return said.decode(errors="replace") if isinstance(said, bytes) else str(said)
