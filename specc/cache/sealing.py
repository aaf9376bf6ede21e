"""How a file gets its seal."""

import os
import tempfile
from hashlib import sha256
from pathlib import Path


def write_sealed(path: Path, body: bytes) -> None:
    """Whole or not at all, whoever else writes it. Raises OSError."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with open(descriptor, "wb") as file:
            file.write(sha256(body).hexdigest().encode() + b"\n" + body)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
