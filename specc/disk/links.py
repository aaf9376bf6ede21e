"""Links that a repository holds must not lead what specc reads or writes out of it.

A path of the command line may lie anywhere. But `reports/` in a checkout can be a link that somebody has committed, and
`--output sarif:reports/specc.sarif` would then write where that person likes. So a path is walked part by part, and a
link that lies in a checkout must stay in that checkout. Links elsewhere, as from `/home` to a disk, are the user's.
"""

import os
from pathlib import Path

from specc.disk.secrets import kind_of_secret
from specc.errors import SpeccError
from specc.system.reader import is_below

MOST_LINKS = 40
MARKS = (".git", "specc.toml")
"""Files at the root of a checkout, or of a project without a checkout. The first that is found upwards counts."""


def check_stays(path: Path | str, verb: str) -> None:
    """Check that no link on the way leads out of the checkout that it lies in, nor into git's own folder.

    `verb` is for the message: "read" or "write into". Raises SpeccError with the path to name instead.
    """
    way = Path(os.path.abspath(path))
    real = Path(way.anchor)
    waiting = list(reversed(way.parts[1:]))
    followed = 0
    while waiting:
        part = waiting.pop()
        here = real / part
        if part == os.pardir:
            real = real.parent
        elif not os.path.islink(here):
            real = here
        elif (followed := followed + 1) > MOST_LINKS:
            return  # the system itself will refuse it
        else:
            _check_link(here, path, verb)
            target = Path(os.readlink(here))
            waiting.extend(reversed(target.parts[1:] if target.is_absolute() else target.parts))
            real = Path(target.anchor) if target.is_absolute() else real


def _check_link(link: Path, path: Path | str, verb: str) -> None:
    root = _root_of(link.parent)
    if root is None:
        return
    target = os.path.realpath(link)
    if not is_below(target, os.path.realpath(root)):
        help = f"if you mean that file, name it itself: {target}"
        raise SpeccError(f"cannot {verb} {path}: the link {link} leads out of {root}", help=help)
    kind = kind_of_secret(Path(target).relative_to(os.path.realpath(root)).as_posix())
    if kind is not None:
        raise SpeccError(f"cannot {verb} {path}: the link {link} leads to a file that {kind}")


def _root_of(folder: Path) -> Path | None:
    """Return the root of the checkout that a folder lies in, or of the project where there is none."""
    upwards = (folder, *folder.parents)
    for mark in MARKS:
        for above in upwards:
            if os.path.lexists(above / mark):
                # A home that is kept in git as a whole holds links of its owner, to disks and the like.
                return None if str(above) == os.path.expanduser("~") else above
    return None
