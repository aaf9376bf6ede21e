"""The file behind the ledger: its tables version by version, how it is created, upgraded and opened.

A rollback journal is used everywhere, because a write-ahead log does not work on network file systems. It is kept
between transactions, so that its space is there when the disk is full: then the outcome of a sending can still be
noted.
"""

import contextlib
import os
import secrets
import sqlite3
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from specc.errors import SpeccError
from specc.submission.location import Access
from specc.submission.records import NAMES, Damaged, check_unsealed, seal_rows
from specc.system import private

FIRST = (
    """CREATE TABLE attempts (
  attempt TEXT PRIMARY KEY, target TEXT NOT NULL, spec TEXT NOT NULL, cell TEXT NOT NULL, params TEXT NOT NULL,
  target_name TEXT NOT NULL, api TEXT NOT NULL, digest TEXT NOT NULL, body TEXT NOT NULL, sent_name TEXT NOT NULL,
  slug TEXT NOT NULL, axes TEXT NOT NULL, units TEXT NOT NULL, state TEXT NOT NULL, owner TEXT NOT NULL,
  number INTEGER NOT NULL, created_at REAL NOT NULL, skew REAL NOT NULL, settled_at REAL, uuid TEXT, code TEXT,
  message TEXT, job_state TEXT, job_reason TEXT, exit_code INTEGER, seen_at REAL,
  CHECK ((state = 'accepted') = (uuid IS NOT NULL))
) STRICT""",
    "CREATE UNIQUE INDEX one_open ON attempts (target, spec, cell, params) WHERE state IN ('intent', 'unknown')",
    "CREATE UNIQUE INDEX one_number ON attempts (target, spec, cell, params, number)",
    "CREATE UNIQUE INDEX one_uuid ON attempts (target, uuid) WHERE uuid IS NOT NULL",
    "CREATE INDEX by_digest ON attempts (target, digest)",
    "CREATE TABLE calls (target TEXT NOT NULL, at REAL NOT NULL) STRICT",
    "CREATE INDEX calls_at ON calls (target, at)",
    "CREATE TABLE clocks (target TEXT PRIMARY KEY, skew REAL NOT NULL) STRICT",
    "CREATE TABLE plans (id TEXT PRIMARY KEY, used_at REAL NOT NULL) STRICT",
    "CREATE TABLE self (id TEXT NOT NULL) STRICT",
    "INSERT INTO self VALUES (lower(hex(randomblob(8))))",
)
"""`one_open` is what makes two submitting processes safe: the second intent for a key cannot be written. `self` names
this ledger among all, which binds a plan to it."""

SINCE_INPUTS = ("cell_attempt", "retried_for", "kept", "cleaned_at")
LATER = ("hidden", "life", "inputs", *SINCE_INPUTS, "sender")
SEALED_AT_FIRST = ", ".join(name for name in NAMES if name not in LATER)
SEALED_WITH_HIDDEN = f"{SEALED_AT_FIRST}, hidden"
SEALED_WITH_LIFE = f"{SEALED_WITH_HIDDEN}, life"
SEALED_WITH_RETRIES = ", ".join(name for name in NAMES if name != "sender")

SEALS = (
    "ALTER TABLE attempts ADD COLUMN seal TEXT",
    "CREATE INDEX unsealed ON attempts (attempt) WHERE seal IS NULL",
    f"""CREATE TRIGGER unseal AFTER UPDATE OF {SEALED_AT_FIRST} ON attempts WHEN OLD.seal IS NOT NULL
BEGIN UPDATE attempts SET seal = NULL WHERE rowid = NEW.rowid; END""",
    "CREATE INDEX also_open ON attempts (attempt) WHERE state IN ('intent', 'unknown')",
    "CREATE INDEX also_by_key ON attempts (spec, cell, params, target, number)",
    "CREATE INDEX also_by_digest ON attempts (digest)",
    "CREATE INDEX also_by_uuid ON attempts (uuid) WHERE uuid IS NOT NULL",
)
"""Each index by which something is found has a second one with other columns first: what they find must agree, so a
page that the disk has changed cannot hide an attempt."""

PROJECTS = (
    """CREATE TABLE projects (
  folder TEXT PRIMARY KEY, place TEXT NOT NULL, commits TEXT NOT NULL, remote TEXT NOT NULL, added_at REAL NOT NULL
) STRICT""",
)
"""By these columns the projects that use this ledger are recognised: see `projects.py`."""

HIDING = (
    "ALTER TABLE attempts ADD COLUMN hidden TEXT",
    "DROP TRIGGER unseal",
    f"""CREATE TRIGGER unseal AFTER UPDATE OF {SEALED_WITH_HIDDEN} ON attempts WHEN OLD.seal IS NOT NULL
BEGIN UPDATE attempts SET seal = NULL WHERE rowid = NEW.rowid; END""",
)
"""What reports must not show of an attempt: parts that came from variables of the environment."""

LIVES = (
    "ALTER TABLE attempts ADD COLUMN life TEXT",
    "DROP TRIGGER unseal",
    f"""CREATE TRIGGER unseal AFTER UPDATE OF {SEALED_WITH_LIFE} ON attempts WHEN OLD.seal IS NOT NULL
BEGIN UPDATE attempts SET seal = NULL WHERE rowid = NEW.rowid; END""",
)
"""When the job of an attempt ran, and what it used: kept here, because targets forget their jobs."""

INPUTS = (
    "ALTER TABLE attempts ADD COLUMN inputs TEXT",
    "DROP TRIGGER unseal",
    f"""CREATE TRIGGER unseal AFTER UPDATE OF {SEALED_WITH_LIFE}, inputs ON attempts WHEN OLD.seal IS NOT NULL
BEGIN UPDATE attempts SET seal = NULL WHERE rowid = NEW.rowid; END""",
)
"""All parameters that an attempt was made with: a default that is not given with `-p` may be another one by now."""

ACTIVE = (
    "(state IN ('intent', 'unknown') OR state = 'accepted' AND coalesce(job_state, 'pending') IN "
    "('pending', 'running', 'suspended', 'unknown'))"
)
"""The condition of an attempt that is in the target's queue, or may be there, as far as the ledger knows."""

RETRIES = (
    "ALTER TABLE attempts ADD COLUMN cell_attempt INTEGER",
    "ALTER TABLE attempts ADD COLUMN retried_for TEXT",
    "ALTER TABLE attempts ADD COLUMN kept TEXT",
    "ALTER TABLE attempts ADD COLUMN cleaned_at REAL",
    f"CREATE INDEX active ON attempts (target) WHERE {ACTIVE}",
    "CREATE TABLE notices (run TEXT PRIMARY KEY, at REAL NOT NULL) STRICT",
    "DROP TRIGGER unseal",
    f"""CREATE TRIGGER unseal AFTER UPDATE OF {SEALED_WITH_RETRIES} ON attempts WHEN OLD.seal IS NOT NULL
BEGIN UPDATE attempts SET seal = NULL WHERE rowid = NEW.rowid; END""",
)
"""Retries, results that are kept though the payload has changed, folders that were removed, and runs of whose end
somebody was told."""

SENDERS = (
    "ALTER TABLE attempts ADD COLUMN sender TEXT",
    f"CREATE INDEX also_active ON attempts (attempt) WHERE {ACTIVE}",
    "DROP TRIGGER unseal",
    f"""CREATE TRIGGER unseal AFTER UPDATE OF {", ".join(NAMES)} ON attempts WHEN OLD.seal IS NOT NULL
BEGIN UPDATE attempts SET seal = NULL WHERE rowid = NEW.rowid; END""",
)
"""Who sent an attempt, on which machine and from which commit: a ledger can belong to a group. And the second index of
what is active."""

STEPS = (FIRST, SEALS, PROJECTS, HIDING, LIVES, INPUTS, RETRIES, SENDERS)
"""How the tables of each version are made from those of the version before. A step that was released never changes."""

VERSION = len(STEPS)


APPLICATION = 0x53504343
BUSY_SECONDS = 30.0

WITHOUT = "nothing is sent without a ledger"
RIGHTS = f"{WITHOUT}; free the disk, correct who may write it, or move it with `[ledger] path`"
DAMAGE = (
    f"{WITHOUT}; `specc ledger verify` lists what is wrong. Bring the file back from a backup, or move it away and "
    "see which jobs are on the target before you send anything again"
)


class Locked(SpeccError):
    """Another process held the ledger for longer than specc waits."""


@contextlib.contextmanager
def database_errors(path: Path) -> Iterator[None]:
    """Raise SpeccError for a ledger that cannot be read or written: it stops everything."""
    try:
        yield
    except (Damaged, UnicodeDecodeError) as error:  # SQLite quotes the file in its own messages: it may not be UTF-8
        raise SpeccError(f"the ledger {path} is damaged: {error}", help=DAMAGE) from error
    except UnicodeEncodeError as error:
        message = f"{error.object!r} cannot be written to the ledger: it is not UTF-8"
        raise SpeccError(message, help="give the file or folder another name") from error
    except (sqlite3.Error, OSError) as error:
        if isinstance(error, sqlite3.Error) and not os.path.lexists(path):
            raise vanished(path) from error
        code = getattr(error, "sqlite_errorcode", None)
        if code is not None and code & 0xFF == sqlite3.SQLITE_BUSY:
            help = "another process writes it, or was stopped while it wrote: `fuser -v` on the file shows which"
            raise Locked(f"the ledger {path} cannot be used: {error}", help=f"{WITHOUT}; {help}") from error
        is_damage = code is None or code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)
        help = DAMAGE if is_damage and isinstance(error, sqlite3.Error) else RIGHTS
        raise SpeccError(f"the ledger {path} cannot be used: {error}", help=help) from error


def vanished(path: Path, what: str = "is gone") -> SpeccError:
    """Return the error of a run whose ledger has vanished."""
    help = "nothing more is sent; bring the file back, then see with `specc status` what it holds"
    return SpeccError(f"the ledger {path} {what}: it was there when this run began", help=help)


@contextlib.contextmanager
def transaction(path: Path, connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Write in one transaction. The lock is taken before reading, so two processes never start from the same state.

    Inside of another transaction it is a part of that one: what fails is undone by itself, and the rest can still be
    written.
    """
    with database_errors(path):
        if connection.in_transaction:
            with _part(connection):
                yield connection
            return
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            seal_rows(connection)
            connection.execute("COMMIT")
        finally:
            # A full disk makes SQLite roll back by itself.
            if connection.in_transaction:
                connection.execute("ROLLBACK")


@contextlib.contextmanager
def _part(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("SAVEPOINT part")
    try:
        yield
    except BaseException:  # whatever it is, only the whole part may stay
        if connection.in_transaction:  # a full disk makes SQLite roll all of it back
            connection.execute("ROLLBACK TO part")
            connection.execute("RELEASE part")
        raise
    connection.execute("RELEASE part")


@contextlib.contextmanager
def reading(path: Path, connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Read in one transaction: what other processes write meanwhile is not seen."""
    with database_errors(path):
        if connection.in_transaction:
            yield connection
            return
        connection.execute("BEGIN")
        try:
            yield connection
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")


def locate(path: Path, access: Access, *, makes: bool) -> Path | None:
    """Return the real path of the ledger, in folders and with files beside it that nobody else can write.

    None where a folder is missing and is not made. Raises SpeccError for files or folders that others could change,
    and for a link that leads nowhere.
    """
    real = private.place_file(path, own=access.own, shared=access.is_shared, makes=makes)
    if real is not None:
        for file in (real, real.with_name(f"{real.name}-journal"), real.with_name(f"{real.name}-wal")):
            private.check_file(file, shared=access.is_shared)
    return real


def create(path: Path, access: Access, *, is_asked: bool = False) -> bool:
    """Create the ledger if there is none, and return whether it was created now.

    That is one step, so an empty file is never a ledger that was just begun. Unless the user asks for a new ledger,
    raises SpeccError where none must be created, or was there before.
    """
    if os.path.lexists(path):
        return False
    if not is_asked:
        check_new(path, access)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        os.close(private.open_file(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, shared=access.is_shared))
        with contextlib.closing(sqlite3.connect(part, isolation_level=None)) as connection:
            create_tables(connection)
        os.link(part, path)
    except FileExistsError:
        return False
    finally:
        part.unlink(missing_ok=True)
    return True


def check_new(path: Path, access: Access) -> None:
    """Raise SpeccError where a ledger may have been: a new ledger would have everything sent again."""
    help = "bring it back; if nothing was ever sent with it, `specc ledger init` makes an empty one"
    if not access.may_make:
        raise SpeccError(f"the ledger {path} does not exist", help=help)
    traces = (path.with_name(f"{path.name}-journal"), path.with_name(f"{path.name}.owners"))
    if trace := next((trace for trace in traces if os.path.lexists(trace)), None):
        raise SpeccError(f"the ledger {path} is gone: {trace.name} beside it shows that it was there", help=help)


def create_tables(connection: sqlite3.Connection) -> None:
    """Give an empty database its tables."""
    connection.execute("BEGIN")
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    for step in STEPS:
        for statement in step:
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")


def connect(path: Path, *, writable: bool, checks_rows: bool = True) -> sqlite3.Connection:
    """Return a connection to a ledger that is there. Raises SpeccError for a file that is not a ledger.

    Raises Damaged for rows that specc could not have written; without `checks_rows`, they are checked when they are
    read.
    """
    if not writable and _is_half_written(path):
        connect(path, writable=True).close()
    mode = "rw" if writable else "ro"
    connection = sqlite3.connect(f"{_uri(path)}?mode={mode}", uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        connection.execute("PRAGMA cell_size_check = ON")
        application, version = (_number(connection, f"PRAGMA {name}") for name in ("application_id", "user_version"))
        if application != APPLICATION:
            help = "it is damaged, or belongs to another program: move it away, then see which jobs are on the target"
            raise SpeccError(f"{path} is not a ledger", help=help)
        if version > VERSION:
            raise SpeccError(f"the ledger {path} was written by a newer specc", help="upgrade specc")
        connection.row_factory = sqlite3.Row
        if writable:
            connection.execute("PRAGMA journal_mode = PERSIST")
            connection.execute("PRAGMA synchronous = EXTRA")
        if version < VERSION:
            connection = _upgraded(path, connection, writable=writable)
        check_schema(connection)
        if checks_rows:
            check_unsealed(connection)
    except BaseException:  # also ^C: no connection is left open
        connection.close()
        raise
    return connection


def _upgraded(path: Path, connection: sqlite3.Connection, *, writable: bool) -> sqlite3.Connection:
    """Return a connection to the ledger with the current tables; to a copy of it, where nothing can be written."""
    if writable:
        upgrade(connection)
        return connection
    if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK):
        connection.close()
        connect(path, writable=True).close()
        return connect(path, writable=False)
    copy = sqlite3.connect(":memory:", isolation_level=None)
    connection.backup(copy)
    connection.close()
    copy.row_factory = sqlite3.Row
    upgrade(copy)
    return copy


def upgrade(connection: sqlite3.Connection) -> None:
    """Upgrade the tables, all or nothing. A ledger that is damaged stays as it is: raises Damaged."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _number(connection, "PRAGMA user_version")  # another process may have been quicker
        if version < VERSION:
            for line in integrity_errors(connection):
                raise Damaged(line)
            for statement in (statement for step in STEPS[version:] for statement in step):
                connection.execute(statement)
            seal_rows(connection, sys.maxsize)
            connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def integrity_errors(connection: sqlite3.Connection) -> list[str]:
    """Return what SQLite reports about the file."""
    try:
        rows = connection.execute("PRAGMA integrity_check").fetchall()
    except (sqlite3.DatabaseError, UnicodeError) as error:
        return [str(error)]
    return [str(row[0]) for row in rows if row[0] != "ok"]


def check_schema(connection: sqlite3.Connection) -> None:
    """Raise Damaged where the file has other tables, indexes or triggers than specc creates."""
    found, wanted = _schema(connection), _usual_schema()
    for name in sorted(found.keys() | wanted.keys()):
        if found.get(name) != wanted.get(name):
            raise Damaged(f"its definition of {name} is not the one that specc wrote")


@cache
def _usual_schema() -> dict[str, tuple[object, ...]]:
    with contextlib.closing(empty()) as usual:
        return _schema(usual)


def _schema(connection: sqlite3.Connection) -> dict[str, tuple[object, ...]]:
    """Return the definitions by name. Blanks do not count: versions of SQLite write them differently."""
    rows = connection.execute("SELECT name, type, tbl_name, sql FROM sqlite_schema").fetchall()
    return {str(row[0]): (row[1], row[2], "".join(str(row[3]).split())) for row in rows}


def _is_half_written(path: Path) -> bool:
    """Return whether a process was killed while it wrote, and this process may undo that, as every writer does."""
    with contextlib.closing(sqlite3.connect(f"{_uri(path)}?mode=ro", uri=True)) as connection:
        try:
            connection.execute("PRAGMA schema_version").fetchone()
        except sqlite3.OperationalError as error:
            return error.sqlite_errorcode == sqlite3.SQLITE_READONLY_ROLLBACK and os.access(path, os.W_OK)
        except (sqlite3.DatabaseError, UnicodeError):
            return False  # not a database: that is reported where the file is used
    return False


def empty() -> sqlite3.Connection:
    """Return the ledger of somebody who never submitted anything."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.row_factory = sqlite3.Row
    create_tables(connection)
    return connection


def _uri(path: Path) -> str:
    return path.absolute().as_uri()


def _number(connection: sqlite3.Connection, query: str) -> int:
    number: int = connection.execute(query).fetchone()[0]
    return number
