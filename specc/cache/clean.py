"""A check that found nothing. It holds while the project has the same specs with the same bytes, and while everything
else that the check depends on is the same: specc itself, Python, the settings, the environment.

So a check in a project in which nothing has changed reads its files, and imports nothing of the compiler, by whatever
paths, options or folder it was called: what was clean is clean for each part of it, and prints no path.
`property/test_cached_checks.py` holds that a check says the same with it and without.
"""

import json
import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from hashlib import sha256
from typing import NamedTuple, Protocol

from specc import __version__, assets
from specc.cache.store import Json, Store
from specc.fast_dataclass import dataclass

NAME = "clean.json"
FORMAT = 4
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


class Part(NamedTuple):
    """What a clean check knows of one spec. `references` are the files that it refers to."""

    is_abstract: bool
    payloads: int
    references: Collection[str]


class Asked(NamedTuple):
    """A check that is asked for: of the specs `names`, and of those that depend on them.

    `is_whole` says that they are the whole project. Else `all_specs` gives the names of all its specs.
    """

    names: Collection[str]
    is_whole: bool
    all_specs: Callable[[], Sequence[str]]


class Digests(Protocol):
    """The bytes of a project's files, by name."""

    def digest(self, name: str) -> str | None:
        """Return the digest of one file."""

    def digest_of_all(self, names: Iterable[str]) -> str | None:
        """Return one digest of many files."""


@dataclass(frozen=True, slots=True)
class CleanChecks:
    """The record of the last check of a project that found nothing. `world` is as in `world_of`."""

    store: Store
    world: str

    def recall(self, asked: Asked, digests: Digests) -> Counts | None:
        """Return the counts of a check; None where it may find something."""
        record = self.store.read(self.world, NAME)
        counts = _counts(record, asked)
        if counts is None or not _is_as_it_was(record, asked, digests):
            return None
        self.store.touch()
        return counts

    def keep(self, asked: Asked, checked: Mapping[str, Part], reads: Iterable[str], digests: Digests) -> None:
        """Note that a check found nothing. `reads` are the names of all that it read. It is not an error if that fails.

        It holds for each part of what was checked, but for no more: what was clean in two checks can clash.
        """
        names = asked.names if asked.is_whole else asked.all_specs()
        specs = digests.digest_of_all(names)
        others = {name: digests.digest(name) for name in sorted(set(reads).difference(names))}
        if specs is None or None in others.values():
            return
        number = {name: index for index, name in enumerate(checked)}
        edges = [(number[name], number[to]) for name in checked for to in checked[name].references if to in number]
        record = {
            "specs": specs,
            "others": others,
            "names": list(checked),
            "abstract": [int(part.is_abstract) for part in checked.values()],
            "payloads": [part.payloads for part in checked.values()],
            "users": [user for user, _ in edges],
            "used": [used for _, used in edges],
        }
        with suppress(OSError), self.store.writing(self.world) as write:  # without it the next check takes longer
            write(NAME, json.dumps(record, separators=(",", ":")).encode("utf-8", "surrogatepass"))


def _is_as_it_was(record: Json, asked: Asked, digests: Digests) -> bool:
    match record:
        case {"specs": str(specs), "others": dict(others)}:
            names = asked.names if asked.is_whole else asked.all_specs()
            is_same = digests.digest_of_all(names) == specs
            return is_same and all(digests.digest(name) == was for name, was in others.items())
    return False


def _counts(record: Json, asked: Asked) -> Counts | None:
    """Return the counts of a check of these specs; None where others were checked, or where this is not a record."""
    match record:
        case {"names": list(names), "abstract": list(abstract), "payloads": list(payloads)} if (
            len(names) == len(abstract) == len(payloads) and _are_counts(abstract) and _are_counts(payloads)
        ):
            number = {name: index for index, name in enumerate(names) if isinstance(name, str)}
            wanted = {number.get(name, -1) for name in asked.names}
            if -1 in wanted:
                return None
            if not asked.is_whole and len(wanted) < len(names):
                wanted = _with_dependents(wanted, record, len(names))
            concrete = len(wanted) - sum(abstract[index] for index in wanted)
            return Counts(len(wanted), concrete, sum(payloads[index] for index in wanted)) if wanted else None
    return None


def _with_dependents(start: set[int], record: Json, size: int) -> set[int]:
    """Return numbers of specs with those of all that depend on them; nothing where this is not a record."""
    match record:
        case {"users": list(users), "used": list(used)} if _are_counts(users, size) and _are_counts(used, size):
            by_used: dict[int, list[int]] = {}
            for user, each in zip(users, used, strict=False):
                by_used.setdefault(each, []).append(user)
            reached, waiting = set(start), list(start)
            while waiting:
                new = [user for user in by_used.get(waiting.pop(), ()) if user not in reached]
                reached.update(new)
                waiting += new
            return reached
    return set()


def _are_counts(values: list[Json], below: int = sys.maxsize) -> bool:
    return set(map(type, values)) <= {int} and all(0 <= value < below for value in values)


def world_of(settings: str, target: str, environment: Mapping[str, str]) -> str:
    """Return a digest of all that the check of a spec depends on beside its files.

    `environment` holds what templates may read, and `settings` is a digest of the files that the settings were read
    from: if the files were read once more here, they could be others.
    """
    seen = (
        (FORMAT, __version__, sys.version, settings, target),
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
