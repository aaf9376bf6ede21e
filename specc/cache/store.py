"""Where the records of one project are kept, and why they can be trusted.

    CACHE/specc/PROJECT/WORLD/NAME     a record; CACHE is `$XDG_CACHE_HOME`, by default ~/.cache
    STATE/specc/cache.key              the key of this user; STATE is `$XDG_STATE_HOME`, by default ~/.local/state

PROJECT is a digest of the real path of the project's root. WORLD is a digest of everything else that a record depends
on. The first line of a record is an HMAC of its place and its body. The key is random, and does not lie in the cache,
so neither a repository nor a cache that several machines share can bring a record that is trusted.

Only this user can write the folders and files, and they are opened so that no link is ever followed. A folder is opened
once and everything in it is named relative to that descriptor, so whoever swaps a folder for a link in the meantime
changes nothing. What belongs to another user, or can be written by others, is refused with OSError.
`specc.system.private` treats the state of a user otherwise: there, a folder that cannot be used is an error with a
command that fixes it, and the user's own links are followed. A link that a repository brings is the user's own, too,
and a cache that cannot be used is just not used.
"""

import errno
import hmac
import json
import os
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from typing import Any

from specc.fast_dataclass import dataclass
from specc.system.reader import checkout_of, is_below

FOLDER = "specc"
KEY, KEY_BYTES = "cache.key", 32
TAG = "CACHEDIR.TAG"
TAG_TEXT = b"Signature: 8a477f597d28d172789f06886806bc55\n# Made by specc. This folder can be deleted at any time.\n"
"""Programs that make backups leave out folders with this file (bford.info/cachedir)."""
MOST_BYTES = 64_000_000
"""The size of the largest record, and of all records of one project together."""
DAY = 24 * 60 * 60.0

Json = Any
"""Data of JSON, of whatever shape."""

IS_SUPPORTED = os.open in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW") and hasattr(os, "geteuid")
"""Nothing is cached where the system lacks these."""

AS_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
AS_FILE = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
FOLDER_MODE, FILE_MODE = 0o700, 0o600
OTHERS_CAN_WRITE = stat.S_IWGRP | stat.S_IWOTH
OTHERS_CAN_READ = stat.S_IRGRP | stat.S_IROTH


@dataclass(frozen=True, slots=True)
class Store:
    """`cache` and `state` are the user's folders, `project` is the name of the folder with the project's records."""

    cache: str
    state: str
    project: str

    def read(self, world: str, name: str) -> Json | None:
        """Return the body of a record, or None where there is no record that this user has written there."""
        try:
            with private_folder(self.state, FOLDER) as folder:
                key = read_file(KEY, folder, KEY_BYTES, is_secret=True)
            with private_folder(self.cache, FOLDER, self.project, world) as folder:
                seal, _, body = read_file(name, folder, MOST_BYTES).partition(b"\n")
        except OSError:
            return None
        if len(key) != KEY_BYTES or not hmac.compare_digest(seal, self._seal(key, world, name, body)):
            return None
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            return None

    @contextmanager
    def writing(self, world: str) -> Iterator[Callable[[str, bytes], None]]:
        """Give a function that writes one record, after making what it needs: folders and the key. Raises OSError."""
        key = self._own_key()
        with private_folder(self.cache, FOLDER, make=True) as folder:
            _write_tag(folder)
        with private_folder(self.cache, FOLDER, self.project, world, make=True) as folder:

            def write(name: str, body: bytes) -> None:
                write_file(name, folder, self._seal(key, world, name, body) + b"\n" + body)

            yield write

    def touch(self) -> None:
        """Note that the project's records are in use, so that they are not the first to be removed."""
        # What goes wrong here only lets the records be removed early.
        with suppress(OSError), private_folder(self.cache, FOLDER, self.project) as folder:
            if time.time() - os.fstat(folder).st_mtime > DAY:
                os.utime(folder)

    def _own_key(self) -> bytes:
        """Return the user's key. A new one is made where there is none, or where others could have read it."""
        with private_folder(self.state, FOLDER, make=True) as folder:
            with suppress(FileNotFoundError, PermissionError):
                key = read_file(KEY, folder, KEY_BYTES, is_secret=True)
                if len(key) == KEY_BYTES:
                    return key
            write_file(KEY, folder, os.urandom(KEY_BYTES))
            # Another process may have made a key at the same moment. The last key is kept.
            return read_file(KEY, folder, KEY_BYTES, is_secret=True)

    def _seal(self, key: bytes, world: str, name: str, body: bytes) -> bytes:
        place = f"{self.project}/{world}/{name}\n".encode()
        return hmac.digest(key, place + body, "sha256").hex().encode()


def _write_tag(folder: int) -> None:
    try:
        os.stat(TAG, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        write_file(TAG, folder, TAG_TEXT)


def store_of(root: str, environment: Mapping[str, str]) -> Store | None:
    """Return the store of the project in the folder `root`, or None where nothing can be kept safely.

    That is so where the user's folders lie in the project or in the checkout around it: whoever wrote the repository
    would choose what they are.
    """
    cache = _home("XDG_CACHE_HOME", ".cache", environment)
    state = _home("XDG_STATE_HOME", os.path.join(".local", "state"), environment)
    if not IS_SUPPORTED or cache is None or state is None:
        return None
    real = os.path.realpath(root)
    checkouts = {checkout_of(real), checkout_of(os.path.abspath(root))}
    homes = {place for home in (cache, state) for place in (os.path.normpath(home), os.path.realpath(home))}
    if any(is_below(home, checkout) for home in homes for checkout in checkouts):
        return None
    return Store(cache, state, sha256(os.fsencode(real)).hexdigest())


def _home(variable: str, default: str, environment: Mapping[str, str]) -> str | None:
    """Return a folder of the XDG base directories. The standard says that a relative path is to be ignored."""
    given = environment.get(variable, "")
    if os.path.isabs(given):
        return given
    home = os.path.expanduser("~")
    # A home that is not there, as that of a user for services, is not made.
    return os.path.join(home, default) if os.path.isabs(home) and os.path.isdir(home) else None


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
    except BaseException:  # and raised on
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
            raise OSError(errno.EINVAL, "the file is not a file of specc", name)
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
    except BaseException:  # also ^C: no part is left behind
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
