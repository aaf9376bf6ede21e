"""Folders and files that only this user can write, opened so that no link is ever followed.

A folder is opened once and everything in it is named relative to that descriptor, so whoever swaps a folder for a link
in the meantime changes nothing. What does not belong to this user, or what others can write, is refused with OSError.

`specc.private` does another thing for the state of a user: there, what cannot be used is an error with a command that
puts it right, and the user's own links are followed. A link that a repository brings is the user's own, too, and a
cache that cannot be used is just not used.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress

IS_SUPPORTED = os.open in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW") and hasattr(os, "geteuid")
"""Where the system cannot do this, nothing is cached."""

AS_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
AS_FILE = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
FOLDER_MODE, FILE_MODE = 0o700, 0o600
OTHERS_CAN_WRITE = stat.S_IWGRP | stat.S_IWOTH
OTHERS_CAN_READ = stat.S_IRGRP | stat.S_IROTH


@contextmanager
def private_folder(home: str, *below: str, make: bool = False) -> Iterator[int]:
    """Give a descriptor of the folder `home/below[0]/below[1]/...`. Raises OSError.

    `home` is the user's own choice and may be a link. Each folder below it must be a real folder of this user. With
    `make`, missing folders are made with mode 0700.
    """
    if make:
        _make_folders(home)
    folder = os.open(home, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0))
    try:
        for name in below:
            inner = open_folder(name, folder, make=make)
            os.close(folder)
            folder = inner
        yield folder
    finally:
        os.close(folder)


def open_folder(name: str, parent: int, *, make: bool = False) -> int:
    """Return a descriptor of a folder in the open folder `parent`. Raises OSError."""
    if make:
        with suppress(FileExistsError):
            os.mkdir(name, FOLDER_MODE, dir_fd=parent)
    folder = os.open(name, AS_FOLDER, dir_fd=parent)
    try:
        _require_own(os.fstat(folder), name)
    except BaseException:
        os.close(folder)
        raise
    return folder


def read_file(name: str, folder: int, most: int, *, is_secret: bool = False) -> bytes:
    """Return the content of a file. Raises OSError, also for more than `most` bytes, for a link, and for a device.

    A secret that others could have read, too, is a PermissionError.
    """
    # O_NONBLOCK, because opening a FIFO would wait for a writer.
    descriptor = os.open(name, os.O_RDONLY | AS_FILE | getattr(os, "O_NONBLOCK", 0), dir_fd=folder)
    try:
        status = os.fstat(descriptor)
        _require_own(status, name)
        if not stat.S_ISREG(status.st_mode) or status.st_size > most:
            raise OSError(errno.EINVAL, "the file is not one of specc's", name)
        if is_secret and status.st_mode & OTHERS_CAN_READ:
            raise PermissionError(errno.EPERM, "others can read the file", name)
        data = b""
        while len(data) < status.st_size and (more := os.read(descriptor, status.st_size - len(data))):
            data += more
        return data
    finally:
        os.close(descriptor)


def write_file(name: str, folder: int, data: bytes) -> None:
    """Write a file with mode 0600, whole or not at all, whoever else writes it at the same time. Raises OSError."""
    part = f".{os.urandom(8).hex()}.part"  # as `tempfile` would, which takes longer to import
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | AS_FILE, FILE_MODE, dir_fd=folder)
        with open(descriptor, "wb") as file:
            file.write(data)
        os.replace(part, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(part, dir_fd=folder)
        raise


def _make_folders(path: str) -> None:
    """Make a folder and those above it one by one: `os.makedirs` gives its mode to the last one only."""
    if os.path.isdir(path):
        return
    above = os.path.dirname(path)
    if above != path:
        _make_folders(above)
    with suppress(FileExistsError):
        os.mkdir(path, FOLDER_MODE)


def _require_own(status: os.stat_result, name: str) -> None:
    if status.st_uid != os.geteuid() or status.st_mode & OTHERS_CAN_WRITE:
        raise OSError(errno.EINVAL, "not this user's own", name)
