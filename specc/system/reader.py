"""Reads files that specc did not write: regular files only, and never without a bound.

A repository may hold a link to a device that never ends, a pipe that nobody writes to, or a file of many gigabytes.
Nothing here waits, and nothing reads more than the caller asks for.
"""

import os
import stat
import sys
from collections.abc import Mapping

KIB = 1024
OWN_DISKS = {
    0xEF53, 0x58465342, 0x9123683E, 0xF2F52010, 0xCA451A4E, 0x2FC12FC1, 0x794C7630, 0x01021994,
}  # fmt: skip
"""What Linux calls ext2 to ext4, XFS, Btrfs, F2FS, bcachefs, ZFS, overlays and tmpfs."""


class Unreadable(Exception):
    """A file that cannot be read. `reason` is in words, and begins with a small letter."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason[:1].lower() + reason[1:]


def read_start(path: str | os.PathLike[str], most: int, *, takes_pipes: bool = False) -> bytes:
    """Return the first `most` bytes of a regular file.

    `takes_pipes` is for files that the user names on the command line, such as `<(command)`: a pipe is read, too,
    once its writers have opened it. Raises Unreadable for devices, folders, sockets, and for what cannot be opened.
    """
    descriptor, status = _opened(path, takes_pipes=takes_pipes)
    try:
        # One byte more than the file has: where it is not there, the file has ended.
        wanted = min(most, status.st_size + 1)
        data = os.read(descriptor, wanted)
        while 0 < len(data) < most and len(data) != status.st_size and (more := os.read(descriptor, most - len(data))):
            data += more
        return data
    except OSError as error:
        raise Unreadable(error.strerror or str(error)) from error
    finally:
        os.close(descriptor)


def read_end(path: str | os.PathLike[str], most: int) -> bytes:
    """Return the last `most` bytes of a regular file. Raises Unreadable as `read_start` does."""
    descriptor, status = _opened(path)
    try:
        data, at = b"", max(0, status.st_size - most)
        while len(data) < most and (more := os.pread(descriptor, most - len(data), at + len(data))):
            data += more
        return data
    except OSError as error:
        raise Unreadable(error.strerror or str(error)) from error
    finally:
        os.close(descriptor)


def is_on_own_disk(path: str | os.PathLike[str]) -> bool:
    """Return whether the times of a file surely come from the clock of this machine, and not from a file server."""
    import ctypes  # 2 ms, and only jobs that ran on this machine need it

    if sys.platform != "linux":
        return False
    status = (ctypes.c_ulong * 64)()  # longer than any `struct statfs`, whose first member is the kind
    return ctypes.CDLL(None).statfs(os.fsencode(path), status) == 0 and status[0] in OWN_DISKS


def _opened(path: str | os.PathLike[str], *, takes_pipes: bool = False) -> tuple[int, os.stat_result]:
    """Return the descriptor of a regular file, and what is known of the file. Raises Unreadable."""
    try:
        # Without O_NONBLOCK, opening a pipe waits for a writer, for ever.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except OSError as error:
        raise Unreadable(error.strerror or str(error)) from error
    except ValueError as error:
        raise Unreadable(str(error)) from error
    status = os.fstat(descriptor)
    mode = status.st_mode
    if takes_pipes and stat.S_ISFIFO(mode):
        os.set_blocking(descriptor, True)
    elif not stat.S_ISREG(mode):
        os.close(descriptor)
        raise Unreadable("it is a directory" if stat.S_ISDIR(mode) else "it is not a regular file")
    return descriptor, status


def read_file(path: str | os.PathLike[str], most: int, *, takes_pipes: bool = False) -> bytes:
    """Return the whole of a file that has at most `most` bytes. Raises Unreadable, also for a larger file."""
    data = read_start(path, most + 1, takes_pipes=takes_pipes)
    if len(data) > most:
        raise Unreadable(f"it is larger than {most // KIB:,} KiB")
    return data


def is_below(path: str, folder: str) -> bool:
    """Return whether a path is a folder or lies below it. Both are without links and dots."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def leads_out(path: str | os.PathLike[str], root: str | os.PathLike[str]) -> bool:
    """Return whether the file that a path stands for lies outside the folder `root`, once all links are followed."""
    return not is_below(os.path.realpath(path), os.path.realpath(root))


def is_ci(environment: Mapping[str, str]) -> bool:
    """Return whether this is a CI runner, by the variable that all of them set."""
    return environment.get("CI", "").lower() not in ("", "0", "false")


def is_brought(path: str | os.PathLike[str], root: str | os.PathLike[str], environment: Mapping[str, str]) -> bool:
    """Return whether a path lies in the git work tree around a project, whose authors could have brought what is there.

    A home that is kept in git is its user's. On a CI runner it is not: there, `HOME` can be the checkout.
    """
    home = os.path.expanduser("~")
    trees = {_work_tree(os.path.realpath(root)), _work_tree(os.path.abspath(root))}
    places = {os.path.normpath(path), os.path.realpath(path)}
    return any(
        is_below(place, tree) for place in places for tree in trees if tree and (is_ci(environment) or tree != home)
    )


def _work_tree(folder: str) -> str | None:
    """Return the root of the git work tree that a folder lies in."""
    while not os.path.lexists(os.path.join(folder, ".git")):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder


def checkout_of(folder: str) -> str:
    """Return the root of the git work tree that a folder lies in, or the folder itself.

    A home that is kept in git as a whole is not a checkout of files of somebody else.
    """
    tree = _work_tree(folder)
    return folder if tree in (None, os.path.expanduser("~")) else tree
