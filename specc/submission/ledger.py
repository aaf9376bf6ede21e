"""The ledger: what was tried, and what came of it. SQLite, written through to the disk before anything is sent.

A rollback journal is used everywhere, because a write-ahead log does not work on network file systems.
"""

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from specc.errors import SpeccError
from specc.submission.keys import LogicalKey
from specc.submission.owner import Owners
from specc.submission.records import Record, State

VERSION = 1
BUSY_SECONDS = 30.0

TABLES = """
CREATE TABLE attempts (
  attempt TEXT PRIMARY KEY, target TEXT NOT NULL, spec TEXT NOT NULL, cell TEXT NOT NULL, params TEXT NOT NULL,
  target_name TEXT NOT NULL, digest TEXT NOT NULL, body TEXT NOT NULL, sent_name TEXT NOT NULL, slug TEXT NOT NULL,
  units TEXT NOT NULL, state TEXT NOT NULL, owner TEXT NOT NULL, number INTEGER NOT NULL, created_at REAL NOT NULL,
  settled_at REAL, uuid TEXT, code TEXT, message TEXT, job_state TEXT, seen_at REAL
) STRICT;
CREATE UNIQUE INDEX one_open ON attempts (target, spec, cell, params) WHERE state IN ('intent', 'unknown');
CREATE UNIQUE INDEX one_number ON attempts (target, spec, cell, params, number);
CREATE UNIQUE INDEX one_uuid ON attempts (target, uuid) WHERE uuid IS NOT NULL;
CREATE INDEX by_digest ON attempts (target, digest);
CREATE TABLE calls (target TEXT NOT NULL, at REAL NOT NULL) STRICT;
CREATE INDEX calls_at ON calls (target, at);
CREATE TABLE clocks (target TEXT PRIMARY KEY, skew REAL NOT NULL) STRICT;
"""
"""`one_open` is what makes two submitting processes safe: the second intent for a key cannot be written."""

COLUMNS = (
    "attempt, target, spec, cell, params, target_name, digest, body, sent_name, slug, units, state, owner, number, "
    "created_at, settled_at, uuid, code, message, job_state, seen_at"
)


class AttemptOpen(Exception):
    """Another attempt for the same key is open; nothing was written."""


class Ledger:
    """The attempts of one user and project. Every method that writes has written to the disk when it returns."""

    def __init__(self, path: Path, connection: sqlite3.Connection, clock: Callable[[], float]) -> None:
        self.path = path
        self.owners = Owners(path.with_name(f"{path.name}.owners"))
        self._connection = connection
        self._clock = clock

    @classmethod
    @contextlib.contextmanager
    def open(cls, path: Path, clock: Callable[[], float] = time.time) -> Iterator["Ledger"]:
        """Opens or makes the ledger. Raises SpeccError where it cannot be used; it is never made anew in silence."""
        with broken_as_error(path):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
            connection.row_factory = sqlite3.Row
        try:
            with broken_as_error(path):
                os.chmod(path, 0o600)
                connection.execute("PRAGMA journal_mode = DELETE")
                connection.execute("PRAGMA synchronous = EXTRA")
                _prepare(connection, path)
            yield cls(path, connection, clock)
        finally:
            connection.close()

    def begin(self, record: Record) -> None:
        """Writes an intent. Raises AttemptOpen when the key has an open attempt."""
        with self._transaction() as connection:
            try:
                connection.execute(f"INSERT INTO attempts ({COLUMNS}) VALUES ({', '.join('?' * 21)})", _row(record))
            except sqlite3.IntegrityError as error:
                raise AttemptOpen(str(record.key)) from error

    def settle(
        self,
        attempt: str,
        state: State,
        *,
        uuid: str | None = None,
        code: str | None = None,
        message: str | None = None,
    ) -> None:
        """Writes what came of an attempt. Raises SpeccError when it is not open any more."""
        with self._transaction() as connection:
            changed = connection.execute(
                "UPDATE attempts SET state = ?, uuid = ?, code = ?, message = ?, settled_at = ? "
                "WHERE attempt = ? AND state IN ('intent', 'unknown')",
                (state, uuid, code, message, self._clock(), attempt),
            ).rowcount
        if changed != 1:
            raise SpeccError(f"attempt {attempt} is settled already", help="`specc ledger show` says how")

    def recover(self) -> list[Record]:
        """Turns the intents of dead processes into `unknown`: nobody can say whether their bytes went out."""
        dead = [r for r in self.where("state = 'intent'") if not self.owners.is_alive(r.owner)]
        for record in dead:
            with self._transaction() as connection:
                connection.execute(
                    "UPDATE attempts SET state = 'unknown', message = ?, settled_at = ? "
                    "WHERE attempt = ? AND state = 'intent'",
                    ("the process that was sending it died", self._clock(), record.attempt),
                )
        return dead

    def of_key(self, key: LogicalKey) -> list[Record]:
        """All attempts of a key, oldest first."""
        return self.where("target = ? AND spec = ? AND cell = ? AND params = ?", *key)

    def with_digest(self, target: str, digest: str) -> list[Record]:
        """Accepted attempts of that payload on the target, under whatever key."""
        return self.where("target = ? AND digest = ? AND state = 'accepted'", target, digest)

    def where(self, condition: str = "1", *values: object) -> list[Record]:
        with broken_as_error(self.path):
            rows = self._connection.execute(
                f"SELECT {COLUMNS} FROM attempts WHERE {condition} ORDER BY created_at, number, attempt", values
            ).fetchall()
        return [_record(row) for row in rows]

    def move(self, old: LogicalKey, new: LogicalKey) -> int:
        """Puts all attempts of one key under another, for a spec that was renamed. Gives their number."""
        if self.of_key(new):
            raise SpeccError(f"there are attempts under {new} already", help="`specc ledger list` shows them")
        with self._transaction() as connection:
            return connection.execute(
                "UPDATE attempts SET target = ?, spec = ?, cell = ?, params = ? "
                "WHERE target = ? AND spec = ? AND cell = ? AND params = ?",
                (*new, *old),
            ).rowcount

    def saw(self, target: str, states: dict[str, str]) -> None:
        """Notes the last known state of jobs, by uuid."""
        with self._transaction() as connection:
            connection.executemany(
                "UPDATE attempts SET job_state = ?, seen_at = ? WHERE target = ? AND uuid = ?",
                [(state, self._clock(), target, uuid) for uuid, state in states.items()],
            )

    def count_call(self, target: str) -> None:
        """Notes one call to the target, and forgets those that no quota counts any more."""
        now = self._clock()
        with self._transaction() as connection:
            connection.execute("DELETE FROM calls WHERE at < ?", (now - 86_400,))
            connection.execute("INSERT INTO calls VALUES (?, ?)", (target, now))

    def calls_since(self, target: str, since: float) -> Sequence[float]:
        """Times of the calls after `since`, oldest first."""
        with broken_as_error(self.path):
            rows = self._connection.execute(
                "SELECT at FROM calls WHERE target = ? AND at > ? ORDER BY at", (target, since)
            ).fetchall()
        return [row[0] for row in rows]

    def skew(self, target: str) -> float:
        """By how many seconds the server's clock is ahead of ours, as last learnt."""
        with broken_as_error(self.path):
            row = self._connection.execute("SELECT skew FROM clocks WHERE target = ?", (target,)).fetchone()
        return row[0] if row else 0.0

    def learn_skew(self, target: str, seconds: float) -> None:
        with self._transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO clocks VALUES (?, ?)", (target, seconds))

    def faults(self) -> list[str]:
        """What is wrong with the file itself, for `ledger verify`."""
        with broken_as_error(self.path):
            rows = self._connection.execute("PRAGMA integrity_check").fetchall()
        return [row[0] for row in rows if row[0] != "ok"]

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """IMMEDIATE: the lock is taken before reading, so two processes never build on the same old state."""
        with broken_as_error(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")


@contextlib.contextmanager
def broken_as_error(path: Path) -> Iterator[None]:
    """A ledger that cannot be read or written stops everything: without it nothing may be sent."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        help = "nothing is sent without a ledger; free the disk, mend its rights, or move it with `[ledger] path`"
        raise SpeccError(f"the ledger {path} cannot be used: {error}", help=help) from error


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == VERSION:
        return
    if version > VERSION:
        raise SpeccError(f"the ledger {path} was written by a newer specc", help="upgrade specc")
    connection.execute("BEGIN IMMEDIATE")
    # Another process may have made the tables while this one waited.
    if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
        for statement in filter(str.strip, TABLES.split(";")):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")


def _row(record: Record) -> tuple[object, ...]:
    key = record.key
    return (
        record.attempt, key.target, key.spec, key.cell, key.params, record.target_name, record.digest, record.body,
        record.sent_name, record.slug, record.units, record.state, record.owner, record.number, record.created_at,
        record.settled_at, record.uuid, record.code, record.message, record.job_state, record.seen_at,
    )  # fmt: skip


def _record(row: sqlite3.Row) -> Record:
    key = LogicalKey(row["target"], row["spec"], row["cell"], row["params"])
    names = [name for name in COLUMNS.split(", ") if name not in ("target", "spec", "cell", "params")]
    return Record(key=key, **{**{name: row[name] for name in names}, "state": State(row["state"])})
