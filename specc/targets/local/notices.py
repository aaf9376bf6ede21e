"""What the supervisor and the runners tell: a log, and why no job can be started now.

The log is their standard error, a file that only grows when something is wrong. The reason is one line for clients, in
a file that gets its room on the disk while there is some.
"""

import contextlib
import os
from datetime import UTC, datetime
from pathlib import Path

from specc.reader import Unreadable, read_start
from specc.targets.local.paths import StateDir
from specc.visible import visible

ROOM = 1024


def is_noted(log: Path) -> bool:
    """Return whether something was ever wrong."""
    try:
        return log.stat().st_size > 0
    except OSError:
        return False


def note(text: str) -> None:
    """Write a line into the log. A disk without room for it does not stop anything."""
    line = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} [{os.getpid()}] {visible(text)}\n"
    with contextlib.suppress(OSError):
        os.write(2, line.encode(errors="backslashreplace"))


def tell(state: StateDir, text: str) -> None:
    """Replace the reason; an empty text removes it. Where it cannot be written, only the log has it."""
    line = " ".join(text.split()).encode(errors="backslashreplace")[: ROOM - 1]
    with contextlib.suppress(OSError):
        descriptor = os.open(state.start_error, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.pwrite(descriptor, line.ljust(ROOM - 1) + b"\n", 0)
        finally:
            os.close(descriptor)


def told(state: StateDir) -> str:
    """Return the reason why no job can be started, or an empty text."""
    try:
        return read_start(state.start_error, ROOM).decode("utf-8", "replace").strip()
    except Unreadable:
        return ""
