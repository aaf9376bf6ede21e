"""Putting a new text in the place of one that was read, and of no other."""

import contextlib
import os
import stat
import tempfile
from pathlib import Path

from specc.errors import SpeccError
from specc.parser import decode
from specc.resolver import Missing
from specc.source import Source
from specc.workspace.files import read_bytes


def rewrite(path: Path, before: str, text: str, shown: str) -> None:
    """Replaces the file that held `before`, in one step. Its mode is kept, and a symlink goes on leading to it.

    Raises SpeccError where the file holds something else by now, or cannot be written. `shown` is its path for people.
    """
    real = Path(os.path.realpath(path))
    if _text(real) != before:
        raise SpeccError(f"{shown} has changed since it was read, and is left as it is", help="run the command again")
    temporary: str | None = None
    try:
        descriptor, temporary = tempfile.mkstemp(dir=real.parent, prefix=f".{real.name[:40]}.")
        with open(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, stat.S_IMODE(os.stat(real).st_mode))
        os.replace(temporary, real)
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise SpeccError(f"cannot write {shown}: {error.strerror or error}") from error


def _text(path: Path) -> str | None:
    data = read_bytes(path)
    if isinstance(data, Missing):
        return None
    read = decode(data, "", "")
    return read.text if isinstance(read, Source) else None
