"""Tests whether the locks of the operating system keep two processes apart.

That nothing is sent twice rests on locks: those of SQLite on the ledger (fcntl), and those that tell whether a process
is dead (flock). Some file systems have no locks, some have them on one machine only, and a library in LD_PRELOAD may
grant every lock. So a second process tries to get a lock that this process holds, once a run for each file system. That
takes about 10 ms.
"""

import contextlib
import fcntl
import os
import re
import secrets
import warnings
from collections.abc import Callable
from pathlib import Path

from specc.errors import SpeccError
from specc.system import private

KINDS: dict[str, Callable[[int, int], object]] = {"flock": fcntl.flock, "fcntl": fcntl.lockf}
AT_ONCE = fcntl.LOCK_EX | fcntl.LOCK_NB
ELSEWHERE = "move the ledger with `[ledger] path`, or the state folder with XDG_STATE_HOME, to a disk of this machine"
KEPT_OUT, GOT_IT = b"k", b"g"
MOUNTS = Path("/proc/self/mountinfo")
OCTAL = re.compile(r"\\([0-7]{3})")
LOCAL_ONLY = {"nolock", "local_lock=all", "local_lock=flock", "local_lock=posix", "localflock"}

_supported: set[int] = set()
_excluding: set[int] = set()


def check_supported(folder: Path) -> None:
    """Raise SpeccError where files in a folder cannot be locked at all. Without a file to try, no error is raised."""
    device = os.stat(folder).st_dev
    if device in _supported:
        return
    with contextlib.suppress(PermissionError):
        for kind in KINDS:
            _try(folder, kind, with_another=False)
    _supported.add(device)


def check_excluding(folder: Path) -> None:
    """Raise SpeccError where a lock of this process on a file in a folder does not keep another process out."""
    device = os.stat(folder).st_dev
    if device in _excluding:
        return
    for kind in KINDS:
        if _try(folder, kind, with_another=True) == GOT_IT:
            message = f"locks in {folder} do not work: two processes got the same {kind} lock"
            help = f"nothing is sent without them: look at LD_PRELOAD and at how the folder is mounted, or {ELSEWHERE}"
            raise SpeccError(message, help=help)
    _excluding.add(device)


def weakness(folder: Path, mounts: str | None = None) -> str | None:
    """Return why the mount of a folder makes its locks weak, or None. `mounts` is the text of /proc/self/mountinfo."""
    if mounts is None:
        try:
            mounts = MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
        except OSError:
            return None
    real, found = os.path.realpath(folder), ("", "", frozenset[str]())
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        fields, kind = before.split(" "), after.split(" ")
        if len(fields) < 6 or len(kind) < 3:
            continue
        point = OCTAL.sub(lambda match: chr(int(match[1], 8)), fields[4])
        if len(point) >= len(found[0]) and Path(real).is_relative_to(point):
            found = (point, kind[0], frozenset([*fields[5].split(","), *kind[2].split(",")]))
    point, kind_of_mount, options = found
    local = sorted(options & LOCAL_ONLY)
    if not local:
        return None
    why = "its locks hold on this machine alone: submit from no other machine"
    return f"{point} ({kind_of_mount}) is mounted with `{local[0]}`: {why}"


def _try(folder: Path, kind: str, *, with_another: bool) -> bytes:
    """Lock a new file, and return what another process says that tries the same. Raises SpeccError without locks."""
    lock, path = KINDS[kind], folder / f".lock-{secrets.token_hex(8)}"
    descriptor = private.open_file(path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
    try:
        lock(descriptor, AT_ONCE)
        return _answer_of_another(path, lock) if with_another else b""
    except OSError as error:
        message = f"files in {folder} cannot be locked ({kind}): {error.strerror}"
        raise SpeccError(
            message, help=f"the file system has no locks, or its lock service is down: {ELSEWHERE}"
        ) from error
    finally:
        os.close(descriptor)
        path.unlink(missing_ok=True)


def _answer_of_another(path: Path, lock: Callable[[int, int], object]) -> bytes:
    """Fork a process that tries the lock. The fork only makes system calls, so other threads do not matter."""
    ear, mouth = os.pipe()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # Python warns of a fork beside threads
            try:
                child = os.fork()
            except OSError:
                return b""  # no process can be started, so nothing is known
        if child == 0:
            try:
                os.write(mouth, _answer(path, lock))
            finally:
                os._exit(0)
        os.close(mouth)
        mouth = -1
        answer = os.read(ear, 1)
        with contextlib.suppress(ChildProcessError):  # where SIGCHLD is ignored
            os.waitpid(child, 0)
        return answer
    finally:
        os.close(ear)
        if mouth >= 0:
            os.close(mouth)


def _answer(path: Path, lock: Callable[[int, int], object]) -> bytes:
    try:
        lock(os.open(path, os.O_RDWR | os.O_CLOEXEC), AT_ONCE)
    except OSError:
        return KEPT_OUT
    return GOT_IT
