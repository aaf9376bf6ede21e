"""Putting a new text in the place of one that was read, and of no other."""

import contextlib
import os
import stat
import tempfile
from pathlib import Path

from specc.diagnostics import Missing
from specc.disk import read_bytes
from specc.errors import SpeccError
from specc.parser import UTF8_BOM, decode
from specc.source import Source

BOM = "\ufeff"


def rewrite(path: Path, before: str, text: str, shown: str) -> None:
    """Replace the file that held `before`, in one step. A symlink goes on leading to it.

    Its mode is kept, and its byte order mark, which Windows' editors write and `before` does not show.

    Raises SpeccError where the file holds something else by now, or cannot be written. `shown` is its path for people.
    """
    real = Path(os.path.realpath(path))
    data = read_bytes(real)
    if isinstance(data, Missing) or _text(data) != before:
        raise SpeccError(f"{shown} has changed since it was read, and is left as it is", help="run the command again")
    temporary: str | None = None
    try:
        descriptor, temporary = tempfile.mkstemp(dir=real.parent, prefix=f".{real.name[:40]}.")
        with open(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(BOM + text if data.startswith(UTF8_BOM) else text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, stat.S_IMODE(os.stat(real).st_mode))
        os.replace(temporary, real)
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise SpeccError(f"cannot write {shown}: {error.strerror or error}") from error


def _text(data: bytes) -> str | None:
    read = decode(data, "", "")
    return read.text if isinstance(read, Source) else None
