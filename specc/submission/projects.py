"""Which projects use a ledger: two projects of one name must not take each other's jobs for their own.

A project is recognised by what clones and worktrees have in common, wherever they are: the first commits of its
repository, and the folder in it. A shallow clone does not have the first commits, and is recognised by the address that
it was cloned from; a project without a repository by its folder.
"""

import os
import re
import sqlite3
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import Protocol

from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.submission.database import DAMAGE, reading, transaction

COMMIT = re.compile(r"[0-9a-f]{64}|[0-9a-f]{40}")


class ProjectOrigin(Protocol):
    """Where a project comes from, as far as that can be told.

    `folder` is the project's folder on this disk, `place` its folder in its repository (None without a repository),
    `remote` the address that the repository was cloned from, or empty.
    """

    @property
    def folder(self) -> Path: ...

    @property
    def place(self) -> str | None: ...

    @property
    def remote(self) -> str: ...

    def first_commits(self) -> tuple[str, ...]:
        """Return the commits without a parent that the current commit descends from; none in a shallow clone."""

    def holds(self, commits: Collection[str]) -> frozenset[str]:
        """Return those of the commits that the repository has."""


@dataclass(frozen=True, slots=True)
class KnownProject:
    """A project that uses the ledger. `place` is empty at the top of a repository, and without one."""

    folder: str
    place: str
    commits: tuple[str, ...]
    remote: str


def known_as(origin: ProjectOrigin) -> KnownProject:
    """Return what the ledger remembers of a project. Asks git for the whole history, once."""
    return KnownProject(_text(origin.folder), origin.place or "", origin.first_commits(), origin.remote)


def recognised(known: Iterable[KnownProject], origin: ProjectOrigin) -> KnownProject | None:
    """Return which of the known projects has this origin, or None where it is another project, or that is unclear."""
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
        # The ledger knows no repository, or this repository does not know its first commits.
        cloned = [one for one in projects if origin.remote and one.remote == origin.remote]
        same = [one for one in cloned if one.place == origin.place]
        return next(iter([*same, *by_folder]), None)
    return next((one for one in by_folder if not one.commits), None)


class Projects:
    """The part of the ledger about the projects that use it."""

    def __init__(self, path: Path, connection: sqlite3.Connection, clock: Callable[[], float]) -> None:
        self._path = path
        self._connection = connection
        self._clock = clock

    def known(self) -> Sequence[KnownProject]:
        """Return the projects that use this ledger, in the order in which they came; none in an older ledger."""
        with reading(self._path, self._connection) as connection:
            rows = connection.execute("SELECT folder, place, commits, remote FROM projects ORDER BY rowid").fetchall()
        if not all(isinstance(value, str) for row in rows for value in row):
            message = f"the ledger {self._path} is damaged: its table of projects holds a value that is not a text"
            raise SpeccError(message, help=DAMAGE)
        return [KnownProject(row[0], row[1], tuple(COMMIT.findall(row[2])), row[3]) for row in rows]

    def add(self, project: KnownProject, *, only_as_first: bool = False) -> bool:
        """Note a project, in place of what was known of its folder.

        Returns False, and notes nothing, with `only_as_first` where another project was noted before.
        """
        row = (project.folder, project.place, " ".join(project.commits), project.remote, self._clock())
        with transaction(self._path, self._connection) as connection:
            if only_as_first and connection.execute("SELECT 1 FROM projects").fetchone() is not None:
                return False
            connection.execute("DELETE FROM projects WHERE folder = ?", (project.folder,))
            connection.execute("INSERT INTO projects VALUES (?, ?, ?, ?, ?)", row)
        return True


def _text(folder: Path) -> str:
    """Return a folder's name as a text that the ledger can hold, whatever its bytes are."""
    return os.fsencode(folder).decode(errors="backslashreplace")
