"""The log of the supervisor and the runners: their standard error, a file that only grows when something is wrong."""

import contextlib
import os
from datetime import UTC, datetime


def note(text: str) -> None:
    """One line. A disk without room for it stops nobody."""
    line = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} [{os.getpid()}] {text}\n"
    with contextlib.suppress(OSError):
        os.write(2, line.encode(errors="backslashreplace"))
