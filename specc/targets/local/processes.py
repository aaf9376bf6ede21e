"""Processes: which one is meant, and which ones belong to a job.

A pid is used again, but a pid with its start time and the boot id is not: that is a `ProcessId`.

A job's processes are all descendants of its runner, whatever group, session or parent they chose for themselves. On
Linux the runner is their subreaper: a process that loses its parent becomes the runner's own child, and cannot
leave. macOS has no subreapers. There, a process that leaves the tree is found only by the mark in its environment,
which a program can drop.
"""

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import psutil

from specc.targets.local.environment import JOB_DIR
from specc.targets.local.machine import boot_id

STATE, START = 0, 19
"""Fields of /proc/PID/stat, counted from behind the name, which may hold blanks and brackets itself."""

PR_SET_DUMPABLE = 4
GONE = (b"Z", b"X")
STOPPED = b"T"
"""The state of a process that a signal has stopped. A process that a debugger holds is `t`, which its user knows."""


class ProcessId(NamedTuple):
    """A process for all times. `born` is its start, counted by the kernel from the boot, which no clock change
    moves.
    """

    boot: str
    pid: int
    born: int

    @property
    def is_alive(self) -> bool:
        """Whether the process still runs. A zombie does not: it has ended, but no process has asked how."""
        return self.boot == boot_id() and born(self.pid) == self.born

    @property
    def is_stopped(self) -> bool:
        """Whether a signal has stopped the process, so that it does nothing until SIGCONT."""
        return self.is_alive and _is_stopped(self.pid)

    def send(self, number: signal.Signals) -> bool:
        """Send a signal to this process and surely to no other; return False when the process is gone."""
        try:
            if sys.platform == "linux":
                # The descriptor holds the pid, so it cannot go to another process between the check and the signal.
                with _descriptor(os.pidfd_open(self.pid)) as process:
                    if self.is_alive:
                        signal.pidfd_send_signal(process, number)
                        return True
            elif self.is_alive:
                os.kill(self.pid, number)
                return True
        except ProcessLookupError:
            return False
        return False


@contextlib.contextmanager
def _descriptor(number: int) -> Iterator[int]:
    try:
        yield number
    finally:
        os.close(number)


def hide_memory() -> None:
    """Keep this process, and all its forks, from being traced or read by others of this user, such as jobs."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def this_process() -> ProcessId:
    pid = os.getpid()
    started = born(pid)
    assert started is not None, "a process that asks for itself is there"
    return ProcessId(boot_id(), pid, started)


def born(pid: int) -> int | None:
    """Return when the process started: clock ticks since the boot on Linux. None for no process, and for a zombie."""
    if sys.platform != "linux":
        return _born_elsewhere(pid)
    fields = _stat(pid)
    return None if fields is None or fields[STATE] in GONE else int(fields[START])


def _stat(pid: int) -> list[bytes] | None:
    """Return what the kernel says of a process, from its state on; None without a process."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def _is_stopped(pid: int) -> bool:
    if sys.platform == "linux":
        fields = _stat(pid)
        return fields is not None and fields[STATE] == STOPPED
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_STOPPED)
    except psutil.NoSuchProcess:
        return False


def _born_elsewhere(pid: int) -> int | None:
    """Return when the process started. The kernel of macOS notes the wall clock once, and never changes it."""
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else int(process.create_time() * 1e6)
    except psutil.NoSuchProcess:
        return None


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
            with contextlib.suppress(psutil.Error):  # it has ended in the meantime
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
        with contextlib.suppress(psutil.Error):  # it has ended in the meantime
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
    with contextlib.suppress(psutil.Error):  # as the docstring says
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
