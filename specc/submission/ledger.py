"""The ledger: what was tried, and what came of it. It is on the disk before anything is sent."""

import contextlib
import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from specc import locks
from specc.errors import SpeccError
from specc.submission import lookups, tables
from specc.submission.accounts import Accounts
from specc.submission.attempts import Attempts
from specc.submission.keys import LogicalKey
from specc.submission.lookups import LISTED
from specc.submission.owner import Owners
from specc.submission.projects import Projects
from specc.submission.records import Record, State
from specc.submission.rows import COLUMNS, PLACES, row_of
from specc.submission.tables import Access, broken_as_error, transaction
from specc.targets import JobReport

ANYONE = Access()
HURRIED_SECONDS = 2.0


class AttemptOpen(Exception):
    """The key has gone on since it was looked at: another process is sending it, or has. Nothing was written."""


class SentElsewhere(Exception):
    """Another process has sent the same payload under the key that this says. Nothing was written."""


class SettledAlready(Exception):
    """The attempt is not open any more, so nothing was written."""


class UuidTaken(Exception):
    """Another attempt on the target has this uuid, so nothing was written."""


class Ledger(Attempts):
    """The attempts of one user and project. Every method that writes has written to the disk when it returns."""

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        clock: Callable[[], float],
        *,
        is_new: bool = False,
        is_shared: bool = False,
    ) -> None:
        super().__init__(path, connection)
        self.is_new = is_new
        self.accounts = Accounts(path, connection, clock)
        self.projects = Projects(path, connection, clock)
        self.owners = Owners(path.with_name(f"{path.name}.owners"), is_shared=is_shared)
        self._clock = clock
        self._file = _file_id(path)

    @classmethod
    @contextlib.contextmanager
    def open(
        cls, path: Path, clock: Callable[[], float] = time.time, access: Access = ANYONE, *, is_asked: bool = False
    ) -> Iterator["Ledger"]:
        """Open the ledger, or make it where there is none and there was none. `is_asked`: the user asks for a new one.

        Raises SpeccError where it cannot be used, or others could change it; one that is damaged stays as it is.
        Symbolic links are followed first: the owners' locks lie beside the file itself.
        """
        with broken_as_error(path):
            path = tables.place(path, access, makes=True) or path
            locks.check_supported(path.parent)
            is_new = tables.make(path, access, is_asked=is_asked)
            connection = tables.connect(path, writable=True)
        with contextlib.closing(connection):
            yield cls(path, connection, clock, is_new=is_new, is_shared=access.is_shared)

    @classmethod
    @contextlib.contextmanager
    def read(
        cls,
        path: Path,
        clock: Callable[[], float] = time.time,
        access: Access = ANYONE,
        *,
        checks_rows: bool = True,
    ) -> Iterator["Ledger"]:
        """Open the ledger for reading alone, also where nothing can be written. One that is not there is empty.

        Raises SpeccError as `open` does, also for one that is not there and must not be made.
        """
        with broken_as_error(path):
            real = tables.place(path, access, makes=False)
            path = real or path
            is_there = real is not None and real.exists()
            if not is_there:
                tables.check_new(path, access)
            connection = tables.nothing()
            if is_there:
                connection = tables.connect(path, writable=False, checks_rows=checks_rows)
        with contextlib.closing(connection):
            yield cls(path, connection, clock, is_shared=access.is_shared)

    def begin(self, record: Record, supersedes: str | None = None, seen: frozenset[str] = frozenset()) -> None:
        """Writes an intent as the next attempt of its key, in place of the unknown one that it supersedes.

        `seen` are the attempts for the same payload under other keys that were known when it was decided to send.
        Raises AttemptOpen when the key has another open attempt, or has gone on since it was looked at, and
        SentElsewhere when the payload was sent under another key since then.
        """
        with self._writing() as connection:
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
            if len(self.of_key(record.key)) != record.number - 1:
                raise AttemptOpen(str(record.key))
            try:
                connection.execute(f"INSERT INTO attempts ({COLUMNS}) VALUES ({PLACES})", row_of(record))
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
        with self._writing() as connection:
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
        """Turn the intents of dead processes into `unknown`: nobody can say whether their bytes went out.

        `mine` is the caller's own name as an owner, who is surely alive.
        """
        intents = [record for record in self.open_attempts() if record.state is State.INTENT]
        owners = {record.owner for record in intents} - {mine}
        dead = sorted(owner for owner in owners if not self.owners.is_alive(owner))
        if dead:
            with self._writing() as connection:
                connection.execute(
                    "UPDATE attempts SET state = 'unknown', message = ?, settled_at = ? "
                    f"WHERE state IN ('intent', 'unknown') AND state = 'intent' AND owner {LISTED}",
                    ("the process that was sending it died", self._clock(), json.dumps(dead)),
                )
        for owner in dead:
            self.owners.forget(owner)
        return [record for record in intents if record.owner in dead]

    def move(self, pairs: Sequence[tuple[LogicalKey, LogicalKey]]) -> int:
        """Puts all attempts of each first key under the second, all or none. Gives the number of attempts."""
        moved = 0
        with self._writing() as connection:
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
        with self._hurried(), self._writing() as connection:
            connection.executemany(
                "UPDATE attempts SET job_state = ?, job_reason = ?, exit_code = ?, seen_at = ? "
                "WHERE target = ? AND uuid = ?",
                [(one.state.value, one.reason, one.exit_code, now, target, one.uuid) for one in reports],
            )

    def use_plan(self, plan: str) -> bool:
        """Notes that a plan is carried out; False when it has been before."""
        with self._writing() as connection:
            if lookups.has_plan(connection, plan):
                return False
            connection.execute("INSERT INTO plans VALUES (?, ?)", (plan, self._clock()))
        return True

    @contextlib.contextmanager
    def _hurried(self) -> Iterator[None]:
        """Wait for another process no longer than is reasonable for what can also be noted later."""
        self._connection.execute(f"PRAGMA busy_timeout = {HURRIED_SECONDS * 1000:.0f}")
        try:
            yield
        finally:
            self._connection.execute(f"PRAGMA busy_timeout = {tables.BUSY_SECONDS * 1000:.0f}")

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Write as one step, into the file that lies at the ledger's path: one that was removed or replaced while this
        process ran keeps what is written to itself."""
        self._check_place()
        with transaction(self.path, self._connection) as connection:
            self._check_place()
            yield connection
        self._check_place()

    def _check_place(self) -> None:
        if self._file is not None and _file_id(self.path) != self._file:
            raise tables.gone(self.path, "was replaced by another file" if self.path.exists() else "is gone")


def _file_id(path: Path) -> tuple[int, int] | None:
    """Return which file lies at a path; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
