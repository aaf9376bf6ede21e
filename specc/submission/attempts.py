"""What the ledger knows of attempts: the questions that can be asked of it."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from specc.submission import lookups, tables
from specc.submission.keys import LogicalKey
from specc.submission.records import Record, State, is_attempt_start, is_uuid_start
from specc.submission.tables import reading


class Attempts:
    """The attempts in a ledger's file, for reading.

    Every method checks what it finds: a row that the disk has changed and indexes that disagree raise SpeccError.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    @property
    def id(self) -> str:
        """Which ledger this is. A copy has the same."""
        with reading(self.path, self._connection) as connection:
            return lookups.ledger_id(connection)

    def each(self) -> Iterator[Record]:
        """Yield every attempt in the order in which they were begun, whatever the clock said, a thousand at a time."""
        yield from lookups.each(self.path, self._connection)

    def each_or_fault(self) -> Iterator[Record | str]:
        """Yield every attempt, and in place of one that is damaged, what is wrong with it."""
        yield from lookups.each_or_fault(self.path, self._connection)

    def numbers(self) -> Iterator[tuple[LogicalKey, int]]:
        """Yield each key with the number of each of its attempts, in the order of both."""
        yield from lookups.numbers(self.path, self._connection)

    def count(self) -> int:
        """Return how many attempts there are."""
        with reading(self.path, self._connection) as connection:
            return int(connection.execute("SELECT count(*) FROM attempts").fetchone()[0])

    def has_spec(self, spec: str) -> bool:
        """Return whether there are attempts for that spec."""
        with reading(self.path, self._connection) as connection:
            return bool(lookups.of_specs(connection, [spec]))

    def specs(self) -> list[str]:
        """Return the specs that have attempts."""
        with reading(self.path, self._connection) as connection:
            return lookups.specs(connection)

    def with_id(self, text: str) -> list[Record]:
        """Return the attempts that a job's uuid or an attempt's name means, or the beginning of either."""
        with reading(self.path, self._connection) as connection:
            return lookups.at(connection, self._places_of_id(connection, text))

    def chosen(self, specs: Sequence[str], ids: Sequence[str], *, whole_history: bool) -> Iterator[Record]:
        """Yield the attempts for specs, and those that are named, in order; all if nothing is named.

        Without the whole history, of each cell only the last attempt, the last job, and what is named itself.
        """
        with reading(self.path, self._connection) as connection:
            named = {place for text in ids for place in self._places_of_id(connection, text)}
            of_specs = lookups.of_specs(connection, specs) if specs else []
            is_all = not specs and not ids
            latest_of_all = lookups.latest(connection) if is_all and not whole_history else []
        if is_all:
            found = self.each() if whole_history else lookups.each_at(self.path, self._connection, latest_of_all)
            yield from found
            return
        if not whole_history:
            of_specs = self._latest(of_specs)
        yield from lookups.each_at(self.path, self._connection, sorted(named.union(of_specs)))

    def _latest(self, places: Sequence[int]) -> list[int]:
        """Return the places of the last attempt of each key among these, and of the last that became a job."""
        last: dict[LogicalKey, tuple[int, int]] = {}
        job: dict[LogicalKey, tuple[int, int]] = {}
        for place, record in zip(places, lookups.each_at(self.path, self._connection, places), strict=True):
            entry = (record.number, place)
            last[record.key] = max(entry, last.get(record.key, entry))
            if record.state is State.ACCEPTED:
                job[record.key] = max(entry, job.get(record.key, entry))
        return [place for _, place in (*last.values(), *job.values())]

    @staticmethod
    def _places_of_id(connection: sqlite3.Connection, text: str) -> list[int]:
        return lookups.with_id(
            connection, text, is_uuid_start=is_uuid_start(text), is_attempt_start=is_attempt_start(text)
        )

    def all(self) -> list[Record]:
        """Return every attempt, in the order in which they were begun. Of a large ledger that is much: see `each`."""
        return list(self.each())

    def of_key(self, key: LogicalKey) -> list[Record]:
        """Return all attempts of a key, in the order of their numbers."""
        with reading(self.path, self._connection) as connection:
            return lookups.of_key(connection, key)

    def attempt(self, name: str) -> Record | None:
        """Return the attempt of that name, or None."""
        with reading(self.path, self._connection) as connection:
            return lookups.attempt(connection, name)

    def of_name(self, target_name: str, key: LogicalKey) -> list[Record]:
        """Return attempts for the same cell on a target of that name, when the name stood for another place or account,
        of which a job is or may be there."""
        with reading(self.path, self._connection) as connection:
            found = lookups.of_cell(connection, key)
        return [one for one in found if one.target_name == target_name and one.key != key and one.may_run]

    def with_digest(self, target: str, digest: str) -> list[Record]:
        """Return attempts to send that payload to the target, under whatever key, of which a job is or may be there."""
        with reading(self.path, self._connection) as connection:
            return [one for one in lookups.with_digest(connection, target, digest) if one.may_run]

    def open_attempts(self) -> list[Record]:
        """Return the attempts that are being sent, and those whose outcome is unknown."""
        with reading(self.path, self._connection) as connection:
            return lookups.open_attempts(connection)

    def unknown(self, target: str) -> list[Record]:
        """Return the attempts on a target whose outcome is unknown."""
        return [one for one in self.open_attempts() if one.key.target == target and one.state is State.UNKNOWN]

    def taken(self, target: str, uuids: Iterable[str]) -> set[str]:
        """Return which of these jobs of the target an attempt has."""
        return {str(one.uuid) for one in self.jobs(target, uuids)}

    def jobs(self, target: str, uuids: Iterable[str]) -> list[Record]:
        """Return the attempts that became these jobs of the target."""
        with reading(self.path, self._connection) as connection:
            return [one for one in lookups.with_uuids(connection, uuids) if one.key.target == target]

    def uuids(self, target: str) -> set[str]:
        """Return every job of the target that an attempt has."""
        return {record.uuid for record in self.each() if record.uuid and record.key.target == target}

    def identities(self) -> list[str]:
        """Return the identities of all targets that something was sent to."""
        with reading(self.path, self._connection) as connection:
            return lookups.identities(connection)

    def has_used(self, plan: str) -> bool:
        with reading(self.path, self._connection) as connection:
            return lookups.has_plan(connection, plan)

    def damage(self) -> list[str]:
        """Return what is wrong with the file itself."""
        return tables.damage(self._connection)
