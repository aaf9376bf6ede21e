"""The log of the supervisor and the runners: their standard error, a file that only grows when something is wrong."""

import contextlib
import os
from datetime import UTC, datetime
from pathlib import Path

from specc.visible import visible


def is_noted(log: Path) -> bool:
    """Whether something was wrong once."""
    try:
        return log.stat().st_size > 0
    except OSError:
        return False


def note(text: str) -> None:
    """One line. A disk without room for it stops nobody."""
    line = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} [{os.getpid()}] {visible(text)}\n"
    with contextlib.suppress(OSError):
        os.write(2, line.encode(errors="backslashreplace"))
