"""The ledger: what was tried, and what came of it. It is on the disk before anything is sent."""

import contextlib
import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from specc.errors import SpeccError
from specc.submission import tables
from specc.submission.accounts import Accounts
from specc.submission.keys import LogicalKey
from specc.submission.owner import Owners
from specc.submission.records import Record, State
from specc.submission.tables import COLUMNS, broken_as_error, transaction
from specc.targets import JobReport

LISTED = "IN (SELECT value FROM json_each(?))"
"""Any number of values in one query, whatever the limit on `?`."""


class AttemptOpen(Exception):
    """The key has gone on since it was looked at: another process is sending it, or has. Nothing was written."""


class SentElsewhere(Exception):
    """Another process has sent the same payload under the key that this says. Nothing was written."""


class SettledAlready(Exception):
    """The attempt is not open any more, so nothing was written."""


class UuidTaken(Exception):
    """Another attempt on the target has this uuid, so nothing was written."""


class Ledger:
    """The attempts of one user and project. Every method that writes has written to the disk when it returns."""

    def __init__(
        self, path: Path, connection: sqlite3.Connection, clock: Callable[[], float], *, is_new: bool = False
    ) -> None:
        self.path = path
        self.is_new = is_new
        self.accounts = Accounts(path, connection, clock)
        self.owners = Owners(path.with_name(f"{path.name}.owners"))
        self._connection = connection
        self._clock = clock

    @classmethod
    @contextlib.contextmanager
    def open(cls, path: Path, clock: Callable[[], float] = time.time) -> Iterator["Ledger"]:
        """Opens or makes the ledger. Raises SpeccError where it cannot be used; one that is damaged stays as it is.

        Symbolic links are followed first: the owners' locks lie beside the file itself.
        """
        with broken_as_error(path):
            path = path.resolve()
            is_new = tables.make(path)
            connection = tables.connect(path, writable=True)
        with contextlib.closing(connection):
            yield cls(path, connection, clock, is_new=is_new)

    @classmethod
    @contextlib.contextmanager
    def read(cls, path: Path, clock: Callable[[], float] = time.time) -> Iterator["Ledger"]:
        """Opens the ledger for reading alone, also where nothing can be written. One that is not there is empty."""
        with broken_as_error(path):
            path = path.resolve()
            connection = tables.connect(path, writable=False) if path.exists() else tables.nothing()
        with contextlib.closing(connection):
            yield cls(path, connection, clock)

    @property
    def id(self) -> str:
        """Which ledger this is. A copy has the same."""
        with broken_as_error(self.path):
            return str(self._connection.execute("SELECT id FROM self").fetchone()[0])

    def begin(self, record: Record, supersedes: str | None = None, seen: frozenset[str] = frozenset()) -> None:
        """Writes an intent as the next attempt of its key, in place of the unknown one that it supersedes.

        `seen` are the attempts for the same payload under other keys that were known when it was decided to send.
        Raises AttemptOpen when the key has another open attempt, or has gone on since it was looked at, and
        SentElsewhere when the payload was sent under another key since then.
        """
        with transaction(self.path, self._connection) as connection:
            for other in self.with_digest(record.key.target, record.digest):
                is_own = other.owner == record.owner or other.key == record.key or other.key.repeats(record.key)
                if not is_own and other.attempt not in seen:
                    raise SentElsewhere(str(other.key))
            if supersedes is not None:
                changed = connection.execute(
                    "UPDATE attempts SET state = 'superseded', settled_at = ?, message = 'sent again on purpose' "
                    "WHERE attempt = ? AND state = 'unknown'",
                    (self._clock(), supersedes),
                ).rowcount
                if changed != 1:
                    raise AttemptOpen(str(record.key))
            last = connection.execute(
                "SELECT max(number) FROM attempts WHERE target = ? AND spec = ? AND cell = ? AND params = ?", record.key
            ).fetchone()[0]
            if (last or 0) != record.number - 1:
                raise AttemptOpen(str(record.key))
            try:
                connection.execute(f"INSERT INTO attempts ({COLUMNS}) VALUES ({tables.PLACES})", tables.row_of(record))
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
        """Writes what came of an open attempt. A job that is there also beats what the user said of it before.

        Raises SettledAlready and UuidTaken.
        """
        beats = ("intent", "unknown", "dismissed", "superseded") if state is State.ACCEPTED else ("intent", "unknown")
        with transaction(self.path, self._connection) as connection:
            try:
                changed = connection.execute(
                    "UPDATE attempts SET state = ?, uuid = ?, code = ?, message = ?, settled_at = ? "
                    f"WHERE attempt = ? AND state {LISTED}",
                    (state, uuid, code, message, self._clock(), attempt, json.dumps(beats)),
                ).rowcount
            except sqlite3.IntegrityError as error:
                raise UuidTaken(str(uuid)) from error
            if changed != 1:
                raise SettledAlready(attempt)

    def recover(self, mine: str | None = None) -> list[Record]:
        """Turns the intents of dead processes into `unknown`: nobody can say whether their bytes went out.

        `mine` is the caller's own name as an owner, who is surely alive.
        """
        intents = self._where("state = 'intent'")
        owners = {record.owner for record in intents} - {mine}
        dead = sorted(owner for owner in owners if not self.owners.is_alive(owner))
        if dead:
            with transaction(self.path, self._connection) as connection:
                connection.execute(
                    "UPDATE attempts SET state = 'unknown', message = ?, settled_at = ? "
                    f"WHERE state = 'intent' AND owner {LISTED}",
                    ("the process that was sending it died", self._clock(), json.dumps(dead)),
                )
        for owner in dead:
            self.owners.forget(owner)
        return [record for record in intents if record.owner in dead]

    def all(self) -> list[Record]:
        """Every attempt, in the order in which they were begun, whatever the clock said."""
        return self._where("1")

    def of_key(self, key: LogicalKey) -> list[Record]:
        """All attempts of a key, in the order of their numbers."""
        found = self._where("target = ? AND spec = ? AND cell = ? AND params = ?", *key)
        return sorted(found, key=lambda record: record.number)

    def attempt(self, name: str) -> Record | None:
        found = self._where("attempt = ?", name)
        return found[0] if found else None

    def of_name(self, target_name: str, key: LogicalKey) -> list[Record]:
        """Attempts for the same cell on a target of that name, when the name stood for another place or account, of
        which a job is or may be there."""
        return self._where(
            "target_name = ? AND target != ? AND spec = ? AND cell = ? AND params = ? "
            "AND state IN ('intent', 'unknown', 'accepted')",
            target_name,
            *key,
        )

    def with_digest(self, target: str, digest: str) -> list[Record]:
        """Attempts to send that payload to the target, under whatever key, of which a job is or may be there."""
        return self._where("target = ? AND digest = ? AND state IN ('intent', 'unknown', 'accepted')", target, digest)

    def unknown(self, target: str) -> list[Record]:
        return self._where("target = ? AND state = 'unknown'", target)

    def uuids(self, target: str) -> set[str]:
        """Every job of the target that a row has."""
        return {record.uuid for record in self._where("target = ? AND uuid IS NOT NULL", target) if record.uuid}

    def move(self, pairs: Sequence[tuple[LogicalKey, LogicalKey]]) -> int:
        """Puts all attempts of each first key under the second, all or none. Gives the number of attempts."""
        moved = 0
        with transaction(self.path, self._connection) as connection:
            for old, new in pairs:
                if self.of_key(new):
                    raise SpeccError(f"there are attempts of {new} already", help="`specc ledger list` shows them")
                if any(one.state is State.INTENT for one in self.of_key(old)):
                    raise SpeccError(f"{old} is being sent now", help="try again when that has ended")
                moved += connection.execute(
                    "UPDATE attempts SET target = ?, spec = ?, cell = ?, params = ? "
                    "WHERE target = ? AND spec = ? AND cell = ? AND params = ?",
                    (*new, *old),
                ).rowcount
        return moved

    def saw(self, target: str, reports: Sequence[JobReport]) -> None:
        """Notes what was seen of jobs."""
        if not reports:
            return
        now = self._clock()
        with transaction(self.path, self._connection) as connection:
            connection.executemany(
                "UPDATE attempts SET job_state = ?, job_reason = ?, exit_code = ?, seen_at = ? "
                "WHERE target = ? AND uuid = ?",
                [(one.state.value, one.reason, one.exit_code, now, target, one.uuid) for one in reports],
            )

    def use_plan(self, plan: str) -> bool:
        """Notes that a plan is carried out; False when it has been before."""
        with transaction(self.path, self._connection) as connection:
            return connection.execute("INSERT OR IGNORE INTO plans VALUES (?, ?)", (plan, self._clock())).rowcount == 1

    def has_used(self, plan: str) -> bool:
        with broken_as_error(self.path):
            return self._connection.execute("SELECT 1 FROM plans WHERE id = ?", (plan,)).fetchone() is not None

    def damage(self) -> list[str]:
        """What is wrong with the file itself."""
        try:
            rows = self._connection.execute("PRAGMA integrity_check").fetchall()
        except sqlite3.DatabaseError as error:
            return [str(error)]
        return [row[0] for row in rows if row[0] != "ok"]

    def _where(self, condition: str, *values: object) -> list[Record]:
        with broken_as_error(self.path):
            rows = self._connection.execute(
                f"SELECT {COLUMNS} FROM attempts WHERE {condition} ORDER BY rowid", values
            ).fetchall()
        return [tables.record_of(row) for row in rows]
