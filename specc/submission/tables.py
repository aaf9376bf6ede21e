"""The file behind the ledger: its tables, how it is made and opened, and rows as records.

A rollback journal is used everywhere, because a write-ahead log does not work on network file systems. It is kept
between transactions, so that its space is there when the disk is full: then what came of a sending can still be noted.
"""

import contextlib
import os
import secrets
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from specc.errors import SpeccError
from specc.submission.keys import LogicalKey
from specc.submission.records import Record, State

APPLICATION = 0x53504343
VERSION = 1
BUSY_SECONDS = 30.0

TABLES = """
CREATE TABLE attempts (
  attempt TEXT PRIMARY KEY, target TEXT NOT NULL, spec TEXT NOT NULL, cell TEXT NOT NULL, params TEXT NOT NULL,
  target_name TEXT NOT NULL, api TEXT NOT NULL, digest TEXT NOT NULL, body TEXT NOT NULL, sent_name TEXT NOT NULL,
  slug TEXT NOT NULL, axes TEXT NOT NULL, units TEXT NOT NULL, state TEXT NOT NULL, owner TEXT NOT NULL,
  number INTEGER NOT NULL, created_at REAL NOT NULL, skew REAL NOT NULL, settled_at REAL, uuid TEXT, code TEXT,
  message TEXT, job_state TEXT, job_reason TEXT, exit_code INTEGER, seen_at REAL,
  CHECK ((state = 'accepted') = (uuid IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX one_open ON attempts (target, spec, cell, params) WHERE state IN ('intent', 'unknown');
CREATE UNIQUE INDEX one_number ON attempts (target, spec, cell, params, number);
CREATE UNIQUE INDEX one_uuid ON attempts (target, uuid) WHERE uuid IS NOT NULL;
CREATE INDEX by_digest ON attempts (target, digest);
CREATE TABLE calls (target TEXT NOT NULL, at REAL NOT NULL) STRICT;
CREATE INDEX calls_at ON calls (target, at);
CREATE TABLE clocks (target TEXT PRIMARY KEY, skew REAL NOT NULL) STRICT;
CREATE TABLE plans (id TEXT PRIMARY KEY, used_at REAL NOT NULL) STRICT;
CREATE TABLE self (id TEXT NOT NULL) STRICT;
INSERT INTO self VALUES (lower(hex(randomblob(8))));
"""
"""`one_open` is what makes two submitting processes safe: the second intent for a key cannot be written. `self` names
this ledger among all, which binds a plan to it."""

COLUMNS = (
    "attempt, target, spec, cell, params, target_name, api, digest, body, sent_name, slug, axes, units, state, owner, "
    "number, created_at, skew, settled_at, uuid, code, message, job_state, job_reason, exit_code, seen_at"
)
PLACES = ", ".join("?" * len(COLUMNS.split(", ")))


@contextlib.contextmanager
def broken_as_error(path: Path) -> Iterator[None]:
    """A ledger that cannot be read or written stops everything: without it nothing may be sent."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        help = "nothing is sent without a ledger; free the disk, mend its rights, or move it with `[ledger] path`"
        raise SpeccError(f"the ledger {path} cannot be used: {error}", help=help) from error


@contextlib.contextmanager
def transaction(path: Path, connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """IMMEDIATE: the lock is taken before reading, so two processes never build on the same old state."""
    with broken_as_error(path):
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        finally:
            # A full disk makes SQLite roll back by itself.
            if connection.in_transaction:
                connection.execute("ROLLBACK")


def make(path: Path) -> bool:
    """Makes the ledger if there is none, in one step: an empty file is therefore never one that was just begun.

    Says whether it was made now.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if os.path.lexists(path):
        return False
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        with contextlib.closing(sqlite3.connect(part, isolation_level=None)) as connection:
            fill(connection)
        os.link(part, path)
    except FileExistsError:
        return False
    finally:
        part.unlink(missing_ok=True)
    return True


def fill(connection: sqlite3.Connection) -> None:
    """Gives an empty database its tables."""
    connection.execute("BEGIN")
    for statement in filter(str.strip, TABLES.split(";")):
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")


def connect(path: Path, *, writable: bool) -> sqlite3.Connection:
    """A connection to a ledger that is there. Raises SpeccError for a file that is something else."""
    if not writable and _is_half_written(path):
        connect(path, writable=True).close()
    mode = "rw" if writable else "ro"
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        application, version = (_number(connection, f"PRAGMA {name}") for name in ("application_id", "user_version"))
        if application != APPLICATION:
            help = "it is damaged, or another program's: move it away, then look on the target for what is there"
            raise SpeccError(f"{path} is no ledger", help=help)
        if version > VERSION:
            raise SpeccError(f"the ledger {path} was written by a newer specc", help="upgrade specc")
        if writable:
            connection.execute("PRAGMA journal_mode = PERSIST")
            connection.execute("PRAGMA synchronous = EXTRA")
    except BaseException:
        connection.close()
        raise
    connection.row_factory = sqlite3.Row
    return connection


def _is_half_written(path: Path) -> bool:
    """A process was killed while it wrote. Only who may write can take that back, as every writer does at once."""
    with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        try:
            connection.execute("PRAGMA schema_version").fetchone()
        except sqlite3.OperationalError as error:
            return error.sqlite_errorcode == sqlite3.SQLITE_READONLY_ROLLBACK and os.access(path, os.W_OK)
        except sqlite3.DatabaseError:
            return False  # no database: that is said where it is used
    return False


def nothing() -> sqlite3.Connection:
    """The ledger of somebody who never submitted anything."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.row_factory = sqlite3.Row
    fill(connection)
    return connection


def _number(connection: sqlite3.Connection, query: str) -> int:
    number: int = connection.execute(query).fetchone()[0]
    return number


def row_of(record: Record) -> tuple[object, ...]:
    key = record.key
    return (
        record.attempt, key.target, key.spec, key.cell, key.params, record.target_name, record.api, record.digest,
        record.body, record.sent_name, record.slug, record.axes, record.units, record.state, record.owner,
        record.number, record.created_at, record.skew, record.settled_at, record.uuid, record.code, record.message,
        record.job_state, record.job_reason, record.exit_code, record.seen_at,
    )  # fmt: skip


def record_of(row: sqlite3.Row) -> Record:
    key = LogicalKey(row["target"], row["spec"], row["cell"], row["params"])
    names = [name for name in COLUMNS.split(", ") if name not in LogicalKey._fields]
    return Record(key=key, **{**{name: row[name] for name in names}, "state": State(row["state"])})
