"""Files that no job may read as its input or write as its output: keys, and what specc keeps for its user.

A payload names its files, and the author of payloads need not be the user who runs them: through `specc serve` it is a
client. So a key must not become the input of a job, whose output is then read, and a job store must not become an
output.
"""

import os
import re
from collections.abc import Mapping as Map
from pathlib import Path

from specc.system.private import home_folder
from specc.system.reader import Unreadable, read_start
from specc.targets.kinds import KINDS

VENDOR = ".qingcloud"
FOLDERS = (("XDG_STATE_HOME", ".local/state"), ("XDG_CACHE_HOME", ".cache"), ("XDG_CONFIG_HOME", ".config"))
"""The user's folders in which specc has a folder, and their usual paths."""

OF_JOBS = "jobs"
KEY_FILE = re.compile(
    rb"^[^\S\n]*+(?:export\s+)?[\"']?QY_SECRET_ACCESS_KEY[\"']?\s*[=:]\s*[\"']?[!-~]{16}", re.I | re.M
)
"""A line that holds a secret key, in the vendor's file or in those of `specc serve`, wherever they lie."""

MOST_READ = 1 << 16


def kept_from_jobs(path: str, environment: Map[str, str] = os.environ) -> str | None:
    """Return why a job may not be given a file, or None. Links are followed, and a copy of a key is a key."""
    real = Path(os.path.realpath(path))
    for folder in _folders(environment):
        if real.is_relative_to(folder) and not _is_of_a_job(real.relative_to(folder)):
            return f"it belongs to {folder}, which holds what specc and its keys need"
    if _holds_key(real):
        return "it holds a secret access key"
    return None


def _folders(environment: Map[str, str]) -> list[Path]:
    home = home_folder(environment)
    found = [home / VENDOR] if home is not None else []
    for variable, usual in FOLDERS:
        given = environment.get(variable, "")
        base = Path(given) if os.path.isabs(given) else home and home / usual
        found += [base / "specc"] if base is not None else []
    return [Path(os.path.realpath(folder)) for folder in found]


def _is_of_a_job(below: Path) -> bool:
    """Return whether a path of the state folder is in the folder of one job: an output, which the next job may read."""
    names = below.parts
    return len(names) > 4 and names[0] in KINDS and names[2] == OF_JOBS


def _holds_key(path: Path) -> bool:
    try:
        return KEY_FILE.search(read_start(path, MOST_READ)) is not None
    except Unreadable:
        return False  # who cannot read it cannot give it to a job
