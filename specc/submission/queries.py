"""The questions that can be asked of the ledger, in such a way that a damaged index hides no attempt.

A payload is sent because an attempt is *not* found. So everything is looked for twice, by two indexes that lie on
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

from specc.submission.database import ACTIVE, integrity_errors, reading
from specc.submission.keys import LogicalKey
from specc.submission.records import (
    NOTHING_STARTED,
    SEALED,
    Damaged,
    Record,
    State,
    is_attempt_start,
    is_uuid_start,
    record_of,
)

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
KEY_ORDER = "target, spec, cell, params, number"
LAST_CHARACTER = "\U0010ffff"

Query = tuple[str, str, Sequence[object]]
"""An index, a condition, and the values in it."""


class Queries:
    """The attempts in a ledger's file, for reading.

    Every method checks the rows that it finds: a row that the disk has changed and indexes that disagree raise
    SpeccError.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    @property
    def id(self) -> str:
        """Return the name of this ledger. A copy has the same."""
        with self._reading() as connection:
            rows = connection.execute("SELECT id FROM self").fetchall()
            if len(rows) != 1:
                raise Damaged(f"it has {len(rows)} names, and needs one")
        return str(rows[0][0])

    def all(self) -> list[Record]:
        """Return every attempt, in the order in which they were begun. A large ledger needs much memory: see `each`."""
        return list(self.each())

    def each(self) -> Iterator[Record]:
        """Yield every attempt in the order in which they were begun, whatever the clock said.

        A thousand are read at a time; between two thousands, other processes can write. Raises SpeccError where an
        attempt is damaged, or there are not as many as the indexes say.
        """
        last, count = 0, 0
        with self._reading() as connection:
            end = connection.execute("SELECT max(rowid) FROM attempts").fetchone()[0] or 0
            counting = "SELECT count(*) FROM attempts INDEXED BY {} WHERE rowid <= ?"
            counts = [
                connection.execute(counting.format(index), (end,)).fetchone()[0]
                for index in ("by_digest", "also_by_digest")
            ]
        while True:
            with self._reading() as connection:
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

    def each_or_damage(self) -> Iterator[Record | str]:
        """Yield every attempt in order, and in place of a damaged attempt a sentence that says how it is damaged."""
        last = 0
        with _any_text(self._connection):
            while True:
                with self._reading() as connection:
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

    def numbers(self) -> Iterator[tuple[LogicalKey, int]]:
        """Yield each key with the number of each of its attempts, in the order of both."""
        query = f"SELECT {KEY_ORDER} FROM attempts INDEXED BY one_number ORDER BY {KEY_ORDER}"
        with self._reading() as connection, _any_text(connection):
            for row in connection.execute(query):
                yield LogicalKey(*tuple(row)[:4]), row[4]

    def count(self) -> int:
        """Return how many attempts there are."""
        with self._reading() as connection:
            return int(connection.execute("SELECT count(*) FROM attempts").fetchone()[0])

    def specs(self) -> list[str]:
        """Return the specs that have attempts."""
        with self._reading() as connection:
            return [row[0] for row in connection.execute(SPECS)]

    def has_spec(self, spec: str) -> bool:
        """Return whether there are attempts for a spec."""
        with self._reading() as connection:
            return bool(_rows_of_specs(connection, [spec]))

    def with_id(self, text: str) -> list[Record]:
        """Return the attempts whose job's uuid or own name is the text, or begins with it."""
        with self._reading() as connection:
            return _records_at(connection, _rows_with_id(connection, text))

    def chosen(self, specs: Sequence[str], ids: Sequence[str], *, whole_history: bool) -> Iterator[Record]:
        """Yield the attempts for specs, and those that are named, in order; all attempts if nothing is named.

        Without the whole history, only the last attempt and the last job of each cell are yielded, and those that are
        named themselves.
        """
        with self._reading() as connection:
            named = {row for text in ids for row in _rows_with_id(connection, text)}
            of_specs = _rows_of_specs(connection, specs) if specs else []
            is_all = not specs and not ids
            latest_of_all = _latest_rows(connection) if is_all and not whole_history else []
        if is_all:
            yield from self.each() if whole_history else self._each_at(latest_of_all)
            return
        if not whole_history:
            of_specs = self._latest_among(of_specs)
        yield from self._each_at(sorted(named.union(of_specs)))

    def recent(self, spec: str, most: int = 200) -> list[Record]:
        """Return the last attempts for a spec, in order; not more than `most` of them."""
        with self._reading() as connection:
            return _records_at(connection, _rows_of_specs(connection, [spec])[-most:])

    def _latest_among(self, rows: Sequence[int]) -> list[int]:
        """Return the rows of the last attempt of each key among these, and of the last that became a job."""
        last: dict[LogicalKey, tuple[int, int]] = {}
        job: dict[LogicalKey, tuple[int, int]] = {}
        for row, record in zip(rows, self._each_at(rows), strict=True):
            entry = (record.number, row)
            last[record.key] = max(entry, last.get(record.key, entry))
            if record.state is State.ACCEPTED:
                job[record.key] = max(entry, job.get(record.key, entry))
        return [row for _, row in (*last.values(), *job.values())]

    def _each_at(self, rows: Sequence[int]) -> Iterator[Record]:
        """Yield the attempts of these rows, in that order, a thousand at a time."""
        for start in range(0, len(rows), CHUNK):
            with self._reading() as connection:
                records = _records_at(connection, rows[start : start + CHUNK])
            yield from records

    def at_once(self) -> contextlib.AbstractContextManager[object]:
        """Ask several questions of one state of the ledger. Nobody can write meanwhile: this is for a moment only."""
        return self._reading()

    def of_key(self, key: LogicalKey) -> list[Record]:
        """Return all attempts of a key, in the order of their numbers. Raises SpeccError where one is missing."""
        condition = "target = ? AND spec = ? AND cell = ? AND params = ?"
        with self._reading() as connection:
            found = _find(connection, ("one_number", condition, key), ("also_by_key", condition, key))
            found.sort(key=lambda record: record.number)
            for number, record in enumerate(found, 1):
                if record.key != key or record.number != number:
                    raise Damaged(f"attempt {number} of {key} is missing")
        return found

    def run_of(self, key: LogicalKey, number: int) -> int:
        """Return which job of its key the attempt of this number is, from 1: what started nothing does not count."""
        if number == 1:
            return 1
        return 1 + sum(one.state not in NOTHING_STARTED for one in self.of_key(key) if one.number < number)

    def of_cell(self, key: LogicalKey) -> list[Record]:
        """Return all attempts of a key's cell on its target, whatever the parameters."""
        values, condition = (key.target, key.spec, key.cell), "target = ? AND spec = ? AND cell = ?"
        with self._reading() as connection:
            return _find(connection, ("one_number", condition, values), ("also_by_key", condition, values))

    def attempt(self, name: str) -> Record | None:
        """Return the attempt of that name, or None."""
        with self._reading() as connection:
            row = connection.execute(f"SELECT {SEALED} FROM attempts WHERE attempt = ?", (name,)).fetchone()
            return record_of(row) if row is not None else None

    def of_retargeted(self, target_name: str, key: LogicalKey) -> list[Record]:
        """Return the attempts for the same cell that were sent when the target's name meant another place or account.

        Only attempts of which a job is or may be there are returned.
        """
        values = (key.spec, key.cell, key.params)
        condition = "spec = ? AND cell = ? AND params = ?"
        with self._reading() as connection:
            by_target = ("one_number", f"target {LISTED} AND {condition}", (_targets(connection), *values))
            found = _find(connection, ("also_by_key", condition, values), by_target)
        return [one for one in found if one.target_name == target_name and one.key != key and one.may_run]

    def with_digest(self, target: str, digest: str) -> list[Record]:
        """Return the attempts to send a payload to a target, under any key, of which a job is or may be there."""
        values, condition = (target, digest), "target = ? AND digest = ?"
        with self._reading() as connection:
            found = _find(connection, ("by_digest", condition, values), ("also_by_digest", condition, values))
        return [one for one in found if one.may_run]

    def open_attempts(self) -> list[Record]:
        """Return the attempts that are being sent, and those whose outcome is unknown."""
        with self._reading() as connection:
            return _find(connection, ("one_open", OPEN, ()), ("also_open", OPEN, ()))

    def active(self, target: str) -> list[Record]:
        """Return the attempts that are in the target's queue, or may be there, as far as the ledger knows."""
        condition, values = f"target = ? AND {ACTIVE}", (target,)
        with self._reading() as connection:
            return _find(connection, ("active", condition, values), ("also_active", condition, values))

    def unknown(self, target: str) -> list[Record]:
        """Return the attempts on a target whose outcome is unknown."""
        return [one for one in self.open_attempts() if one.key.target == target and one.state is State.UNKNOWN]

    def jobs(self, target: str, uuids: Iterable[str]) -> list[Record]:
        """Return the attempts that became these jobs of the target."""
        listed, condition = json.dumps(list(uuids)), f"uuid {LISTED}"
        with self._reading() as connection:
            by_target = ("one_uuid", f"target {LISTED} AND {condition}", (_targets(connection), listed))
            found = _find(connection, ("also_by_uuid", condition, (listed,)), by_target)
        return [one for one in found if one.key.target == target]

    def taken(self, target: str, uuids: Iterable[str]) -> set[str]:
        """Return which of these jobs of the target belong to an attempt."""
        return {str(one.uuid) for one in self.jobs(target, uuids)}

    def uuids(self, target: str) -> set[str]:
        """Return every job of the target that belongs to an attempt."""
        return {record.uuid for record in self.each() if record.uuid and record.key.target == target}

    def identities(self) -> list[str]:
        """Return the identities of all targets that something was sent to."""
        with self._reading() as connection:
            return [str(row[0]) for row in connection.execute(TARGETS)]

    def has_used(self, plan: str) -> bool:
        """Return whether a plan was carried out. The table is small, so it is read whole, too."""
        with self._reading() as connection:
            by_index = connection.execute("SELECT 1 FROM plans WHERE id = ?", (plan,)).fetchone() is not None
            if by_index != any(row[0] == plan for row in connection.execute("SELECT id FROM plans NOT INDEXED")):
                raise Damaged(f"the plan {plan} is in the table or in its index, and not in both")
        return by_index

    def integrity_errors(self) -> list[str]:
        """Return what SQLite reports about the file."""
        return integrity_errors(self._connection)

    def _reading(self) -> contextlib.AbstractContextManager[sqlite3.Connection]:
        return reading(self.path, self._connection)


@contextlib.contextmanager
def _any_text(connection: sqlite3.Connection) -> Iterator[None]:
    """Read texts that are not UTF-8, too."""
    decode, connection.text_factory = connection.text_factory, lambda data: data.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        connection.text_factory = decode


def _rows_of_specs(connection: sqlite3.Connection, specs: Iterable[str]) -> list[int]:
    """Return the rows of the attempts for specs, in the order in which they were begun."""
    listed = json.dumps(list(specs))
    by_target = ("one_number", f"target {LISTED} AND spec {LISTED}", (_targets(connection), listed))
    return _rows(connection, ("also_by_key", f"spec {LISTED}", (listed,)), by_target)


def _rows_with_id(connection: sqlite3.Connection, text: str) -> list[int]:
    """Return the rows of the attempts that have this job, or whose job or own name begins with the text."""
    end = text + LAST_CHARACTER
    of_jobs: list[tuple[str, tuple[str, ...]]] = [("uuid = ?", (text,))]
    if is_uuid_start(text):
        of_jobs.append(("uuid IS NOT NULL AND uuid >= ? AND uuid < ?", (text, end)))
    found: set[int] = set()
    for condition, values in of_jobs:
        by_target = ("one_uuid", f"target {LISTED} AND {condition}", (_targets(connection), *values))
        found.update(_rows(connection, ("also_by_uuid", condition, values), by_target))
    if is_attempt_start(text):
        by_name = "SELECT rowid FROM attempts WHERE attempt >= ? AND attempt < ?"
        found.update(row[0] for row in connection.execute(by_name, (text, end)))
    return sorted(found)


def _latest_rows(connection: sqlite3.Connection) -> list[int]:
    """Return the rows of the last attempt of each key, and of the last that became a job. Only indexes are read."""
    accepted = {row[0] for row in connection.execute("SELECT rowid FROM attempts WHERE uuid IS NOT NULL")}
    found = connection.execute(f"SELECT rowid, {KEY_ORDER} FROM attempts INDEXED BY one_number ORDER BY {KEY_ORDER}")
    chosen = array("q")
    for _, group in groupby(found, key=lambda row: tuple(row)[1:5]):
        rows = [row[0] for row in group]
        job = next((row for row in reversed(rows) if row in accepted), rows[-1])
        chosen.extend({rows[-1], job})
    return sorted(chosen)


def _find(connection: sqlite3.Connection, first: Query, second: Query) -> list[Record]:
    """Return the attempts that two queries find by their indexes. Raises Damaged where these disagree."""
    return _records_at(connection, _rows(connection, first, second))


def _rows(connection: sqlite3.Connection, first: Query, second: Query) -> list[int]:
    """Return the rows that two queries find by their indexes. Raises Damaged where these disagree."""
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


def _records_at(connection: sqlite3.Connection, rows: Sequence[int]) -> list[Record]:
    """Return the attempts of these rows, in order. Raises Damaged where one is missing."""
    if not rows:
        return []
    found = connection.execute(
        f"SELECT {SEALED} FROM attempts WHERE rowid {LISTED} ORDER BY rowid", (json.dumps(list(rows)),)
    ).fetchall()
    if len(found) != len(rows):
        raise Damaged(f"its indexes name {len(rows) - len(found):,} attempts that are not there")
    return [record_of(row) for row in found]


def _targets(connection: sqlite3.Connection) -> str:
    """Return the targets that any attempt was for, as JSON."""
    return json.dumps([row[0] for row in connection.execute(TARGETS)])
