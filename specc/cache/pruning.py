"""How the cache stays small: at most MOST_PROJECTS projects, each of at most MOST_BYTES.

Only what has the name and the kind of a file or folder of specc is removed. Links are neither followed nor removed.
"""

import os
import re
from collections.abc import Callable
from contextlib import suppress

from specc.cache.folders import open_folder, private_folder
from specc.cache.store import FOLDER, MOST_BYTES, Store

MOST_WORLDS = 4
MOST_PROJECTS = 32

DIGEST = re.compile(r"[0-9a-f]{64}")
FILE = re.compile(r"(?:\d\d|clean)\.json|\.[0-9a-f]{16}\.part")


def prune(store: Store, world: str) -> None:
    """Remove what was not used for longest, and the world in use only where it is too large alone. Raises OSError."""
    with private_folder(store.cache, FOLDER) as top:
        for name in _youngest_first(top, store.project)[MOST_PROJECTS:]:
            _remove_folder(name, top, _remove_world)
        with private_folder(store.cache, FOLDER, store.project) as project:
            size = 0
            for number, name in enumerate(_youngest_first(project, world)):
                size += _size(name, project)
                if number >= MOST_WORLDS or size > MOST_BYTES:
                    _remove_world(name, project)


def _youngest_first(folder: int, in_use: str) -> list[str]:
    """Return the names of the folders of specc in a folder, the one in use before all others."""
    with os.scandir(folder) as entries:
        used = {
            entry.name: entry.stat(follow_symlinks=False).st_mtime
            for entry in entries
            if DIGEST.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False)
        }
    return sorted(used, key=lambda name: (name != in_use, -used[name]))


def _size(world: str, project: int) -> int:
    with suppress(OSError):
        folder = open_folder(world, project)
        try:
            with os.scandir(folder) as entries:
                return sum(entry.stat(follow_symlinks=False).st_size for entry in entries)
        finally:
            os.close(folder)
    return 0


def _remove_world(name: str, project: int) -> None:
    _remove_folder(name, project, _remove_file)


def _remove_file(name: str, world: int) -> None:
    os.unlink(name, dir_fd=world)


def _remove_folder(name: str, parent: int, remove: Callable[[str, int], None]) -> None:
    """Remove a folder of this user with what specc put there; it stays where it holds anything else."""
    # Another process may remove the same, or write there again.
    with suppress(OSError):
        folder = open_folder(name, parent)
        try:
            with os.scandir(folder) as entries:
                inside = [entry.name for entry in entries if _is_of_specc(entry)]
            for each in inside:
                remove(each, folder)
        finally:
            os.close(folder)
        os.rmdir(name, dir_fd=parent)


def _is_of_specc(entry: os.DirEntry[str]) -> bool:
    expected = DIGEST if entry.is_dir(follow_symlinks=False) else FILE
    return expected.fullmatch(entry.name) is not None and not entry.is_symlink()
