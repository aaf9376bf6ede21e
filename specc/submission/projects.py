"""Which projects a ledger is of: two of one name must not take each other's jobs for their own.

A project is known again by what does not change when it is copied as it should be: the first commits of its
repository, and the folder in it. Clones and worktrees have them, wherever they are. A shallow clone has not got the
first commits, and is known by the address that it was cloned from; a project without a repository by its folder.
"""

import os
import re
import sqlite3
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import Protocol

from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.submission.tables import DAMAGE, reading, transaction

COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class Origin(Protocol):
    """Where a project comes from, as far as that can be told.

    `folder` is its own on this disk, `place` that in its repository (None without one), `remote` the address that the
    repository was cloned from, or empty.
    """

    @property
    def folder(self) -> Path: ...

    @property
    def place(self) -> str | None: ...

    @property
    def remote(self) -> str: ...

    def first_commits(self) -> tuple[str, ...]:
        """Return the commits without a parent that the current one comes from; none where the clone is shallow."""

    def holds(self, commits: Collection[str]) -> frozenset[str]:
        """Return those of the commits that the repository has."""


@dataclass(frozen=True, slots=True)
class Known:
    """A project that uses the ledger. `place` is empty at the top of a repository, and without one."""

    folder: str
    place: str
    commits: tuple[str, ...]
    remote: str


def known_as(origin: Origin) -> Known:
    """Return what is to be remembered of a project. Asks git for the whole history, once."""
    return Known(_text(origin.folder), origin.place or "", origin.first_commits(), origin.remote)


def recognised(known: Iterable[Known], origin: Origin) -> Known | None:
    """Return the project that this one is, or None where it is another, or nobody can say."""
    projects = list(known)
    by_folder = [one for one in projects if one.folder == _text(origin.folder)]
    if origin.place is None:
        return next(iter(by_folder), None)
    of_git = [one for one in projects if one.commits]
    held = origin.holds({commit for one in of_git for commit in one.commits})
    related = [one for one in of_git if held.intersection(one.commits)]
    same = [one for one in related if one.place == origin.place]
    if same:
        return same[0]
    if not related and (not of_git or not origin.first_commits()):
        # The ledger knows no repository, or this one does not know its beginning.
        cloned = [one for one in projects if origin.remote and one.remote == origin.remote]
        same = [one for one in cloned if one.place == origin.place]
        return next(iter([*same, *by_folder]), None)
    return next((one for one in by_folder if not one.commits), None)


class Projects:
    """A part of the ledger."""

    def __init__(self, path: Path, connection: sqlite3.Connection, clock: Callable[[], float]) -> None:
        self._path = path
        self._connection = connection
        self._clock = clock

    def known(self) -> Sequence[Known]:
        """Return the projects that use this ledger, in the order in which they came; none in one of an older specc."""
        with reading(self._path, self._connection) as connection:
            rows = connection.execute("SELECT folder, place, commits, remote FROM projects ORDER BY rowid").fetchall()
        if not all(isinstance(value, str) for row in rows for value in row):
            message = f"the ledger {self._path} is damaged: its table of projects holds what is not a text"
            raise SpeccError(message, help=DAMAGE)
        return [Known(row[0], row[1], tuple(COMMIT.findall(row[2])), row[3]) for row in rows]

    def add(self, project: Known, *, only_as_first: bool = False) -> bool:
        """Note a project, in place of what was known of its folder. False where it would not be the first, and had to
        be."""
        row = (project.folder, project.place, " ".join(project.commits), project.remote, self._clock())
        with transaction(self._path, self._connection) as connection:
            if only_as_first and connection.execute("SELECT 1 FROM projects").fetchone() is not None:
                return False
            connection.execute("DELETE FROM projects WHERE folder = ?", (project.folder,))
            connection.execute("INSERT INTO projects VALUES (?, ?, ?, ?, ?)", row)
        return True


def _text(folder: Path) -> str:
    """Return a folder's name as the ledger can hold it, whatever its bytes are."""
    return os.fsencode(folder).decode(errors="backslashreplace")
