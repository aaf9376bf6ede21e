"""When to print in colours."""

import os
from typing import IO


def wants_color(stream: IO[str]) -> bool:
    """Colour on a terminal, and where FORCE_COLOR wants it; none where NO_COLOR is set (https://no-color.org)."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (stream.isatty() and os.environ.get("TERM") != "dumb")
