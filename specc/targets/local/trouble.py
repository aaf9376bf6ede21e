"""Why no job can be started now: one line for clients, in a file that was given its room while there was some.

So a full disk can still be told of: the supervisor and the runners write over the file, and never let it grow.
"""

import contextlib
import os

from specc.reader import Unreadable, read_start
from specc.targets.local.paths import StateDir

ROOM = 1024


def tell(state: StateDir, text: str) -> None:
    """Replaces what was told before; an empty text takes it back. Where that cannot be written, only the log has it."""
    line = " ".join(text.split()).encode(errors="backslashreplace")[: ROOM - 1]
    with contextlib.suppress(OSError):
        descriptor = os.open(state.trouble, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.pwrite(descriptor, line.ljust(ROOM - 1) + b"\n", 0)
        finally:
            os.close(descriptor)


def told(state: StateDir) -> str:
    """The trouble, or an empty text."""
    try:
        return read_start(state.trouble, ROOM).decode("utf-8", "replace").strip()
    except Unreadable:
        return ""
