"""What the user alone can set, in no file of a repository: which variables of the environment may be shown.

`~/.config/specc/config.toml` holds `show_env = ["USER", "SCRATCH"]`, and `SPECC_SHOW_ENV=USER,SCRATCH` says the same.
"""

import os
from collections.abc import Mapping as Map
from pathlib import Path

from specc.config.toml import loads
from specc.errors import SpeccError
from specc.reader import Unreadable, read_file

VARIABLE = "SPECC_SHOW_ENV"
SHOW_ENV = "show_env"
MAX_BYTES = 64 * 1024


def user_file(environment: Map[str, str]) -> Path:
    """Return the path of the user's own settings (XDG base directories)."""
    given = environment.get("XDG_CONFIG_HOME", "")
    base = Path(given) if os.path.isabs(given) else Path(os.path.expanduser("~")) / ".config"
    return base / "specc" / "config.toml"


def shown_env(environment: Map[str, str]) -> frozenset[str]:
    """Return the variables whose values the user allows to be shown. Raises SpeccError for a bad file of the user."""
    words = environment.get(VARIABLE, "").replace(",", " ").split()
    return frozenset(words) | _of_file(user_file(environment))


def _of_file(path: Path) -> frozenset[str]:
    try:
        text = read_file(path, MAX_BYTES).decode()
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
