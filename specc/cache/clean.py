"""A check of a whole project that found nothing. It holds while the project has the same files with the same bytes, and
while everything else that the check depends on is the same: specc itself, Python, the settings, the environment.

So the check of a project in which nothing has changed reads its files, and imports nothing of the compiler.
"""

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from hashlib import sha256
from typing import NamedTuple

from specc import __version__, assets
from specc.cache.store import Json, Store

NAME = "clean.json"
FORMAT = 3
"""This number is raised when the form of records changes."""
DATA = ("schemas", "templates")


class Counts(NamedTuple):
    """The counts of a check: all files, the specs among them that are not abstract, and their payloads."""

    files: int
    specs: int
    payloads: int

    @staticmethod
    def total(counts: "Iterable[Counts]") -> "Counts":
        """Return the sum of the counts of several projects."""
        return Counts(*map(sum, zip((0, 0, 0), *counts, strict=True)))


def recall(store: Store | None, world: str, names: Iterable[str], digest: Callable[[str], str | None]) -> Counts | None:
    """Return the counts of a check of all these specs; None where the check may find something."""
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


def world_of(shown: Sequence[str], settings: str, target: str, environment: Mapping[str, str]) -> str:
    """Return a digest of all that the check of a spec depends on beside its files.

    `shown` says how messages print paths, `environment` holds what templates may read, and `settings` is a digest of
    the files that the settings were read from: if the files were read once more here, they could be others.
    """
    seen = (
        (FORMAT, __version__, sys.version, settings, target),
        list(shown),
        sorted(environment.items()),
        _programs(),
    )
    return sha256(json.dumps(seen).encode("utf-8", "surrogatepass")).hexdigest()


@cache
def _programs() -> list[tuple[str, int, int]]:
    """Return the files of specc by size and time, and the folders of packages, which change with what is in them.

    They are looked at once in a process, which runs the code that it began with.
    """
    found = [file for folder in (assets.PACKAGE, *map(assets.folder, DATA)) for file in _data_files(str(folder))]
    places = [place for place in sys.path if place.endswith("-packages") and os.path.isdir(place)]
    return sorted([*found, *((place, 0, os.stat(place).st_mtime_ns) for place in places)])


def _data_files(folder: str) -> Iterator[tuple[str, int, int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                if entry.name != "__pycache__":
                    yield from _data_files(entry.path)
            else:
                status = entry.stat()
                yield entry.path, status.st_size, status.st_mtime_ns
