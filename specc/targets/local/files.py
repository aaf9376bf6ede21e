"""The files that a job names, checked when it is submitted: a job that surely cannot work is not queued."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from specc.targets.local.jobs import Run
from specc.targets.protocol import Rejected
from specc.targets.refusals import OUTPUTS, Refusal, rejected
from specc.targets.secrets import kept_from_jobs

OWN = ("/dev/stdin", "/dev/tty", "/dev/fd/", "/proc/self/")
"""Beginnings of names that mean another file in each process, so that the job would not read the file."""


def unusable(run: Run) -> Rejected | None:
    """Yield all that is wrong with the files of a job now."""
    return rejected([*_input_refusals(run.stdin or run.script), *_output_refusals(run)])


def _input_refusals(path: str | None) -> Iterator[Refusal]:
    why = None if path is None else _unreadable(path)
    if why is not None:
        help = "write a regular file or /dev/null; a relative path starts at the folder that the job starts in"
        yield Refusal("no-input-file", "input_file", f"`input_file` cannot be read: {path}: {why}", help)


def _unreadable(path: str) -> str | None:
    """Return why a file cannot be read, or None. A FIFO, which does not hold its data, would be an empty input."""
    if path.startswith(OWN):
        return "it is another file for each process"
    if (why := kept_from_jobs(path)) is not None:
        return why
    try:
        mode = os.stat(path).st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISCHR(mode)):
            return f"it is {kind(mode)}"
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY))
    except OSError as error:
        return error.strerror or str(error)
    return None


def _output_refusals(run: Run) -> Iterator[Refusal]:
    for field, path in zip(OUTPUTS, (run.stdout, run.stderr), strict=True):
        why = None if path is None else _unwritable(path)
        if why is not None:
            help = "write the path of a file that can be made or written"
            yield Refusal("bad-path", field, f"`{field}` cannot be written: {path}: {why}", help)


def _unwritable(path: str) -> str | None:
    """Return why a file cannot be written, or None where it may be.

    A relative path may be in a folder still to be made.
    """
    if not path.startswith("/"):
        return "it is the job's own folder" if os.path.normpath(path) == os.curdir else None
    file = Path(path)
    if (why := kept_from_jobs(path)) is not None:
        return why
    try:
        mode = os.stat(file).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return _unmakeable(file)
    except OSError as error:
        return error.strerror or str(error)
    if stat.S_ISDIR(mode) or stat.S_ISSOCK(mode):
        return f"it is {kind(mode)}"
    return None if os.access(file, os.W_OK) else "Permission denied"


def _unmakeable(file: Path) -> str | None:
    """Return why a missing file cannot be made: the first entry on its way that exists decides."""
    for place in file.parents:
        if place.is_dir():
            return None if os.access(place, os.W_OK | os.X_OK) else f"no permission to write into {place}"
        if os.path.lexists(place):
            return no_folder(place)
    return None


def no_folder(place: Path) -> str:
    """Return what exists in place of a folder."""
    try:
        return f"{place} is {kind(os.stat(place).st_mode)}, and not a folder"
    except FileNotFoundError:
        return f"{place} is a symbolic link that leads nowhere"
    except OSError as error:
        return f"{place}: {error.strerror}"


def kind(mode: int) -> str:
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket", stat.S_IFBLK: "a disk"}
    return kinds.get(stat.S_IFMT(mode), "a device" if stat.S_ISCHR(mode) else "a file")
