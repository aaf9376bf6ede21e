"""Where a project begins, and which of its files configure it."""

import os
import re
from pathlib import Path

from specc.config.toml import loads
from specc.errors import SpeccError
from specc.pattern import pattern

OWN = "specc.toml"
SHARED = "pyproject.toml"
PERSONAL = "specc.local.toml"

MAX_BYTES = 256 * 1024
SHARED_TABLE = pattern(r"""^\s*\[\[?\s*["']?tool["']?\s*\.\s*["']?specc["']?\s*[].]""", re.MULTILINE)


def find_root(start: Path) -> Path:
    """The nearest folder upwards that configures specc, else the git root, else the folder of `start` itself."""
    folder = Path(os.path.abspath(start))
    if not os.path.isdir(folder):
        folder = folder.parent
    upwards = (folder, *folder.parents)
    configured = (one for one in upwards if os.path.isfile(one / OWN) or configures(one / SHARED))
    versioned = (one for one in upwards if os.path.exists(one / ".git"))
    return next(configured, None) or next(versioned, folder)


def configures(pyproject: Path) -> bool:
    """Does this file have a `[tool.specc]` table? One that cannot be read has none: it may be anybody's."""
    if not os.path.isfile(pyproject):
        return False
    try:
        text = read_bytes(pyproject, str(pyproject)).decode("utf-8", "replace")
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


def read_bytes(path: Path, shown: str) -> bytes:
    """What the file holds. Not more than a configuration can sensibly have: TOML readers are slow on large ones."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SpeccError(f"cannot read {shown}: {error.strerror or error}") from error
    if len(data) > MAX_BYTES:
        raise SpeccError(f"cannot read {shown}: it is larger than {MAX_BYTES // 1024} KiB")
    return data
