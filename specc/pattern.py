"""Regular expressions that are compiled when they are first used. A check of one spec meets a hundred, and uses forty.

To compile all of them took a twelfth of its time.
"""

import re
from typing import Any, AnyStr, cast


class _Pattern:
    """What `re.compile` gives, as soon as anything is asked of it."""

    def __init__(self, text: Any, flags: int) -> None:
        self._given = (text, flags)

    def __getattr__(self, name: str) -> Any:
        """Called only for what is not there yet."""
        if name == "_compiled":
            self._compiled = re.compile(*self._given)
            return self._compiled
        value = getattr(self._compiled, name)
        setattr(self, name, value)
        return value


def pattern(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """For a constant of a module, in place of `re.compile`. A mistake in it raises `re.error` at its first use."""
    return cast(re.Pattern[AnyStr], _Pattern(text, flags))
