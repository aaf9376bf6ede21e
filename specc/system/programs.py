"""Finds the programs that specc starts. A repository that is being read must not be able to bring such a program.

A PATH may have relative entries, and an empty entry means the current folder: they name whatever lies in the project.
Such entries are ignored, and so are those inside the checkout that the project lies in.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from specc.system.reader import checkout_of, is_below


def find_program(name: str, environment: Mapping[str, str], *, outside: Path | None = None) -> str | None:
    """Return the absolute path of a program on the PATH, or None.

    The program must lie outside of the checkout of `outside`.
    """
    for folder in safe_path(environment, outside=outside):
        path = os.path.join(folder, name)
        if os.path.isfile(path) and os.access(path, os.X_OK) and not _lies_in(os.path.realpath(path), outside):
            return path
    return None


def safe_path(environment: Mapping[str, str], *, outside: Path | None = None) -> list[str]:
    """Return the entries of the PATH that are absolute and lie outside of the checkout of `outside`."""
    entries = environment.get("PATH", os.defpath).split(os.pathsep)
    return [
        entry
        for entry in entries
        if os.path.isabs(entry)
        and not _lies_in(os.path.normpath(entry), outside)
        and not _lies_in(os.path.realpath(entry), outside)
    ]


def _lies_in(path: str, folder: Path | None) -> bool:
    if folder is None:
        return False
    return any(is_below(path, checkout_of(each)) for each in (os.path.abspath(folder), os.path.realpath(folder)))
