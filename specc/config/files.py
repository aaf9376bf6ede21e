"""The files of settings: where a project begins, which of its files configure it, and the file of the user alone."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from specc.config.document import loads
from specc.disk import kind_of_secret
from specc.errors import SpeccError
from specc.system.private import check_file, home_folder, place_file
from specc.system.reader import Unreadable, is_brought, leads_out, read_file

OWN = "specc.toml"
SHARED = "pyproject.toml"
PERSONAL = "specc.local.toml"

MAX_BYTES = 256 * 1024
MAX_USER_BYTES = 64 * 1024
SHOW_ENV_VARIABLE = "SPECC_SHOW_ENV"
SHOW_ENV = "show_env"
"""What the user alone can set, in no file of a repository: which variables of the environment may be shown.

`~/.config/specc/config.toml` holds `show_env = ["USER", "SCRATCH"]`, and `SPECC_SHOW_ENV=USER,SCRATCH` says the same.
"""

SHARED_TABLE = re.compile(r"""^[ \t]*+\[\[?\s*+["']?tool["']?\s*+\.\s*+["']?specc["']?\s*+[].]""", re.MULTILINE)


def find_root(start: Path) -> Path:
    """Return the nearest folder upwards that configures specc, else the git root, else the folder of `start`."""
    folder = Path(os.path.abspath(start))
    if not os.path.isdir(folder):
        folder = folder.parent
    upwards = (folder, *folder.parents)
    configured = (each for each in upwards if is_there(each / OWN) or configures(each / SHARED))
    versioned = (each for each in upwards if os.path.exists(each / ".git"))
    return next(configured, None) or next(versioned, folder)


def is_there(path: Path) -> bool:
    """Return whether something of that name configures a project, or was meant to: anything but a folder."""
    return os.path.isfile(path) or (os.path.lexists(path) and not os.path.isdir(path))


def configures(pyproject: Path) -> bool:
    """Return whether a file has a `[tool.specc]` table. A file that cannot be read has none: it may be anybody's."""
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
    """Return the bytes of a file of settings.

    Raises SpeccError for links that lead out of its folder, or to a file of git or of passwords, whose lines messages
    would quote; for what is not a regular file; and for a file that is too large, because TOML readers are slow.
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
    kind = kind_of_secret(Path(os.path.realpath(path)).relative_to(os.path.realpath(path.parent)).as_posix())
    if kind is not None:
        raise SpeccError(f"cannot read {shown}: it is a link to a file that {kind}")


def user_file(environment: Mapping[str, str]) -> Path | None:
    """Return the path of the user's own settings (XDG base directories); None for a user without a home."""
    given = environment.get("XDG_CONFIG_HOME", "")
    home = home_folder(environment)
    base = Path(given) if os.path.isabs(given) else home and home / ".config"
    return base and base / "specc" / "config.toml"


def shown_env(root: Path, environment: Mapping[str, str]) -> frozenset[str]:
    """Return the variables whose values the user allows to be shown, in the project at `root`.

    Raises SpeccError for a bad file of the user, and for one that somebody else could have written.
    """
    words = environment.get(SHOW_ENV_VARIABLE, "").replace(",", " ").split()
    path = user_file(environment)
    return frozenset(words) | (
        _of_file(path, root, environment) if path is not None and os.path.lexists(path) else frozenset()
    )


def _of_file(path: Path, root: Path, environment: Mapping[str, str]) -> frozenset[str]:
    if is_brought(path, root, environment):
        help = "set XDG_CONFIG_HOME or HOME to a folder outside of it"
        raise SpeccError(f"{path} is in the repository, so its settings are not those of the user", help=help)
    place_file(path, own=0, makes=False)
    check_file(Path(os.path.realpath(path)))
    try:
        text = read_file(path, MAX_USER_BYTES).decode()
        settings = loads(text)
    except Unreadable as error:
        if isinstance(error.__cause__, FileNotFoundError | NotADirectoryError):
            return frozenset()
        raise SpeccError(f"cannot read {path}: {error.reason}") from error
    except ValueError as error:
        raise SpeccError(f"{path} is not TOML: {error}") from error
    names = settings.pop(SHOW_ENV, [])
    help = f'write `{SHOW_ENV} = ["NAME"]`, the variables of the environment that may be shown'
    if settings:
        raise SpeccError(f"{path} has the unknown setting `{next(iter(settings))}`", help=help)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise SpeccError(f"`{SHOW_ENV}` in {path} is not a list of names", help=help)
    return frozenset(names)
