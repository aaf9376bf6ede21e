"""A check of a whole project that found nothing. It holds while the project has the same files with the same bytes.

So the check of a project in which nothing has changed reads its files, and imports nothing of the compiler.
"""

import json
import sys
from collections.abc import Callable, Iterable
from typing import NamedTuple

from specc.cache.store import Json, Store

NAME = "clean.json"


class Counts(NamedTuple):
    """What the check went through: files, those of them that are not abstract, and the payloads of these."""

    files: int
    specs: int
    payloads: int


def recall(store: Store | None, world: str, names: Iterable[str], digest: Callable[[str], str | None]) -> Counts | None:
    """Return what a check of all these specs would count; None where it may find something."""
    if store is None:
        return None
    counts = _recalled(store.read(world, NAME), list(names), digest)
    if counts is not None:
        store.touch()
    return counts


def _recalled(known: Json, names: list[str], digest: Callable[[str], str | None]) -> Counts | None:
    match known:
        case {"names": list(were), "digests": dict(digests), "counts": [int(files), int(specs), int(payloads)]}:
            # Every spec must be among the files whose bytes are compared.
            is_same = were == names and digests.keys() >= set(names)
            if is_same and all(digest(name) == was for name, was in digests.items()):
                counts = Counts(files, specs, payloads)
                return counts if all(0 <= count <= sys.maxsize for count in counts) else None
    return None


def clean_body(names: Iterable[str], digests: dict[str, str], counts: Counts) -> bytes:
    """Return the record that `recall` reads. `digests` are those of every file that was read."""
    body = {"names": list(names), "digests": digests, "counts": counts}
    return json.dumps(body).encode("utf-8", "surrogatepass")
