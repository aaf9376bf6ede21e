"""Finding attempts in the ledger's file, in such a way that a damaged index hides none.

That an attempt is *not* found is what has a payload sent. So everything is found twice, by two indexes that lie on
other pages of the file: they must agree, and each row that they name must be there and fit its seal. Otherwise the file
is damaged.
"""

import contextlib
import json
import sqlite3
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from specc.submission.keys import LogicalKey
from specc.submission.records import Record
from specc.submission.rows import SEALED, Damaged, record_of
from specc.submission.tables import reading

LISTED = "IN (SELECT value FROM json_each(?))"
"""Any number of values in one query, whatever the limit on `?`."""

OPEN = "state IN ('intent', 'unknown')"
CHUNK = 1000
TARGETS = """WITH RECURSIVE known(target) AS (
  SELECT min(target) FROM attempts
  UNION ALL SELECT (SELECT min(target) FROM attempts WHERE target > known.target) FROM known WHERE known.target NOT NULL
) SELECT target FROM known WHERE target NOT NULL"""
"""The targets, each found by one step in the index: there are few, however many attempts there are."""

SPECS = TARGETS.replace("target", "spec")
LAST_CHARACTER = "\U0010ffff"

Query = tuple[str, str, Sequence[object]]
"""An index, a condition, and the values in it."""


def of_key(connection: sqlite3.Connection, key: LogicalKey) -> list[Record]:
    """Return all attempts of a key, in the order of their numbers. Raises Damaged where one is missing."""
    condition = "target = ? AND spec = ? AND cell = ? AND params = ?"
    found = _twice(connection, ("one_number", condition, key), ("also_by_key", condition, key))
    found.sort(key=lambda record: record.number)
    for number, record in enumerate(found, 1):
        if record.key != key or record.number != number:
            raise Damaged(f"attempt {number} of {key} is missing")
    return found


def of_cell(connection: sqlite3.Connection, key: LogicalKey) -> list[Record]:
    """Return the attempts for a cell of a spec with those parameters, on whatever target."""
    values = (key.spec, key.cell, key.params)
    condition = "spec = ? AND cell = ? AND params = ?"
    by_target = f"target {LISTED} AND {condition}"
    return _twice(
        connection,
        ("also_by_key", condition, values),
        ("one_number", by_target, (_targets(connection), *values)),
    )


def of_specs(connection: sqlite3.Connection, specs: Iterable[str]) -> list[int]:
    """Return where the attempts for specs stand, in the order in which they were begun."""
    listed = json.dumps(list(specs))
    return _places(
        connection,
        ("also_by_key", f"spec {LISTED}", (listed,)),
        ("one_number", f"target {LISTED} AND spec {LISTED}", (_targets(connection), listed)),
    )


def with_id(connection: sqlite3.Connection, text: str, *, is_uuid_start: bool, is_attempt_start: bool) -> list[int]:
    """Return where the attempts stand that have this job, or whose job or own name begins with the text, if it may."""
    end = text + LAST_CHARACTER
    queries: list[tuple[str, tuple[str, ...]]] = [("uuid = ?", (text,))]
    if is_uuid_start:
        queries.append(("uuid IS NOT NULL AND uuid >= ? AND uuid < ?", (text, end)))
    if is_attempt_start:
        queries.append(("attempt >= ? AND attempt < ?", (text, end)))
    found = {
        row[0]
        for condition, values in queries
        for row in connection.execute(f"SELECT rowid FROM attempts WHERE {condition}", values)
    }
    return sorted(found)


def specs(connection: sqlite3.Connection) -> list[str]:
    """Return the specs that have attempts."""
    return [row[0] for row in connection.execute(SPECS)]


def latest(connection: sqlite3.Connection) -> list[int]:
    """Return where the last attempt of each key stands, and the last that became a job. Only indexes are read."""
    accepted = {row[0] for row in connection.execute("SELECT rowid FROM attempts WHERE uuid IS NOT NULL")}
    order = "target, spec, cell, params, number"
    rows = connection.execute(f"SELECT rowid, {order} FROM attempts INDEXED BY one_number ORDER BY {order}")
    chosen = array("q")
    for _, group in groupby(rows, key=lambda row: tuple(row)[1:5]):
        places = [row[0] for row in group]
        job = next((place for place in reversed(places) if place in accepted), places[-1])
        chosen.extend({places[-1], job})
    return sorted(chosen)


def with_digest(connection: sqlite3.Connection, target: str, digest: str) -> list[Record]:
    """Return the attempts to send a payload to a target."""
    values = (target, digest)
    condition = "target = ? AND digest = ?"
    return _twice(connection, ("by_digest", condition, values), ("also_by_digest", condition, values))


def with_uuids(connection: sqlite3.Connection, uuids: Iterable[str]) -> list[Record]:
    """Return the attempts that have these jobs."""
    listed = json.dumps(list(uuids))
    condition = f"uuid {LISTED}"
    return _twice(
        connection,
        ("also_by_uuid", condition, (listed,)),
        ("one_uuid", f"target {LISTED} AND {condition}", (_targets(connection), listed)),
    )


def open_attempts(connection: sqlite3.Connection) -> list[Record]:
    """Return the attempts that are being sent or unknown."""
    return _twice(connection, ("one_open", OPEN, ()), ("also_open", OPEN, ()))


def attempt(connection: sqlite3.Connection, name: str) -> Record | None:
    """Return the attempt of that name, or None."""
    row = connection.execute(f"SELECT {SEALED} FROM attempts WHERE attempt = ?", (name,)).fetchone()
    return record_of(row) if row is not None else None


def identities(connection: sqlite3.Connection) -> list[str]:
    """Return the targets that any attempt was for."""
    return [str(row[0]) for row in connection.execute(TARGETS)]


def has_plan(connection: sqlite3.Connection, plan: str) -> bool:
    """Return whether a plan was carried out. The table is small, so it is read whole, too."""
    by_index = connection.execute("SELECT 1 FROM plans WHERE id = ?", (plan,)).fetchone() is not None
    if by_index != any(row[0] == plan for row in connection.execute("SELECT id FROM plans NOT INDEXED")):
        raise Damaged(f"the plan {plan} is in the table or in its index, and not in both")
    return by_index


def ledger_id(connection: sqlite3.Connection) -> str:
    """Return which ledger this is."""
    rows = connection.execute("SELECT id FROM self").fetchall()
    if len(rows) != 1:
        raise Damaged(f"it has {len(rows)} names, and needs one")
    return str(rows[0][0])


def each(path: Path, connection: sqlite3.Connection) -> Iterator[Record]:
    """Yield every attempt in order. Between a thousand and the next, other processes can write.

    Raises SpeccError where one is damaged, or there are not as many as the indexes say.
    """
    last, count = 0, 0
    with reading(path, connection):
        end = connection.execute("SELECT max(rowid) FROM attempts").fetchone()[0] or 0
        counts = [
            connection.execute(f"SELECT count(*) FROM attempts INDEXED BY {index} WHERE rowid <= ?", (end,)).fetchone()[
                0
            ]
            for index in ("by_digest", "also_by_digest")
        ]
    while True:
        with reading(path, connection):
            rows = connection.execute(
                f"SELECT {SEALED} FROM attempts WHERE rowid > ? AND rowid <= ? ORDER BY rowid LIMIT {CHUNK}",
                (last, end),
            ).fetchall()
            records = [record_of(row) for row in rows]
            count += len(rows)
            if not rows and counts != [count, count]:
                raise Damaged(f"it holds {count:,} attempts, and its indexes {counts[0]:,} and {counts[1]:,}")
        if not rows:
            return
        last = rows[-1][0]
        yield from records


def each_or_fault(path: Path, connection: sqlite3.Connection) -> Iterator[Record | str]:
    """Yield every attempt in order, and in place of one that is damaged, what is wrong with it."""
    last = 0
    with _any_text(connection):
        while True:
            with reading(path, connection):
                rows = connection.execute(
                    f"SELECT {SEALED} FROM attempts WHERE rowid > ? ORDER BY rowid LIMIT {CHUNK}", (last,)
                ).fetchall()
            if not rows:
                return
            for row in rows:
                last = row[0]
                try:
                    yield record_of(row)
                except Damaged as error:
                    yield str(error)


@contextlib.contextmanager
def _any_text(connection: sqlite3.Connection) -> Iterator[None]:
    """Read texts that are not UTF-8, too."""
    decode, connection.text_factory = connection.text_factory, lambda data: data.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        connection.text_factory = decode


def numbers(path: Path, connection: sqlite3.Connection) -> Iterator[tuple[LogicalKey, int]]:
    """Yield each key with the number of each of its attempts, in the order of both."""
    order = "target, spec, cell, params, number"
    with reading(path, connection), _any_text(connection):
        for row in connection.execute(f"SELECT {order} FROM attempts INDEXED BY one_number ORDER BY {order}"):
            yield LogicalKey(*tuple(row)[:4]), row[4]


def each_at(path: Path, connection: sqlite3.Connection, places: Sequence[int]) -> Iterator[Record]:
    """Yield the attempts that stand at these places, in that order, a thousand at a time."""
    for start in range(0, len(places), CHUNK):
        with reading(path, connection):
            records = at(connection, places[start : start + CHUNK])
        yield from records


def at(connection: sqlite3.Connection, places: Sequence[int]) -> list[Record]:
    """Return the attempts that stand at these places, in order. Raises Damaged where one is missing."""
    rows = connection.execute(
        f"SELECT {SEALED} FROM attempts WHERE rowid {LISTED} ORDER BY rowid", (json.dumps(list(places)),)
    ).fetchall()
    if len(rows) != len(places):
        raise Damaged(f"its indexes name {len(places) - len(rows):,} attempts that are not there")
    return [record_of(row) for row in rows]


def _twice(connection: sqlite3.Connection, first: Query, second: Query) -> list[Record]:
    return at(connection, _places(connection, first, second))


def _places(connection: sqlite3.Connection, first: Query, second: Query) -> list[int]:
    """Return the places that two queries find by their indexes. Raises Damaged where these disagree."""
    found, again = (
        {
            row[0]
            for row in connection.execute(f"SELECT rowid FROM attempts INDEXED BY {index} WHERE {condition}", values)
        }
        for index, condition, values in (first, second)
    )
    if found != again:
        count = len(found ^ again)
        raise Damaged(f"its indexes {first[0]} and {second[0]} disagree about {count:,} attempts")
    return sorted(found)


def _targets(connection: sqlite3.Connection) -> str:
    return json.dumps([row[0] for row in connection.execute(TARGETS)])
