"""The jobs of one user on one machine, in SQLite, on which all guarantees of the target rest.

A job is added once for each key, by a unique index. It is started once, because its runner must claim it here first, in
one transaction that finds it still pending and the cores free. It ends once: only a running job is settled. So it does
not matter which process dies where, nor how many of them run at once.

Each call opens the file anew: a connection must not live through a fork, nor go from thread to thread. A rollback
journal is used, because a write-ahead log does not work on network file systems.
"""

import contextlib
import json
import os
import secrets
import sqlite3
import string
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict
from pathlib import Path

from specc.errors import SpeccError
from specc.system import private
from specc.targets.local.jobs import Ended, Job, Measured, Request, Run, fits
from specc.targets.local.machine import machine_id
from specc.targets.local.processes import ProcessId
from specc.targets.protocol import JobState

VERSION = 1
BUSY_SECONDS = 30.0
UUID_LETTERS = string.ascii_lowercase + string.digits

TABLES = """
CREATE TABLE jobs (
  number INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL UNIQUE, key TEXT NOT NULL UNIQUE, digest TEXT NOT NULL,
  body TEXT NOT NULL, name TEXT NOT NULL, cores INTEGER NOT NULL, run TEXT NOT NULL, state TEXT NOT NULL,
  submitted_at REAL NOT NULL, started_at REAL, ended_at REAL, cancel_at REAL, exit_code INTEGER,
  reason TEXT NOT NULL DEFAULT '', boot TEXT, pid INTEGER, born INTEGER,
  CHECK ((state = 'running') <= (pid IS NOT NULL))
) STRICT;
CREATE INDEX by_state ON jobs (state, number);
CREATE TABLE place (machine TEXT NOT NULL) STRICT;
"""

SEALS = "CREATE TABLE IF NOT EXISTS seals (uuid TEXT PRIMARY KEY, seal TEXT NOT NULL) STRICT"
"""A table that the first runner with a seal makes: the version stays, and an older specc ignores the table."""

MEASURES = "CREATE TABLE IF NOT EXISTS measures (uuid TEXT PRIMARY KEY, measured TEXT NOT NULL) STRICT"
"""What runners measured, as JSON, in a table that is made like that of the seals."""

OWNER = "json_extract(run, '$.owner')"
OWNED = f"CREATE INDEX IF NOT EXISTS owned ON jobs (state, number) WHERE {OWNER} IS NOT NULL"
"""An index that is made with the first job of an owner, so that not all jobs are searched."""

STATES = {state.value for state in JobState}
COLUMNS = (
    "number, uuid, key, digest, name, cores, state, submitted_at, boot, pid, born, cancel_at, exit_code, reason, "
    f"coalesce({OWNER}, '') AS owner, json_extract(run, '$.memory') AS memory, "
    "json_extract(run, '$.seconds') AS seconds, started_at, ended_at"
)
LISTED = "IN (SELECT value FROM json_each(?))"
"""Holds any number of values in one query, whatever the limit on `?`."""


class Store:
    """The store at `path`. Every method is one transaction, and its data is on the disk when it returns.

    Raises SpeccError where the file cannot be used.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self._clock = clock

    def prepare(self) -> None:
        """Make the store if it does not exist.

        A store that is damaged, newer, or of another machine is never touched. A store that exists is only read, so
        that it still answers where nothing can be written.
        """
        with self._broken_as_error():
            private.make_folder(self.path.parent)
            if not private.check_file(self.path):
                os.close(private.open_file(self.path, os.O_RDWR | os.O_CREAT))
            private.check_file(self.path.with_name(f"{self.path.name}-journal"))
        if self._version() == 0:
            self._make_tables()
        if self._version() != VERSION:
            raise SpeccError(f"the job store {self.path} was written by a newer specc", help="upgrade specc")
        with self._reading() as connection:
            (machine,) = connection.execute("SELECT machine FROM place").fetchone()
        if machine != machine_id():
            raise SpeccError(
                f"the job store {self.path} belongs to another machine", help="give each machine a state folder"
            )

    def _version(self) -> int:
        with self._reading() as connection:
            return int(connection.execute("PRAGMA user_version").fetchone()[0])

    def _make_tables(self) -> None:
        """Make the tables. Of several processes that come here at once, the first makes them."""
        with self._transaction() as connection:
            if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
                for statement in filter(str.strip, TABLES.split(";")):
                    connection.execute(statement)
                connection.execute("INSERT INTO place VALUES (?)", (machine_id(),))
                connection.execute(f"PRAGMA user_version = {VERSION}")

    def add(self, request: Request) -> Job:
        """Return a new pending job, or the job that was added under this key before."""
        run = request.run
        values = (request.key, request.digest, request.body, request.name, run.cores, run.to_json())
        with self._transaction() as connection:
            if run.owner:
                connection.execute(OWNED)
            connection.execute(
                "INSERT INTO jobs (uuid, key, digest, body, name, cores, run, state, submitted_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, 'pending', ?) ON CONFLICT (key) DO NOTHING",
                (_free_uuid(connection), *values, self._clock()),
            )
            row = connection.execute(f"SELECT {COLUMNS} FROM jobs WHERE key = ?", (request.key,)).fetchone()
        return _job(row)

    def claim(self, uuid: str, runner: ProcessId, cores: int, seal: str | None = None) -> Job | None:
        """Make `runner` the one process that may start the job. Return None when it must not be started, now or ever.

        `seal` is that of the runner's exit record.
        """
        with self._transaction() as connection:
            (used,) = connection.execute("SELECT total(cores) FROM jobs WHERE state = 'running'").fetchone()
            row = connection.execute("SELECT cores FROM jobs WHERE uuid = ? AND state = 'pending'", (uuid,)).fetchone()
            if row is None or not fits(row[0], int(used), cores):
                return None
            changed = connection.execute(
                "UPDATE jobs SET state = 'running', boot = ?, pid = ?, born = ?, started_at = ? WHERE uuid = ? "
                f"RETURNING {COLUMNS}",
                (*runner, self._clock(), uuid),
            ).fetchone()
            if seal is not None:
                connection.execute(SEALS)
                connection.execute("INSERT OR REPLACE INTO seals VALUES (?, ?)", (uuid, seal))
        return _job(changed)

    def settle(self, uuid: str, runner: ProcessId, ended: Ended) -> bool:
        """Write how a running job ended; return False when that is known already."""
        with self._transaction() as connection:
            changed = connection.execute(
                "UPDATE jobs SET state = ?, exit_code = ?, reason = ?, ended_at = ? "
                "WHERE uuid = ? AND state = 'running' AND boot = ? AND pid = ? AND born = ?",
                (ended.state, ended.exit_code, ended.reason, self._clock(), uuid, *runner),
            ).rowcount
            if changed == 1:
                _keep(connection, uuid, ended.measured)
        return changed == 1

    def correct(self, uuid: str, runner: ProcessId, ended: Ended) -> bool:
        """Write how a job ended over another end, for its living runner: no other process could know an end before."""
        with self._transaction() as connection:
            changed = connection.execute(
                "UPDATE jobs SET state = ?, exit_code = ?, reason = ?, ended_at = ? "
                "WHERE uuid = ? AND boot = ? AND pid = ? AND born = ?",
                (ended.state, ended.exit_code, ended.reason, self._clock(), uuid, *runner),
            ).rowcount
            if changed == 1:
                _keep(connection, uuid, ended.measured)
        return changed == 1

    def measured(self, uuids: Collection[str]) -> dict[str, Measured]:
        """Return what runners measured of jobs that have ended."""
        with self._reading() as connection:
            if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'measures'").fetchone():
                return {}
            query = f"SELECT uuid, measured FROM measures WHERE uuid {LISTED}"
            rows = connection.execute(query, (json.dumps(list(uuids)),)).fetchall()
        return {row[0]: found for row in rows if (found := Measured.of(json.loads(row[1]))) is not None}

    def now(self) -> float:
        """Return the time by the wall clock, for people only."""
        return self._clock()

    def seal_of(self, uuid: str) -> str | None:
        """Return the seal of a job's exit record, if its runner left a seal."""
        with self._reading() as connection:
            if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'seals'").fetchone():
                return None
            row = connection.execute("SELECT seal FROM seals WHERE uuid = ?", (uuid,)).fetchone()
        return str(row[0]) if row else None

    def cancel(self, uuids: Collection[str]) -> None:
        """End pending jobs, and note the wish for jobs that run, whose runners must be told."""
        listed, now = json.dumps(list(uuids)), self._clock()
        with self._transaction() as connection:
            connection.execute(
                "UPDATE jobs SET state = 'cancelled', reason = 'cancelled before it started', cancel_at = ?, "
                f"ended_at = ? WHERE state = 'pending' AND uuid {LISTED}",
                (now, now, listed),
            )
            connection.execute(
                f"UPDATE jobs SET cancel_at = coalesce(cancel_at, ?) WHERE state = 'running' AND uuid {LISTED}",
                (now, listed),
            )

    def running(self) -> list[Job]:
        return self._jobs("state = 'running'")

    def pending(self, most: int) -> list[Job]:
        """Return the first jobs of all owners' queues, oldest first."""
        with self._reading() as connection:
            if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'owned'").fetchone():
                query = f"SELECT {COLUMNS} FROM jobs WHERE state = 'pending' ORDER BY number LIMIT ?"
                return [_job(row) for row in connection.execute(query, (most,))]
            owned = (
                f"SELECT number, row_number() OVER (PARTITION BY {OWNER} ORDER BY number) AS place FROM jobs "
                f"WHERE state = 'pending' AND {OWNER} IS NOT NULL"
            )
            nobodys = f"SELECT number FROM jobs WHERE state = 'pending' AND {OWNER} IS NULL ORDER BY number LIMIT ?"
            query = (
                f"SELECT {COLUMNS} FROM jobs WHERE number IN (SELECT number FROM ({owned}) WHERE place <= ?) "
                f"OR number IN ({nobodys}) ORDER BY number"
            )
            return [_job(row) for row in connection.execute(query, (most, most))]

    def with_uuids(self, uuids: Collection[str]) -> dict[str, Job]:
        return {job.uuid: job for job in self._jobs(f"uuid {LISTED}", json.dumps(list(uuids)))}

    def with_keys(self, keys: Collection[str]) -> list[Job]:
        return self._jobs(f"key {LISTED}", json.dumps(list(keys)))

    def run_of(self, uuid: str) -> Run | None:
        with self._reading() as connection:
            row = connection.execute("SELECT run FROM jobs WHERE uuid = ?", (uuid,)).fetchone()
        return Run.from_json(row[0]) if row else None

    def body_of(self, uuid: str) -> dict[str, object]:
        """Return the payload as it was submitted."""
        with self._reading() as connection:
            (text,) = connection.execute("SELECT body FROM jobs WHERE uuid = ?", (uuid,)).fetchone()
        body: dict[str, object] = json.loads(text)
        return body

    def _jobs(self, condition: str, *values: object) -> list[Job]:
        query = f"SELECT {COLUMNS} FROM jobs WHERE {condition} ORDER BY number"
        with self._reading() as connection:
            return [_job(row) for row in connection.execute(query, values)]

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Open a transaction, with the lock taken before reading. Whatever fails, closing the connection undoes it."""
        with self._reading() as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._broken_as_error(), contextlib.closing(self._connect()) as connection:
            yield connection

    def _connect(self) -> sqlite3.Connection:
        """Open the file with `mode=rw`, so that a removed store is not silently made again."""
        connection = sqlite3.connect(
            f"{self.path.as_uri()}?mode=rw", timeout=BUSY_SECONDS, isolation_level=None, uri=True
        )
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA synchronous = EXTRA")
        return connection

    @contextlib.contextmanager
    def _broken_as_error(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
            help = "free the disk or fix its permissions; move a damaged store away: its jobs are then unknown"
            raise SpeccError(f"the job store {self.path} cannot be used: {error}", help=help) from error


def _keep(connection: sqlite3.Connection, uuid: str, measured: Measured | None) -> None:
    if measured is not None:
        connection.execute(MEASURES)
        connection.execute("INSERT OR REPLACE INTO measures VALUES (?, ?)", (uuid, json.dumps(asdict(measured))))


def _free_uuid(connection: sqlite3.Connection) -> str:
    while True:
        uuid = "hpcjob-" + "".join(secrets.choice(UUID_LETTERS) for _ in range(8))
        if connection.execute("SELECT 1 FROM jobs WHERE uuid = ?", (uuid,)).fetchone() is None:
            return uuid


def _job(row: sqlite3.Row) -> Job:
    if row["state"] not in STATES:
        raise sqlite3.DatabaseError(f"the state of {row['uuid']!r} is {row['state']!r}, and there is no such state")
    runner = None if row["pid"] is None else ProcessId(row["boot"], row["pid"], row["born"])
    return Job(
        row["number"], row["uuid"], row["key"], row["digest"], row["name"], row["cores"], JobState(row["state"]),
        row["submitted_at"], runner, row["cancel_at"] is not None, row["exit_code"], row["reason"],
        row["owner"], row["memory"], row["seconds"], row["started_at"], row["ended_at"],
    )  # fmt: skip
