"""Which process an open attempt belongs to: the process that holds a lock, whatever its pid.

A pid file outlives its process and a pid is used again; an operating system's lock does neither.
"""

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from specc.errors import SpeccError
from specc.system import locks, private


class Owners:
    """Locks in a folder beside the ledger, one file for each living process."""

    def __init__(self, folder: Path, *, is_shared: bool = False) -> None:
        self._folder = folder
        self._is_shared = is_shared

    @contextlib.contextmanager
    def claim(self) -> Iterator[str]:
        """Yield a new owner's name, which is held until the block ends or the process dies, however it dies."""
        name = secrets.token_hex(8)
        path = self._folder / name
        with _as_error(path):
            private.make_folder(self._folder, shared=self._is_shared)
            locks.check_excluding(self._folder)
            descriptor = private.open_file(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, shared=self._is_shared)
        try:
            with _as_error(path):
                # Nobody asks for an owner before its first intent is written, so nobody else holds this lock.
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield name
        finally:
            with contextlib.suppress(OSError):  # only the lock counts
                path.unlink()
            os.close(descriptor)

    def is_alive(self, name: str) -> bool:
        """Return whether a process holds the lock of that owner. Raises SpeccError where locks cannot be tested."""
        path = self._folder / name
        with _as_error(path):
            try:
                descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                return False
            try:
                # Shared, so that two processes that test at once do not take each other for the owner.
                fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            finally:
                os.close(descriptor)
        return False

    @property
    def weakness(self) -> str | None:
        """Return why locks may not work here, though they seem to; None where no reason is known."""
        return locks.weakness(self._folder)

    def forget(self, name: str) -> None:
        """Remove the file of a dead owner."""
        with _as_error(self._folder / name):
            (self._folder / name).unlink(missing_ok=True)


@contextlib.contextmanager
def _as_error(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SpeccError(f"cannot lock {path}: {error.strerror}") from error
