"""What is known of accounts: how many calls they have made, and how far their server's clock is from ours."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

from specc.submission.keys import account_of
from specc.submission.rows import Damaged, real
from specc.submission.tables import broken_as_error, transaction

HOUR = 3600.0
AHEAD = 60.0
"""A call noted further ahead than this was noted by a clock that was wrong."""

MOST_SKEW = 86_400.0
"""Seconds. A server that is more than a day ahead is broken, and so would be every request signed by its clock."""


class Accounts:
    """A part of the ledger. Targets are given by their identities; all places of an account count together."""

    def __init__(self, path: Path, connection: sqlite3.Connection, clock: Callable[[], float]) -> None:
        self._path = path
        self._connection = connection
        self._clock = clock

    def take_call(self, target: str, quota: int | None) -> float:
        """Notes one call to the target and gives 0, or notes none and gives the seconds until the quota allows one."""
        if quota is None:
            return 0.0
        now, account = self._clock(), account_of(target)
        with transaction(self._path, self._connection) as connection:
            connection.execute("DELETE FROM calls WHERE at <= ? OR at > ?", (now - HOUR, now + AHEAD))
            times = connection.execute("SELECT at FROM calls WHERE target = ? ORDER BY at", (account,)).fetchall()
            if len(times) >= quota:
                return max(1.0, real(times[len(times) - quota]["at"]) + HOUR - now)
            connection.execute("INSERT INTO calls VALUES (?, ?)", (account, now))
        return 0.0

    def note_calls(self, target: str, calls: int) -> None:
        """Notes calls that were made already, such as those of a question about many jobs."""
        now = self._clock()
        with transaction(self._path, self._connection) as connection:
            connection.executemany("INSERT INTO calls VALUES (?, ?)", [(account_of(target), now)] * calls)

    def skew(self, target: str) -> float:
        """By how many seconds the server's clock is ahead of ours, as last learnt."""
        with broken_as_error(self._path):
            row = self._connection.execute("SELECT skew FROM clocks WHERE target = ?", (account_of(target),)).fetchone()
            if row is None:
                return 0.0
            if abs(skew := real(row[0])) > MOST_SKEW:
                raise Damaged(f"the clock of {account_of(target)} is {skew} seconds ahead")
            return skew

    def learn_skew(self, target: str, seconds: float, attempt: str | None = None) -> None:
        """Notes it for the target, and for the attempt that taught it. What no clock is wrong by is not learnt."""
        if abs(seconds) > MOST_SKEW:
            return
        with transaction(self._path, self._connection) as connection:
            connection.execute("INSERT OR REPLACE INTO clocks VALUES (?, ?)", (account_of(target), seconds))
            connection.execute("UPDATE attempts SET skew = ? WHERE attempt = ?", (seconds, attempt))
