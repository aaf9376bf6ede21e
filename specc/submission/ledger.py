"""The ledger: which attempts were begun, and how they ended. It is on the disk before anything is sent."""

import contextlib
import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.submission import database
from specc.submission.database import database_errors, transaction
from specc.submission.keys import Family, LogicalKey, account_of
from specc.submission.location import Access
from specc.submission.owners import Owners
from specc.submission.projects import Projects
from specc.submission.queries import LISTED, Queries
from specc.submission.records import (
    COLUMNS,
    PLACEHOLDERS,
    Damaged,
    Record,
    State,
    life_now,
    row_of,
    seal_of,
    seconds_of,
)
from specc.system import locks
from specc.targets import JobReport
from specc.targets.lives import life_text

ANYONE = Access()
HURRIED_SECONDS = 2.0


class AttemptOpen(Exception):
    """Another process is sending for this key, or has sent since it was read. Nothing was written."""


class SentElsewhere(Exception):
    """Another process has sent the same payload under the key in the message. Nothing was written."""


class NoRoom(Exception):
    """The target has as many jobs of this ledger as the user allows. Nothing was written."""


@dataclass(frozen=True, slots=True)
class Room:
    """How many attempts may be active at a target at once, of all that the ledger knows.

    `gone` are attempts that the ledger has as active, and whose jobs the target does not have any more.
    """

    most: int
    gone: frozenset[str] = frozenset()


class SettledAlready(Exception):
    """The attempt is no longer open, so nothing was written."""


class UuidTaken(Exception):
    """Another attempt on the target has this uuid, so nothing was written."""


class Ledger(Queries):
    """The attempts of one user and project.

    Every method that writes has written to the disk when it returns; inside of `together`, when that has ended.
    """

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
        self._is_together = False
        self._looked_up: dict[tuple[str, str, str], tuple[list[Record], set[Family]]] = {}

    @classmethod
    @contextlib.contextmanager
    def open(
        cls, path: Path, clock: Callable[[], float] = time.time, access: Access = ANYONE, *, is_asked: bool = False
    ) -> Iterator["Ledger"]:
        """Open the ledger, or create it where there is none and there was none.

        `is_asked`: the user asks for a new ledger. Raises SpeccError where the ledger cannot be used, or others could
        change it; a damaged ledger stays as it is. Symbolic links are followed first: the owners' locks lie beside the
        file itself.
        """
        with database_errors(path):
            path = database.locate(path, access, makes=True) or path
            locks.check_supported(path.parent)
            is_new = database.create(path, access, is_asked=is_asked)
            connection = database.connect(path, writable=True)
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
        """Open the ledger for reading only, also where nothing can be written. A ledger that is not there is empty.

        Raises SpeccError as `open` does, also for a ledger that is not there and must not be created.
        """
        with database_errors(path):
            real = database.locate(path, access, makes=False)
            path = real or path
            is_there = real is not None and real.exists()
            if not is_there:
                database.check_new(path, access)
                connection = database.empty()
            else:
                connection = database.connect(path, writable=False, checks_rows=checks_rows)
        with contextlib.closing(connection):
            yield cls(path, connection, clock, is_shared=access.is_shared)

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Write all that is written inside at once: it is on the disk, whole or not at all, when this has ended."""
        with self._writing():
            self._is_together = True
            try:
                yield
            finally:
                self._is_together = False
                self._looked_up.clear()

    def begin(
        self,
        record: Record,
        supersedes: str | None = None,
        seen: frozenset[str] = frozenset(),
        room: Room | None = None,
    ) -> None:
        """Write an intent as the next attempt of its key, in place of the unknown attempt that it supersedes.

        `seen` are the attempts for the same payload under other keys that were known when it was decided to send.
        Raises AttemptOpen when the key has another open attempt, or an attempt that was not there when it was read,
        SentElsewhere when the payload was sent under another key since then, and NoRoom when too many are active, which
        is counted and written in one transaction: two processes never exceed the number together.
        """
        with self._writing() as connection:
            for other in self._of_others(record):
                if other.attempt not in seen:
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
            if (
                room is not None
                and sum(one.attempt not in room.gone for one in self.active(record.key.target)) >= room.most
            ):
                raise NoRoom
            try:
                row = row_of(record)
                connection.execute(
                    f"INSERT INTO attempts ({COLUMNS}, seal) VALUES ({PLACEHOLDERS}, ?)", (*row, seal_of(row))
                )
            except sqlite3.IntegrityError as error:
                raise AttemptOpen(str(record.key)) from error

    def _of_others(self, record: Record) -> list[Record]:
        """Return the attempts of a payload that others have begun, under another key than that of a repetition.

        While much is written at once nobody else can write, so each payload is looked up once.
        """
        name = (record.key.target, record.digest, record.owner)
        if name not in self._looked_up:
            same = self.with_digest(record.key.target, record.digest)
            foreign = [other for other in same if other.owner != record.owner]
            self._looked_up[name] = foreign, {other.key.family for other in foreign}
        records, families = self._looked_up[name] if self._is_together else self._looked_up.pop(name)
        own = record.key.family
        return [] if families <= {own} else [other for other in records if other.key.family != own]

    def reopen(self, attempt: str, owner: str) -> None:
        """Make an unknown attempt one that is being sent, again: under its own key. Raises SettledAlready."""
        with self._writing() as connection:
            changed = connection.execute(
                "UPDATE attempts SET state = 'intent', owner = ?, settled_at = NULL, message = NULL "
                "WHERE attempt = ? AND state = 'unknown'",
                (owner, attempt),
            ).rowcount
            if changed != 1:
                raise SettledAlready(attempt)

    def settle(
        self,
        attempt: str,
        state: State,
        *,
        uuid: str | None = None,
        code: str | None = None,
        message: str | None = None,
    ) -> None:
        """Write how an open attempt ended. A job that is there also overrides what the user said of it before.

        Raises SettledAlready and UuidTaken.
        """
        replaced = (
            ("intent", "unknown", "dismissed", "superseded") if state is State.ACCEPTED else ("intent", "unknown")
        )
        with self._writing() as connection:
            try:
                changed = connection.execute(
                    "UPDATE attempts SET state = ?, uuid = ?, code = ?, message = ?, settled_at = ? "
                    f"WHERE attempt = ? AND state {LISTED}",
                    (state, uuid, code, message, self._clock(), attempt, json.dumps(replaced)),
                ).rowcount
            except sqlite3.IntegrityError as error:
                raise UuidTaken(str(uuid)) from error
            if changed != 1:
                raise SettledAlready(attempt)

    def recover(self, mine: str | None = None) -> list[Record]:
        """Turn the intents of dead processes into `unknown`: nobody can say whether their bytes went out.

        `mine` is the caller's own name as an owner, whose process is surely alive.
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
        """Move all attempts of each first key to the second, all or none. Returns the number of attempts."""
        moved = 0
        with self._writing() as connection:
            for old, new in pairs:
                if self.of_key(new):
                    raise SpeccError(f"there are attempts of {new} already", help="`specc ledger list` shows them")
                if any(one.state is State.INTENT for one in self.of_key(old)):
                    raise SpeccError(f"{old} is being sent", help="try again when it has been sent")
                moved += connection.execute(
                    "UPDATE attempts SET target = ?, spec = ?, cell = ?, params = ? "
                    "WHERE target = ? AND spec = ? AND cell = ? AND params = ?",
                    (*new, *old),
                ).rowcount
        return moved

    def saw(self, target: str, reports: Sequence[JobReport]) -> None:
        """Note the states, times and usage that the target reports of jobs. What it has forgotten since stays noted.

        Only what has changed is written: of a long sweep most jobs are as they were.
        """
        if not reports:
            return
        now = self._clock()
        with self._hurried(), self._writing() as connection:
            rows = connection.execute(
                f"SELECT uuid, job_state, job_reason, exit_code, life FROM attempts WHERE target = ? AND uuid {LISTED}",
                (target, json.dumps([one.uuid for one in reports])),
            )
            before = {str(uuid): tuple(noted) for uuid, *noted in rows}
            changed = []
            for one in reports:
                noted = before.get(one.uuid, (None, None, None, None))
                life = life_text(life_now(one, noted[3]))
                if (seen := (one.state.value, one.reason, one.exit_code, life)) != noted:
                    changed.append((*seen, now, target, one.uuid))
            connection.executemany(
                "UPDATE attempts SET job_state = ?, job_reason = ?, exit_code = ?, life = ?, seen_at = ? "
                "WHERE target = ? AND uuid = ?",
                changed,
            )

    def vanished(self, target: str, whys: Mapping[str, str]) -> None:
        """Make accepted attempts unknown again whose jobs the target lost before it began them. By their uuids, why.

        So they are sent again under their keys, as every attempt that is unknown.
        """
        if not whys:
            return
        with self._hurried(), self._writing() as connection:
            connection.executemany(
                "UPDATE attempts SET state = 'unknown', uuid = NULL, message = ?, job_state = NULL, job_reason = NULL, "
                "exit_code = NULL, life = NULL WHERE target = ? AND uuid = ? AND state = 'accepted'",
                [(why, target, uuid) for uuid, why in whys.items()],
            )

    def keep(self, kept: Mapping[str, str | None]) -> int:
        """Write in place of which payload's digest the results of an attempt are kept; None for its own alone.

        All or none is written. Returns how many attempts were changed.
        """
        with self._writing() as connection:
            return sum(
                connection.execute(
                    "UPDATE attempts SET kept = ? WHERE attempt = ? AND state = 'accepted' AND kept IS NOT ?",
                    (digest, attempt, digest),
                ).rowcount
                for attempt, digest in kept.items()
            )

    def cleaned(self, target: str, uuids: Sequence[str]) -> None:
        """Write that the files of these jobs are removed now, or about to be."""
        with self._writing() as connection:
            connection.executemany(
                "UPDATE attempts SET cleaned_at = ? WHERE target = ? AND uuid = ? AND cleaned_at IS NULL",
                [(self._clock(), target, uuid) for uuid in uuids],
            )

    def note_notice(self, run: str) -> bool:
        """Note that somebody is told of the end of a run. Return False if somebody was told before."""
        with self._writing() as connection:
            found = connection.execute("INSERT OR IGNORE INTO notices VALUES (?, ?)", (run, self._clock()))
            return found.rowcount == 1

    def use_plan(self, plan: str) -> bool:
        """Note that a plan is carried out. Returns False if it was carried out before."""
        with self._writing() as connection:
            if self.has_used(plan):
                return False
            connection.execute("INSERT INTO plans VALUES (?, ?)", (plan, self._clock()))
        return True

    @contextlib.contextmanager
    def _hurried(self) -> Iterator[None]:
        """Wait for another process only briefly: what is written can also be noted later."""
        self._connection.execute(f"PRAGMA busy_timeout = {HURRIED_SECONDS * 1000:.0f}")
        try:
            yield
        finally:
            self._connection.execute(f"PRAGMA busy_timeout = {database.BUSY_SECONDS * 1000:.0f}")

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Write in one transaction, into the file at the ledger's path.

        A file that was removed or replaced while this process ran would keep what is written to itself.
        """
        if self._is_together:  # it is a part of a transaction, which looks at the file
            with transaction(self.path, self._connection) as connection:
                yield connection
            return
        self._check_file()
        with transaction(self.path, self._connection) as connection:
            self._check_file()
            yield connection
        self._check_file()

    def _check_file(self) -> None:
        if self._file is not None and _file_id(self.path) != self._file:
            raise database.vanished(self.path, "was replaced by another file" if self.path.exists() else "is gone")


def _file_id(path: Path) -> tuple[int, int] | None:
    """Return which file lies at a path; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


HOUR = 3600.0
AHEAD = 60.0
"""Seconds. A call noted further ahead than this was noted by a clock that was wrong."""

MOST_SKEW = 86_400.0
"""Seconds. A server that is more than a day ahead is broken, and so would be every request signed by its clock."""


class Accounts:
    """The part of the ledger about accounts: their calls, and how far their server's clock is from ours.

    Targets are given by their identities; all places of an account count together.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, clock: Callable[[], float]) -> None:
        self._path = path
        self._connection = connection
        self._clock = clock

    def take_call(self, target: str, quota: int | None) -> float:
        """Note one call to the target and return 0, or note none and return the seconds until the quota allows one."""
        if quota is None:
            return 0.0
        now, account = self._clock(), account_of(target)
        with transaction(self._path, self._connection) as connection:
            connection.execute("DELETE FROM calls WHERE at <= ? OR at > ?", (now - HOUR, now + AHEAD))
            times = connection.execute("SELECT at FROM calls WHERE target = ? ORDER BY at", (account,)).fetchall()
            if len(times) >= quota:
                return max(1.0, seconds_of(times[len(times) - quota]["at"]) + HOUR - now)
            connection.execute("INSERT INTO calls VALUES (?, ?)", (account, now))
        return 0.0

    def note_calls(self, target: str, calls: int) -> None:
        """Note calls that were made already, such as those of a question about many jobs."""
        now = self._clock()
        with transaction(self._path, self._connection) as connection:
            connection.executemany("INSERT INTO calls VALUES (?, ?)", [(account_of(target), now)] * calls)

    def skew(self, target: str) -> float:
        """Return by how many seconds the server's clock is ahead of ours, as last learnt."""
        with database_errors(self._path):
            row = self._connection.execute("SELECT skew FROM clocks WHERE target = ?", (account_of(target),)).fetchone()
            if row is None:
                return 0.0
            if abs(skew := seconds_of(row[0])) > MOST_SKEW:
                raise Damaged(f"the clock of {account_of(target)} is {skew} seconds ahead")
            return skew

    def learn_skew(self, target: str, seconds: float, attempt: str | None = None) -> None:
        """Note by how many seconds the server's clock is ahead, for the target and for the attempt that showed it.

        A value that no clock is wrong by is ignored.
        """
        if abs(seconds) > MOST_SKEW:
            return
        with transaction(self._path, self._connection) as connection:
            connection.execute("INSERT OR REPLACE INTO clocks VALUES (?, ?)", (account_of(target), seconds))
            connection.execute("UPDATE attempts SET skew = ? WHERE attempt = ?", (seconds, attempt))
