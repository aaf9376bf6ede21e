"""A job's processes: all descendants of its runner, whatever group, session or parent they chose for themselves.

On Linux the runner is their subreaper: a process that loses its parent becomes the runner's own child, and cannot
leave. macOS has no subreapers. There, a process that leaves the tree is found only by the mark in its environment,
which a program can drop.
"""

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

import psutil

from specc.targets.local.environment import JOB_DIR

PR_SET_CHILD_SUBREAPER = 36
FREEZES = 20
"""How often processes are searched while they are being stopped: a process that forks is caught after a few rounds."""

Find = Callable[[], list[psutil.Process]]


def adopt_orphans() -> bool:
    """Make this process the subreaper of all its descendants. Return False on systems without subreapers."""
    if sys.platform != "linux":
        return False
    done: int = ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    return done == 0


def descendants() -> list[psutil.Process]:
    """Return the descendants of this process."""
    return psutil.Process().children(recursive=True)


def strangers(known: Collection[int]) -> list[psutil.Process]:
    """Return this process's children and all below them, except the children in `known`."""
    found = []
    for child in psutil.Process().children():
        if child.pid not in known:
            found.append(child)
            with contextlib.suppress(psutil.Error):
                found += child.children(recursive=True)
    return found


def marked(job: Path) -> list[psutil.Process]:
    """Return this user's processes that were started with the mark of the job, wherever they are now."""
    mark = str(job)
    return [process for pid in psutil.pids() if (process := _process(pid)) and _mark_of(process) == mark]


def memory(processes: Iterable[psutil.Process]) -> int:
    """Return the sum of resident bytes, in which shared memory counts for each process."""
    total = 0
    for process in processes:
        with contextlib.suppress(psutil.Error):
            total += process.memory_info().rss
    return total


def terminate(processes: Iterable[psutil.Process]) -> None:
    """Ask processes to end. A stopped process is woken, or else it would not notice."""
    for process in processes:
        _send(process, signal.SIGTERM)
        _send(process, signal.SIGCONT)


def kill(find: Find) -> None:
    """Kill all that `find` finds.

    They are stopped first, until no new process turns up, so that none escapes by forking.
    """
    found: dict[int, psutil.Process] = {}
    for _ in range(FREEZES):
        new = [process for process in find() if process.pid not in found]
        if not new:
            break
        for process in new:
            found[process.pid] = process
            _send(process, signal.SIGSTOP)
    for process in found.values():
        _send(process, signal.SIGKILL)


def _send(process: psutil.Process, number: signal.Signals) -> None:
    """Send a signal. psutil checks the start time, so that no other process gets it.

    A process that is gone, or of another user, is ignored.
    """
    with contextlib.suppress(psutil.Error):
        process.send_signal(number)


def _process(pid: int) -> psutil.Process | None:
    try:
        return psutil.Process(pid)
    except psutil.Error:
        return None


def _mark_of(process: psutil.Process) -> str | None:
    if process.pid == os.getpid():
        return None
    try:
        return process.environ().get(JOB_DIR)
    except (psutil.Error, OSError):
        return None
