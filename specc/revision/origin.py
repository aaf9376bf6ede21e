"""Where a project comes from, as git tells it: by which the ledger knows the project again."""

import os
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from specc.errors import SpeccError
from specc.revision.git import Repository

SHORT = re.compile(r"(?:[^@/:]+@)?([^/:]+):(?!//)(.+)")
"""`git@host:owner/name`, an address without a scheme."""


class GitOrigin:
    """The origin of the project in a folder. Without git, or where it refuses, it is known by its folder alone."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = Path(os.path.realpath(folder))
        self._repository = _repository(self.folder, environment)
        self._first: tuple[str, ...] | None = None
        place = self._line("rev-parse", "--show-prefix")
        self.place = None if place is None else place.rstrip("/")
        self.remote = "" if place is None else address_of(self._line("config", "--get", "remote.origin.url") or "")

    def first_commits(self) -> tuple[str, ...]:
        """Return the commits without a parent that the current one comes from; none where the clone is shallow."""
        if self._first is None:
            is_shallow = self._line("rev-parse", "--is-shallow-repository") != "false"
            found = None if is_shallow else self._line("rev-list", "--max-parents=0", "HEAD", "--")
            self._first = tuple(sorted((found or "").split()))
        return self._first

    def holds(self, commits: Collection[str]) -> frozenset[str]:
        """Return those of the commits that the repository has."""
        # One by one: a partial clone would ask its server for one that it has not got, may not, and says no more.
        return frozenset(
            one for one in commits if self._line("rev-parse", "--verify", "--quiet", f"{one}^{{commit}}") == one
        )

    def _line(self, *arguments: str) -> str | None:
        """Return what git prints; None where it refuses, is not there, or does not end."""
        try:
            return self._repository.line(*arguments) if self._repository is not None else None
        except SpeccError:
            return None


def _repository(folder: Path, environment: Mapping[str, str]) -> Repository | None:
    try:
        return Repository(folder, environment)
    except SpeccError:  # there is no git, or the folder looks like a repository that git must not use
        return None


def address_of(url: str) -> str:
    """Return the host and path of an address, the same however it is reached; empty for a path of this disk.

    User names, tokens and ports are left out.
    """
    short = SHORT.fullmatch(url)
    if short is not None:
        host, path = short[1], short[2]
    else:
        try:
            parts = urlsplit(url)
            host, path = parts.hostname or "", parts.path
        except ValueError:
            return ""
    path = path.strip("/").removesuffix(".git")
    return f"{host.lower()}/{path}" if host and path else ""
