"""Records by name in files on the disk, a few files for any number of records. Losing any of them only costs time.

The file NN.json holds the records whose names fall to shard NN.
"""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import field
from zlib import crc32

from specc.cache.clean import NAME, Counts, clean_body
from specc.cache.pruning import prune
from specc.cache.store import Json, Store
from specc.fast_dataclass import dataclass

SHARDS = 64
MOST_RECORD_BYTES = 4_000_000

Record = dict[str, Json]
"""What is known under one name, by kind. Nothing is known of the shape of each."""


@dataclass
class Shards:
    store: Store
    world: str
    _read: dict[int, dict[str, Record]] = field(default_factory=dict)
    _changed: set[int] = field(default_factory=set)

    def get(self, name: str) -> Record:
        """Return what is known under that name, by kind; empty for nothing."""
        return self._shard(_number(name)).get(name, {})

    def put(self, name: str, kind: str, value: object) -> None:
        number = _number(name)
        record = self._shard(number).setdefault(name, {})
        record[kind] = value
        self._changed.add(number)

    def save(self, is_there: Callable[[str], bool]) -> None:
        """Write what has changed, without names that are not there any more. A disk that takes nothing is no fault."""
        if not self._changed:
            return
        try:
            with self.store.writing(self.world) as write:
                for number in sorted(self._changed):
                    records = {name: record for name, record in self._read[number].items() if is_there(name)}
                    write(_file(number), _body(records))
            prune(self.store, self.world)
        except OSError:
            # A cache only saves time. A read-only home, a full disk or a folder of somebody else is not reported.
            return
        self._changed.clear()

    def keep_clean(self, names: Sequence[str], digests: dict[str, str], counts: Counts) -> None:
        """Note that a check of the whole project found nothing."""
        with suppress(OSError), self.store.writing(self.world) as write:
            write(NAME, clean_body(names, digests, counts))

    def _shard(self, number: int) -> dict[str, Record]:
        if number not in self._read:
            self._read[number] = _records(self.store.read(self.world, _file(number)))
        return self._read[number]


def _number(name: str) -> int:
    return crc32(name.encode("utf-8", "surrogatepass")) % SHARDS


def _file(number: int) -> str:
    return f"{number:02}.json"


def _records(known: Json) -> dict[str, Record]:
    """Return the records of a shard, without what has the shape of none."""
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
