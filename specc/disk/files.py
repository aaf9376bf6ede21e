"""Files: which are specs, which only look like specs, and how a file is read without trusting it."""

import errno
import os
import re
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase, translate
from functools import cache
from itertools import islice
from pathlib import Path, PurePosixPath

from specc.diagnostics import Diagnostic, Missing, codes
from specc.errors import SpeccError
from specc.settings import Settings
from specc.source import MAX_BYTES, Source
from specc.system.reader import Unreadable, read_start

# `.specc_cache` is where specc kept its cache once; a checkout can still have one.
SKIPPED = frozenset({".git", ".venv", "venv", "node_modules", "__pycache__", ".specc_cache"})
ANY_FOLDERS = "**"
SHOWN = 4
"""The number of parts that are shown of a path that is too long."""

YAML = ("**/*.yaml", "**/*.yml")
MOST_READ, MOST_TOLD = 200, 10
HEADER = re.compile(rb"^specc:[ \t]*[0-9]+[ \t\r]*$", re.MULTILINE)


def read_bytes(path: Path | str, *, takes_pipes: bool = False) -> bytes | Missing:
    """Return at most one byte more than a spec may have, or why the file cannot be read (see `reader.read_start`)."""
    try:
        return read_start(path, MAX_BYTES + 1, takes_pipes=takes_pipes)
    except Unreadable as error:
        return Missing(codes.UNREADABLE, f"cannot read {os.path.basename(path) or path}: {error.reason}")


def entries_of(folder: str) -> list[os.DirEntry[str]]:
    """Return the entries of a folder, in order. Raises SpeccError where the folder cannot be listed."""
    try:
        return sorted(os.scandir(folder), key=lambda entry: entry.name)
    except FileNotFoundError:
        return []  # the folder was removed since it was listed
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            shown = Path(*Path(folder).parts[:SHOWN])
            help = "remove these folders, or add a folder above them to `exclude` in specc.toml"
            raise SpeccError(f"folders are nested too deeply to be listed: {shown}/...", help=help) from error
        raise SpeccError(f"cannot list {folder}: {error.strerror}") from error


def specs_below(
    folder: str,
    root: str,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    entries_of: Callable[[str], list[os.DirEntry[str]]] = entries_of,
) -> Iterator[tuple[str, list[str]]]:
    """Yield the folders below a folder of the project with the names of their specs, in the order of their parts.

    A folder comes again where another one stands between its files. Patterns are relative to the project's root,
    whichever folder is searched. The specs of a nested project are found, too. Folders can be nested deeper than
    Python's stack. Paths are texts, because a project can have tens of thousands of files. `entries_of` lists a folder.
    """
    inside = Path(os.path.abspath(folder)).relative_to(root).parts
    wanted, unwanted = Patterns(include), Patterns(exclude)
    open_folders = [(folder, inside, iter(entries_of(folder)))]
    while open_folders:
        folder, inside, entries = open_folders[-1]
        specs: list[str] = []
        below = None
        for entry in entries:
            if exclude and unwanted.fit(inside, entry.name):
                continue
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in SKIPPED:
                    below = entry.name
                    break
            elif wanted.fit(inside, entry.name):
                specs.append(entry.name)
        if specs:
            yield folder, specs
        if below is None:
            open_folders.pop()
        else:
            path = _joined(folder, below)
            open_folders.append((path, (*inside, below), iter(entries_of(path))))


def _joined(folder: str, name: str) -> str:
    """Return a path as `Path` writes it."""
    return name if folder == "." else f"{folder}{name}" if folder.endswith("/") else f"{folder}/{name}"


class Patterns:
    """Patterns as git has them, each made ready once. A pattern without `/` looks at nothing but a path's last part."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._fits_name: list[Callable[[str], object]] = []
        self._others: list[str] = []
        for pattern in patterns:
            globs = _globs(pattern)
            if len(globs) == 2 and globs[0] == ANY_FOLDERS != globs[1]:
                self._fits_name.append(re.compile(translate(globs[1])).match)
            else:
                self._others.append(pattern)

    def fit(self, inside: tuple[str, ...], name: str) -> bool:
        """Return whether one of the patterns fits the path of a file or folder `name` in the folder `inside`."""
        return any(fits(name) for fits in self._fits_name) or any(
            matches((*inside, name), pattern) for pattern in self._others
        )


def matches(parts: tuple[str, ...], pattern: str) -> bool:
    """Return whether a path, given by its parts, fits a pattern.

    Patterns are those of git: `*` stays within a folder, `**` stands for any folders, and a pattern without `/` fits at
    any depth.
    """
    globs = _globs(pattern)
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
    """Return the positions reached, with those behind a `**` that stands for no folder."""
    for index, glob in enumerate(globs):
        if index in reached and glob == ANY_FOLDERS:
            reached.add(index + 1)
    return reached


def look_alikes(folder: Path, root: Path, settings: Settings, show: Callable[[Path], str]) -> Iterator[Diagnostic]:
    """Yield a warning for each file of a folder that begins like a spec, where the folder has no spec.

    Only the first files are looked at, because a folder can have any number of them.
    """
    found = specs_below(str(folder), str(root), YAML, settings.exclude) if os.path.isdir(folder) else ()
    files = islice((Path(place, name) for place, names in found for name in names), MOST_READ)
    alike = (file for file in files if _is_alike(read_bytes(file)))
    for file in islice(alike, MOST_TOLD):
        shown = show(file)
        named = " or ".join(f"`{pattern}`" for pattern in settings.include)
        message = f"{shown} looks like a spec, and was not checked: the specs of this project are named {named}"
        help = f"rename the file to {file.stem.removesuffix('.job')}.job.yaml, or name it: `specc check {shown}`"
        yield codes.NOT_CHOSEN.at(Source(shown, "", shown).span(), message, help=help)


def _is_alike(data: bytes | Missing) -> bool:
    return isinstance(data, bytes) and HEADER.search(data) is not None
