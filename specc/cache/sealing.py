"""How a file gets its seal."""

import os
from hashlib import sha256
from pathlib import Path


def write_sealed(path: Path, body: bytes) -> None:
    """Whole or not at all, whoever else writes it. Raises OSError."""
    temporary = path.with_name(f".{os.urandom(8).hex()}.part")  # as `tempfile` would, which takes longer to import
    try:
        with open(temporary, "xb") as file:
            file.write(sha256(body).hexdigest().encode() + b"\n" + body)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
