"""The state of the gateway: every request that may start a job, and every job that was started.

A request is written down with its body before the target is asked, and its answer before the answer is sent. If a
process dies in between, the same request finds its own entry again.
"""

import contextlib
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.gateway.answers import Answer
from specc.system import private
from specc.targets import JobReport, JobState, Life
from specc.targets.lives import life_from, life_text
from specc.targets.protocol import FINAL

VERSION = 1
SAME = "same"
"""The action of an entry for a bare signature whose request had a mark. Its body is the id of that request."""
BUSY_SECONDS = 30.0
FINAL_WORDS = ", ".join(f"'{state}'" for state in sorted(FINAL))

TABLES = f"""
CREATE TABLE requests (
  id TEXT PRIMARY KEY, owner TEXT NOT NULL, action TEXT NOT NULL, body TEXT NOT NULL, at REAL NOT NULL,
  until REAL NOT NULL, ret_code INTEGER, status INTEGER, answer TEXT, settled INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX unsettled ON requests (at) WHERE NOT settled;
CREATE INDEX until ON requests (until);
CREATE TABLE jobs (
  number INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL UNIQUE, request TEXT NOT NULL UNIQUE,
  owner TEXT NOT NULL, body TEXT NOT NULL, name TEXT NOT NULL, cluster TEXT NOT NULL, zone TEXT NOT NULL,
  run_user TEXT NOT NULL, queue TEXT NOT NULL, submitted_at REAL NOT NULL, changed_at REAL NOT NULL,
  state TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', exit_code INTEGER
) STRICT;
CREATE INDEX by_owner ON jobs (owner, number);
CREATE INDEX open_jobs ON jobs (owner) WHERE state NOT IN ({FINAL_WORDS});
"""

LIVES = "CREATE TABLE IF NOT EXISTS lives (uuid TEXT PRIMARY KEY, life TEXT NOT NULL) STRICT"
"""When jobs ran and what they used, as JSON. A gateway of an older specc ignores this table, so the version stays."""

JOB = (
    "number, uuid, request, owner, body, name, cluster, zone, run_user, queue, submitted_at, changed_at, state, "
    "reason, exit_code, (SELECT life FROM lives WHERE lives.uuid = jobs.uuid) AS life"
)
IS_OPEN = f"state NOT IN ({FINAL_WORDS})"


class SignedAlready(Exception):
    """A request without a mark has the same signature. Nothing was written."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request that was written down.

    `answer` is None where the process died before the answer. An unsettled request may have started a job that is not
    among the jobs.
    """

    id: str
    owner: str
    action: str
    body: str
    at: float
    answer: Answer | None
    is_settled: bool


@dataclass(frozen=True, slots=True)
class Job:
    """A job that a request started. Times are seconds since the epoch."""

    number: int
    uuid: str
    request: str
    owner: str
    body: str
    name: str
    cluster: str
    zone: str
    run_user: str
    queue: str
    submitted_at: float
    changed_at: float
    state: JobState
    reason: str
    exit_code: int | None
    life: Life = Life()


@dataclass(frozen=True, slots=True)
class Started:
    """A job of the target, to be written down beside the answer to its request."""

    uuid: str
    fields: dict[str, str]
    at: float


class Store:
    """The database, by one connection for all threads. Data is on the disk when a method returns.

    Raises SpeccError where the file cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        with self._broken_as_error():
            private.make_folder(path.parent)
            os.close(private.open_file(path, os.O_RDWR | os.O_CREAT))
            private.check_file(path.with_name(f"{path.name}-journal"))
            self._connection = sqlite3.connect(
                path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._connection.row_factory = sqlite3.Row
            self._connection.execute("PRAGMA synchronous = EXTRA")
        with self._transaction() as connection:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                for statement in filter(str.strip, TABLES.split(";")):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {VERSION}")
            elif version != VERSION:
                raise SpeccError(f"the gateway's state {path} was written by a newer specc", help="upgrade specc")
            connection.execute(LIVES)

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._connection.close()

    def claim(
        self, id: str, owner: str, action: str, body: str, at: float, until: float, *, signature: str | None = None
    ) -> tuple[Request, bool]:
        """Return the request of that id, and whether it is new: then it is written down.

        A request with a mark also takes its bare signature. So whoever sends it once more without the mark gets its
        answer, and starts nothing. Raises SignedAlready where a request without a mark has the signature.
        """
        with self._transaction() as connection:
            is_new = bool(_insert(connection, id, owner, action, body, at, until))
            if is_new and signature is not None and signature != id:
                _insert(connection, signature, owner, SAME, id, at, until)
                connection.execute("UPDATE requests SET settled = 1 WHERE id = ? AND action = ?", (signature, SAME))
                taken = connection.execute("SELECT action FROM requests WHERE id = ?", (signature,)).fetchone()[0]
                if taken != SAME:
                    raise SignedAlready(signature)
            row = connection.execute("SELECT * FROM requests WHERE id = ?", (id,)).fetchone()
            if row["action"] == SAME:
                row = connection.execute("SELECT * FROM requests WHERE id = ?", (row["body"],)).fetchone()
        return _request(row), is_new

    def settle(self, id: str, answer: Answer, *, is_settled: bool = True) -> None:
        """Write the answer of a request that started nothing, or (unsettled) of a request whose outcome is unknown."""
        with self._transaction() as connection:
            _answer(connection, id, answer, is_settled=is_settled)

    def start(self, id: str, started: Started, answer_of: Callable[[Job], Answer]) -> Answer:
        """Write the job that a request started together with its answer, and return the answer."""
        with self._transaction() as connection:
            _add(connection, id, started)
            row = connection.execute(f"SELECT {JOB} FROM jobs WHERE request = ?", (id,)).fetchone()
            answer = answer_of(_job(row))
            _answer(connection, id, answer, is_settled=True)
        return answer

    def unsettled(self) -> list[Request]:
        """Return the unsettled requests, oldest first."""
        rows = self._rows("SELECT * FROM requests WHERE NOT settled AND action = 'submitJob' ORDER BY at")
        return [_request(row) for row in rows]

    def forget(self, before: float) -> None:
        """Remove the requests whose timestamps are too old to be accepted. Jobs stay."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM requests WHERE until < ?", (before,))

    def count_open(self) -> dict[str, int]:
        """Return how many jobs of each owner have not ended, with the requests that may become jobs."""
        rows = self._rows(
            f"SELECT owner, count(*) FROM (SELECT owner FROM jobs WHERE {IS_OPEN} UNION ALL "
            "SELECT owner FROM requests WHERE NOT settled AND action = 'submitJob') GROUP BY owner"
        )
        return {row[0]: row[1] for row in rows}

    def open_uuids(self, owner: str | None = None) -> list[str]:
        """Return the jobs that have not ended, of one owner or of all."""
        whose, values = ("owner = ? AND ", (owner,)) if owner is not None else ("", ())
        return [row["uuid"] for row in self._rows(f"SELECT uuid FROM jobs WHERE {whose}{IS_OPEN}", *values)]

    def job(self, uuid: str, owner: str) -> Job | None:
        """Return a job of an owner."""
        rows = self._rows(f"SELECT {JOB} FROM jobs WHERE uuid = ? AND owner = ?", uuid, owner)
        return _job(rows[0]) if rows else None

    def jobs(
        self, condition: str, values: Sequence[object], order: str, limit: int, offset: int
    ) -> tuple[list[Job], int]:
        """Return a page of the jobs that fulfil a condition, and the number of all such jobs."""
        (count,) = self._rows(f"SELECT count(*) FROM jobs WHERE {condition}", *values)[0]
        rows = self._rows(
            f"SELECT {JOB} FROM jobs WHERE {condition} ORDER BY {order} LIMIT ? OFFSET ?", *values, limit, offset
        )
        return [_job(row) for row in rows], count

    def saw(self, reports: Sequence[JobReport], at: float) -> None:
        """Write what the target reports of jobs. A job that has ended stays as it ended."""
        with self._transaction() as connection:
            _note_lives(connection, reports)
            connection.executemany(
                "UPDATE jobs SET changed_at = CASE WHEN state = ? THEN changed_at ELSE ? END, state = ?, reason = ?, "
                f"exit_code = ? WHERE uuid = ? AND {IS_OPEN}",
                [(r.state, at, r.state, r.reason, r.exit_code, r.uuid) for r in reports],
            )

    def _rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        with self._lock, self._broken_as_error():
            return self._connection.execute(query, values).fetchall()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._broken_as_error():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:  # also ^C: nothing is left half written
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def _broken_as_error(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise SpeccError(f"the gateway's state {self._path} cannot be used: {error}") from error


def _insert(
    connection: sqlite3.Connection, id: str, owner: str, action: str, body: str, at: float, until: float
) -> int:
    """Write a request down unless its id is there; return how many were written."""
    return connection.execute(
        "INSERT INTO requests (id, owner, action, body, at, until) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (id) DO NOTHING",
        (id, owner, action, body, at, until),
    ).rowcount


def _answer(connection: sqlite3.Connection, id: str, answer: Answer, *, is_settled: bool) -> None:
    connection.execute(
        "UPDATE requests SET ret_code = ?, status = ?, answer = ?, settled = ? WHERE id = ?",
        (answer.ret_code, answer.status, answer.text, is_settled, id),
    )


def _add(connection: sqlite3.Connection, request: str, started: Started) -> None:
    """Add the job of a request, which has one job: a second call changes nothing."""
    fields = started.fields
    owner, body = connection.execute("SELECT owner, body FROM requests WHERE id = ?", (request,)).fetchone()
    connection.execute(
        "INSERT INTO jobs (uuid, request, owner, body, name, cluster, zone, run_user, queue, submitted_at, changed_at, "
        "state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (request) DO NOTHING",
        (
            started.uuid, request, owner, body, fields["name"], fields["cluster_id"], fields["zone"],
            fields["run_user"], fields.get("scheduler_queue_name", ""), started.at, started.at, JobState.PENDING,
        ),
    )  # fmt: skip


def _note_lives(connection: sqlite3.Connection, reports: Sequence[JobReport]) -> None:
    """Write when jobs ran and what they used, of jobs that have not ended by what is written."""
    for report in reports:
        row = connection.execute(f"SELECT {JOB} FROM jobs WHERE uuid = ? AND {IS_OPEN}", (report.uuid,)).fetchone()
        if row is None:
            continue
        before = Life() if report.state is JobState.PENDING else life_from(row["life"])
        if (text := life_text(report.life.over(before))) is not None:
            connection.execute("INSERT OR REPLACE INTO lives VALUES (?, ?)", (report.uuid, text))


def _request(row: sqlite3.Row) -> Request:
    answer = Answer(row["answer"], row["ret_code"], row["status"]) if row["answer"] is not None else None
    return Request(row["id"], row["owner"], row["action"], row["body"], row["at"], answer, bool(row["settled"]))


def _job(row: sqlite3.Row) -> Job:
    return Job(**{**dict(row), "state": JobState(row["state"]), "life": life_from(row["life"])})
