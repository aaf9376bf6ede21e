"""Files: which are specs, and how one is read without trusting it."""

import errno
import os
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path, PurePosixPath

from specc.diagnostics import Missing, codes
from specc.errors import SpeccError
from specc.reader import Unreadable, read_start
from specc.source import MAX_BYTES

# `.specc_cache` is where specc kept its cache once; a checkout can still have one.
SKIPPED = frozenset({".git", ".venv", "venv", "node_modules", "__pycache__", ".specc_cache"})
ANY_FOLDERS = "**"
SHOWN = 4
"""So many parts of a path that is too long are shown."""


def read_bytes(path: Path | str, *, takes_pipes: bool = False) -> bytes | Missing:
    """Return at most one byte more than a spec may have, or why there are none (as `reader.read_start` says)."""
    try:
        return read_start(path, MAX_BYTES + 1, takes_pipes=takes_pipes)
    except Unreadable as error:
        return Missing(codes.UNREADABLE, f"cannot read {os.path.basename(path) or path}: {error.reason}")


def spec_files(paths: list[Path], root: Path, include: tuple[str, ...], exclude: tuple[str, ...]) -> list[Path]:
    """The specs that the paths mean: files as they are, folders searched. Each once, in a fixed order.

    Patterns are relative to the project's root, whichever folder is searched. Raises SpeccError for a path that is
    not there.
    """
    found: dict[Path, None] = {}
    for path in paths:
        # Not `Path.is_dir()`, which raises where a name is too long or a folder is closed to us.
        if os.path.isdir(path):
            inside = Path(os.path.abspath(path)).relative_to(root).parts
            found.update(dict.fromkeys(_below(path, inside, include, exclude)))
        elif os.path.lexists(path):
            found[path] = None
        else:
            raise SpeccError(f"{path}: no such file or folder")
    return list(found)


def _below(folder: Path, inside: tuple[str, ...], include: tuple[str, ...], exclude: tuple[str, ...]) -> Iterator[Path]:
    """Spec files in a folder, which is `inside` the project, in the order of their parts.

    Those of a nested project are found, too. Folders can be nested deeper than Python's stack.
    """
    open_folders = [(folder, inside, iter(_entries(folder)))]
    while open_folders:
        folder, inside, entries = open_folders[-1]
        entry = next(entries, None)
        if entry is None:
            open_folders.pop()
            continue
        relative = (*inside, entry.name)
        if any(matches(relative, pattern) for pattern in exclude):
            continue
        if entry.is_dir(follow_symlinks=False):
            if entry.name not in SKIPPED:
                below = folder / entry.name
                open_folders.append((below, relative, iter(_entries(below))))
        elif any(matches(relative, pattern) for pattern in include):
            yield folder / entry.name


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """Return what lies in a folder, in order. Raises SpeccError where the folder cannot be listed."""
    try:
        return sorted(os.scandir(folder), key=lambda entry: entry.name)
    except FileNotFoundError:
        return []  # it went away since it was listed
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            shown = Path(*folder.parts[:SHOWN])
            help = "remove these folders, or add one that they lie in to `exclude` in specc.toml"
            raise SpeccError(f"folders are nested too deeply to be listed: {shown}/...", help=help) from error
        raise SpeccError(f"cannot list {folder}: {error.strerror}") from error


def matches(parts: tuple[str, ...], pattern: str) -> bool:
    """Does a path fit, given by its parts?

    As git does: `*` stays within a folder, `**` is any folders, a pattern without `/` fits at any depth.
    """
    globs = _globs(pattern)
    if len(globs) == 2 and globs[0] == ANY_FOLDERS != globs[1]:
        return bool(parts) and fnmatchcase(parts[-1], globs[1])
    reached = _past_folders({0}, globs)
    for part in parts:
        here = [index for index in reached if index < len(globs)]
        stays = {index for index in here if globs[index] == ANY_FOLDERS}
        moves = {index + 1 for index in here if index not in stays and fnmatchcase(part, globs[index])}
        reached = _past_folders(stays | moves, globs)
    return len(globs) in reached


@cache
def _globs(pattern: str) -> tuple[str, ...]:
    parts = PurePosixPath(pattern.lstrip("/")).parts or ("",)
    return parts if "/" in pattern.rstrip("/") else (ANY_FOLDERS, *parts)


def _past_folders(reached: set[int], globs: tuple[str, ...]) -> set[int]:
    """`**` can also stand for no folder."""
    for index, glob in enumerate(globs):
        if index in reached and glob == ANY_FOLDERS:
            reached.add(index + 1)
    return reached
