"""How the supervisor is woken, and started where none runs.

There is at most one supervisor, because it holds a lock that the system releases however the supervisor dies. A process
that starts a supervisor takes the lock first and hands it over, so two never start, and nobody waits for the start.
Nothing gets lost between a client that has just written to the store and a supervisor that is about to leave: the
supervisor stops listening, releases the lock, and looks into the store once more.
"""

import contextlib
import errno
import fcntl
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil

from specc.errors import SpeccError
from specc.targets.local.environment import JOB_DIR, of_supervisor
from specc.targets.local.machine import Options
from specc.targets.local.paths import StateDir

SUPERVISOR = "specc.targets.local.supervisor"
DETACH = '"$@" </dev/null >/dev/null 2>&1 &'
"""Starts the supervisor in a shell that ends at once, so that no parent has to wait for the supervisor."""


def wake(state: StateDir, *, ring: bool = True) -> bool:
    """Wake the supervisor; return False when none listens. Without `ring` a supervisor that listens is not woken."""
    try:
        bell = os.open(state.bell, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno == errno.ENXIO:
            return False
        raise SpeccError(f"cannot open {state.bell}: {error.strerror}") from error
    try:
        _check_bell(state, os.fstat(bell).st_mode)
        if ring:
            os.write(bell, b"!")
    except BlockingIOError:
        return True
    except BrokenPipeError:
        return False
    finally:
        os.close(bell)
    return True


def resume(state: StateDir) -> None:
    """Wake a supervisor that a signal has stopped: a job can stop it, and then no limit of any job is enforced."""
    with contextlib.suppress(OSError, ValueError, psutil.Error):  # there is none, or it has just ended
        process = psutil.Process(int(state.lock.read_text(encoding="ascii")))
        if process.status() == psutil.STATUS_STOPPED and {SUPERVISOR, str(state.root)} <= set(process.cmdline()):
            process.send_signal(signal.SIGCONT)


def ensure(state: StateDir, options: Options, *, ring: bool = True) -> bool:
    """Wake the supervisor or start one; return False when it must not be started from here. `ring` is as in `wake`.

    A job must not start the supervisor of its own state: it would be one of the job's processes, and end with the job.
    """
    if wake(state, ring=ring):
        resume(state)
        return True
    if Path(os.environ.get(JOB_DIR, "/")).is_relative_to(state.root):
        return False
    lock = try_lock(state)
    if lock is not None:
        try:
            _start(state, options, lock)
        finally:
            os.close(lock)
    return True


def try_lock(state: StateDir) -> int | None:
    """Return the supervisor's lock as an open descriptor, or None when another process has it."""
    try:
        descriptor = os.open(state.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise SpeccError(f"cannot write {state.lock}: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError as error:
        os.close(descriptor)
        raise SpeccError(f"cannot lock {state.lock}: {error.strerror}") from error
    return descriptor


def listen(state: StateDir) -> int:
    """Return the bell as a descriptor. It is open for writing, too, so that reading never sees its end."""
    with contextlib.suppress(FileExistsError):
        os.mkfifo(state.bell, 0o600)
    _check_bell(state, os.stat(state.bell).st_mode)
    return os.open(state.bell, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)


def _check_bell(state: StateDir, mode: int) -> None:
    if not stat.S_ISFIFO(mode):
        raise SpeccError(f"{state.bell} is not a FIFO", help=f"remove it: `rm {state.bell}`")


def _start(state: StateDir, options: Options, lock: int) -> None:
    arguments = [sys.executable, "-X", "utf8", "-P", "-m", SUPERVISOR, str(state.root), "--lock", str(lock)]
    arguments += ["--idle", str(options.idle)]
    if options.cores is not None:
        arguments += ["--cores", str(options.cores)]
    with _starting(state):
        subprocess.run(
            ["/bin/sh", "-c", DETACH, "sh", *arguments],
            env=of_supervisor(os.environ),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=(lock,),
            check=True,
        )


@contextlib.contextmanager
def _starting(state: StateDir) -> Iterator[None]:
    try:
        yield
    except (OSError, subprocess.CalledProcessError) as error:
        raise SpeccError(f"cannot start the supervisor of {state.root}: {error}") from error
