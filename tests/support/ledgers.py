"""Ledgers made from nothing, of any size, without sending anything."""

import contextlib
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from specc.submission import Ledger, LogicalKey, Record, State
from specc.submission.records import COLUMNS, PLACEHOLDERS, row_of

TARGET = "ehpc:127.0.0.1:9/api:KEY@z/c"
CELLS = 20


def finished(index: int, cells: int = CELLS) -> Record:
    """Return the attempt of that index: `cells` of them for each spec, each a job that has finished."""
    body = json.dumps(
        {"cmd_line": f"./run --case {index}", "core_limit": 4, "name": f"run-{index}"}, separators=(",", ":")
    )
    digest = hashlib.sha256(body.encode()).hexdigest()
    key = LogicalKey(TARGET, f"jobs/s{index // cells:05}.job.yaml", f"{index % cells:08x}", "{}")
    name = hashlib.sha256(str(index).encode()).hexdigest()[:32]
    return Record(
        name, key, "prod", "ehpc/v1", digest, body, f"run-{index}", f"n={index % cells}", f'{{"n":{index % cells}}}',
        "{}", State.ACCEPTED, "o" * 16, 1, 1.7e9 + index, 0.0, 1.7e9 + index + 1, f"hpcjob-{index:08x}", None, None,
        "finished", "", 0, 1.7e9 + index + 9,
    )  # fmt: skip


def fill(ledger: Ledger, count: int, cells: int = CELLS) -> None:
    """Write so many attempts in one transaction."""
    rows = (row_of(finished(index, cells)) for index in range(count))
    with ledger._writing() as connection:
        connection.executemany(f"INSERT INTO attempts ({COLUMNS}) VALUES ({PLACEHOLDERS})", rows)


@contextlib.contextmanager
def filled(path: Path, count: int) -> Iterator[Ledger]:
    with Ledger.open(path) as ledger:
        fill(ledger, count)
        yield ledger


def replaced(record: Record, attempt: str, number: int) -> Record:
    """Return a later intent for the same key."""
    key, digest, body, name = record.key, record.digest, record.body, record.sent_name
    return Record(
        attempt, key, record.target_name, record.api, digest, body, name, record.slug, record.axes, record.units,
        State.INTENT, record.owner, number, record.created_at + 100,
    )  # fmt: skip
