"""All that the check of a spec depends on beside its files: specc itself, Python, the settings, the environment."""

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256

from specc import __version__, assets

FORMAT = 3
"""Raised when records look otherwise."""
DATA = ("schemas", "templates")


def world_of(shown: Sequence[str], settings: str, target: str, environment: Mapping[str, str]) -> str:
    """Return a digest. `shown` says how messages print paths, `environment` is what templates may read.

    `settings` is a digest of what they were read from: read once more here, the files could be others.
    """
    seen = (
        (FORMAT, __version__, sys.version, settings, target),
        list(shown),
        sorted(environment.items()),
        sorted(_programs()),
    )
    return sha256(json.dumps(seen).encode("utf-8", "surrogatepass")).hexdigest()


def _programs() -> Iterator[tuple[str, int, int]]:
    """Files of specc and its data by size and time; and the folders of packages, which change with what is in them."""
    for folder in (assets.PACKAGE, *map(assets.folder, DATA)):
        yield from _files(str(folder))
    for place in sys.path:
        if place.endswith("-packages") and os.path.isdir(place):
            yield place, 0, os.stat(place).st_mtime_ns


def _files(folder: str) -> Iterator[tuple[str, int, int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                if entry.name != "__pycache__":
                    yield from _files(entry.path)
            else:
                status = entry.stat()
                yield entry.path, status.st_size, status.st_mtime_ns
