"""Records by name in files on the disk, a few files for any number of records. Losing any of them only costs time.

The file NN.json holds the records whose names belong to shard NN. The cache stays small: it has at most MOST_PROJECTS
projects, each of at most MOST_BYTES. Only files and folders that have the name and the kind of one of specc are
removed. Links are neither followed nor removed.
"""

import json
import os
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import field
from zlib import crc32

from specc.cache.store import FOLDER, MOST_BYTES, Json, Store, open_folder, private_folder
from specc.fast_dataclass import dataclass

SHARDS = 64
MOST_RECORD_BYTES = 4_000_000

Record = dict[str, Json]
"""What is known under one name, by kind, in any shape."""

MOST_WORLDS = 4
MOST_PROJECTS = 32
DIGEST = re.compile(r"[0-9a-f]{64}")
FILE = re.compile(r"(?:\d\d|clean|plain)\.json|\.[0-9a-f]{16}\.part")


@dataclass
class Shards:
    """The records of one project in one world. A shard is read when its first record is asked for."""

    store: Store
    world: str
    _read: dict[int, dict[str, Record]] = field(default_factory=dict)
    _changed: set[int] = field(default_factory=set)

    def get(self, name: str) -> Record:
        """Return what is known under a name, by kind."""
        return self._shard(_number(name)).get(name, {})

    def put(self, name: str, kind: str, value: object) -> None:
        """Note something under a name, to be written by `save`."""
        number = _number(name)
        record = self._shard(number).setdefault(name, {})
        record[kind] = value
        self._changed.add(number)

    def save(self, is_there: Callable[[str], bool]) -> None:
        """Write the changed records, without names that do not exist any more. It is not an error if that fails."""
        if not self._changed:
            return
        try:
            with self.store.writing(self.world) as write:
                for number in sorted(self._changed):
                    records = {name: record for name, record in self._read[number].items() if is_there(name)}
                    write(_file(number), _body(records))
            _prune(self.store, self.world)
        except OSError:
            # A cache only saves time. A read-only home, a full disk or a folder of somebody else is not reported.
            return
        self._changed.clear()

    def _shard(self, number: int) -> dict[str, Record]:
        if number not in self._read:
            self._read[number] = _records(self.store.read(self.world, _file(number)))
        return self._read[number]


def _number(name: str) -> int:
    return crc32(name.encode("utf-8", "surrogatepass")) % SHARDS


def _file(number: int) -> str:
    return f"{number:02}.json"


def _records(known: Json) -> dict[str, Record]:
    """Return the records of a shard, without whatever is not a record."""
    return (
        {name: record for name, record in known.items() if isinstance(record, dict)} if isinstance(known, dict) else {}
    )


def _body(records: dict[str, Record]) -> bytes:
    fitting = (f"{json.dumps(name)}:{text}" for name, record in records.items() if (text := _text(record)))
    return ("{" + ",\n".join(fitting) + "}\n").encode()


def _text(record: Record) -> str | None:
    """Return a record as JSON, or None for one that would fill the cache alone."""
    text = json.dumps(record, separators=(",", ":"))
    return text if len(text) <= MOST_RECORD_BYTES else None


def _prune(store: Store, world: str) -> None:
    """Remove what was not used for longest, and the world in use only where it alone is too large. Raises OSError."""
    with private_folder(store.cache, FOLDER) as top:
        for name in _youngest_first(top, store.project)[MOST_PROJECTS:]:
            _remove_folder(name, top, _remove_world)
        with private_folder(store.cache, FOLDER, store.project) as project:
            size = 0
            for number, name in enumerate(_youngest_first(project, world)):
                size += _size(name, project)
                if number >= MOST_WORLDS or size > MOST_BYTES:
                    _remove_world(name, project)


def _youngest_first(folder: int, in_use: str) -> list[str]:
    """Return the names of specc's folders in a folder: the folder in use, then the others, last used first."""
    with os.scandir(folder) as entries:
        used = {
            entry.name: entry.stat(follow_symlinks=False).st_mtime
            for entry in entries
            if DIGEST.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False)
        }
    return sorted(used, key=lambda name: (name != in_use, -used[name]))


def _size(world: str, project: int) -> int:
    with suppress(OSError):  # what cannot be read is not removed, and counts nothing
        folder = open_folder(world, project)
        try:
            with os.scandir(folder) as entries:
                return sum(entry.stat(follow_symlinks=False).st_size for entry in entries)
        finally:
            os.close(folder)
    return 0


def _remove_world(name: str, project: int) -> None:
    _remove_folder(name, project, _remove_file)


def _remove_file(name: str, world: int) -> None:
    os.unlink(name, dir_fd=world)


def _remove_folder(name: str, parent: int, remove: Callable[[str, int], None]) -> None:
    """Remove a folder of this user with what specc put there. The folder stays where it holds anything else."""
    # Another process may remove the same, or write there again.
    with suppress(OSError):
        folder = open_folder(name, parent)
        try:
            with os.scandir(folder) as entries:
                inside = [entry.name for entry in entries if _is_of_specc(entry)]
            for each in inside:
                remove(each, folder)
        finally:
            os.close(folder)
        os.rmdir(name, dir_fd=parent)


def _is_of_specc(entry: os.DirEntry[str]) -> bool:
    expected = DIGEST if entry.is_dir(follow_symlinks=False) else FILE
    return expected.fullmatch(entry.name) is not None and not entry.is_symlink()
