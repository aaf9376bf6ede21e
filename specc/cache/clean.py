"""A check of a whole project that found nothing. It holds while the project has the same files with the same bytes.

So the check of a project in which nothing has changed reads its files, and imports nothing of the compiler.
"""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from specc.cache.sealed import read_sealed

NAME = "clean.json"


class Counts(NamedTuple):
    """What the check went through: files, those of them that are not abstract, and the payloads of these."""

    files: int
    specs: int
    payloads: int


def recall(folder: Path, names: Iterable[str], digest: Callable[[str], str | None]) -> Counts | None:
    """What a check of all these specs would count; None where it may find something. `folder` is that of a world."""
    known = read_sealed(folder / NAME)
    if known is None or known["names"] != list(names):
        return None
    is_same = all(digest(name) == was for name, was in known["digests"].items())
    return Counts(*known["counts"]) if is_same else None


def clean_body(names: Iterable[str], digests: dict[str, str], counts: Counts) -> bytes:
    """What `recall` will find. `digests` are those of every file that was read."""
    body = {"names": list(names), "digests": digests, "counts": counts}
    return json.dumps(body).encode("utf-8", "surrogatepass")
