"""Where a project begins, and which of its files configure it."""

import os
import re
from pathlib import Path

from specc.config.toml import loads
from specc.disk.secrets import kind_of_secret
from specc.errors import SpeccError
from specc.reader import Unreadable, leads_out, read_file

OWN = "specc.toml"
SHARED = "pyproject.toml"
PERSONAL = "specc.local.toml"

MAX_BYTES = 256 * 1024
SHARED_TABLE = re.compile(r"""^[ \t]*+\[\[?\s*+["']?tool["']?\s*+\.\s*+["']?specc["']?\s*+[].]""", re.MULTILINE)


def find_root(start: Path) -> Path:
    """The nearest folder upwards that configures specc, else the git root, else the folder of `start` itself."""
    folder = Path(os.path.abspath(start))
    if not os.path.isdir(folder):
        folder = folder.parent
    upwards = (folder, *folder.parents)
    configured = (one for one in upwards if is_there(one / OWN) or configures(one / SHARED))
    versioned = (one for one in upwards if os.path.exists(one / ".git"))
    return next(configured, None) or next(versioned, folder)


def is_there(path: Path) -> bool:
    """Return whether something of that name configures a project, or was meant to: anything but a folder."""
    return os.path.isfile(path) or (os.path.lexists(path) and not os.path.isdir(path))


def configures(pyproject: Path) -> bool:
    """Return whether this file has a `[tool.specc]` table. One that cannot be read has none: it may be anybody's."""
    if not os.path.isfile(pyproject):
        return False
    try:
        text = read_settings(pyproject, str(pyproject)).decode("utf-8", "replace")
    except SpeccError:
        return False
    return "specc" in text and _has_table(text)


def _has_table(text: str) -> bool:
    try:
        tool = loads(text).get("tool")
    except ValueError:
        # The mistake in it is reported when the file is read as a configuration.
        return SHARED_TABLE.search(text) is not None
    return isinstance(tool, dict) and "specc" in tool


def read_settings(path: Path, shown: str) -> bytes:
    """Return what a file of settings holds, which lies in the folder that it configures, also once links are followed.

    Raises SpeccError for links that lead out of it, or to a file of git or of passwords, whose lines messages would
    quote; for what is not a regular file; and for one that is too large, because TOML readers are slow on those.
    """
    if os.path.islink(path):
        _check_link(path, shown)
    try:
        return read_file(path, MAX_BYTES)
    except Unreadable as error:
        raise SpeccError(f"cannot read {shown}: {error.reason}") from error


def _check_link(path: Path, shown: str) -> None:
    if leads_out(path, path.parent):
        help = "put the file itself into the project, or what it says into the project's own settings"
        raise SpeccError(f"cannot read {shown}: it is a link that leads out of the project", help=help)
    kind = kind_of_secret(Path(os.path.realpath(path)).relative_to(os.path.realpath(path.parent)).parts)
    if kind is not None:
        raise SpeccError(f"cannot read {shown}: it is a link to a file that {kind}")
