"""Records by name in files on the disk, a few files for any number of records. Losing any of them loses only time.

FOLDER/WORLD/NN.json holds the records whose names fall to shard NN. WORLD is a digest of everything else that a record
depends on.
"""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import field
from pathlib import Path
from typing import Any
from zlib import crc32

from specc.cache.clean import NAME, Counts, clean_body
from specc.cache.sealed import read_sealed
from specc.cache.sealing import write_sealed
from specc.frozen import dataclass

SHARDS = 64
MOST_WORLDS = 4
MOST_BYTES = 200_000_000
MOST_RECORD_BYTES = 4_000_000
IGNORED = "# Made by specc. It can be deleted at any time.\n*\n"

Record = dict[str, Any]


@dataclass
class Shards:
    folder: Path
    world: str
    _read: dict[int, dict[str, Record]] = field(default_factory=dict)
    _changed: set[int] = field(default_factory=set)

    def get(self, name: str) -> Record:
        """What is known under that name, by kind; empty for nothing."""
        return self._shard(_number(name)).get(name, {})

    def put(self, name: str, kind: str, value: object) -> None:
        number = _number(name)
        record = self._shard(number).setdefault(name, {})
        record[kind] = value
        self._changed.add(number)

    def save(self, is_there: Callable[[str], bool]) -> None:
        """Writes what has changed, without names that are not there any more. A disk that takes nothing is no fault."""
        if not self._changed:
            return
        try:
            self._settle()
            for number in sorted(self._changed):
                records = {name: record for name, record in self._read[number].items() if is_there(name)}
                self._write(number, records)
            _prune(self.folder, self.world)
        except OSError:
            # A cache only saves time. A read-only checkout, a full disk or a folder that went away is not reported.
            return
        self._changed.clear()

    def keep_clean(self, names: Sequence[str], digests: dict[str, str], counts: Counts) -> None:
        """A check of the whole project that found nothing."""
        with suppress(OSError):
            self._settle()
            write_sealed(self.folder / self.world / NAME, clean_body(names, digests, counts))

    def _shard(self, number: int) -> dict[str, Record]:
        if number not in self._read:
            self._read[number] = read_sealed(self._path(number)) or {}
        return self._read[number]

    def _path(self, number: int) -> Path:
        return self.folder / self.world / f"{number:02}.json"

    def _settle(self) -> None:
        (self.folder / self.world).mkdir(parents=True, exist_ok=True)
        ignore = self.folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text(IGNORED, encoding="utf-8")

    def _write(self, number: int, records: dict[str, Record]) -> None:
        fitting = (f"{json.dumps(name)}:{text}" for name, record in records.items() if (text := _text(record)))
        body = ("{" + ",\n".join(fitting) + "}\n").encode()
        write_sealed(self._path(number), body)


def _number(name: str) -> int:
    return crc32(name.encode("utf-8", "surrogatepass")) % SHARDS


def _text(record: Record) -> str | None:
    """None for one that would fill the folder alone."""
    text = json.dumps(record, separators=(",", ":"))
    return text if len(text) <= MOST_RECORD_BYTES else None


def _prune(folder: Path, world: str) -> None:
    """Leaves the youngest worlds, and no more than so many bytes: this world's go last."""
    worlds = sorted((path for path in folder.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)
    worlds = [path for path in worlds if path.name != world]
    size = sum(file.stat().st_size for file in (folder / world).iterdir())
    kept = 1
    for path in reversed(worlds):
        size += sum(file.stat().st_size for file in path.iterdir())
        kept += 1
        if kept > MOST_WORLDS or size > MOST_BYTES:
            _remove(path)
    if size > MOST_BYTES and kept == 1:
        _remove(folder / world)


def _remove(world: Path) -> None:
    """Without what another process puts there meanwhile."""
    with suppress(OSError):
        for file in world.iterdir():
            file.unlink(missing_ok=True)
        world.rmdir()
