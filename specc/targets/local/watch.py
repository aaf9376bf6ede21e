"""Attends to a command that runs: its end, its limits, a cancellation, and whatever it leaves behind.

Limits are kept by the monotonic clock, so a changed clock does not touch them; while the machine sleeps, a job's time
stands still.
"""

import contextlib
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from types import FrameType
from typing import NamedTuple

import psutil

from specc.targets.local import processes
from specc.targets.local.jobs import MEMORY_LIMIT, TIME_LIMIT, TOLD_TO_END, Ended, Measured, Run
from specc.targets.local.paths import JobDir
from specc.targets.protocol import JobState

NOTICED = (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP)
PIECE = 4096


class Signals:
    """Turns SIGCHLD, SIGTERM and SIGHUP into something to wait for. A process has one; a fork needs its own."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        for end in (self._read, self._write):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        for number in NOTICED:
            signal.signal(number, _noted)

    @property
    def descriptors(self) -> tuple[int, int]:
        return self._read, self._write

    def wait(self, timeout: float | None, *others: int) -> set[int]:
        """Return the signals that came, after the first of them, or something to read from `others`, or the timeout.

        SIGHUP counts as SIGTERM.
        """
        ready = select.select([self._read, *others], [], [], timeout)[0]
        for other in others:
            if other in ready:
                drain(other)
        return {signal.SIGTERM if number == signal.SIGHUP else number for number in drain(self._read)}


def drain(descriptor: int) -> bytes:
    """Read all that can be read without waiting."""
    found = b""
    with contextlib.suppress(BlockingIOError):
        while piece := os.read(descriptor, PIECE):
            found += piece
    return found


def _noted(number: int, frame: FrameType | None) -> None:
    """Handle a signal, whose number Python has already written to the descriptor."""


LOOK_SECONDS = 0.25
LOOK_SHARE = 20
"""How often memory is measured, in seconds; less often where it takes more than 1/20 of that time."""

UNLIMITED_LOOK_SECONDS = 1.0
UNLIMITED_LOOK_SHARE = 100
"""The same where memory is measured only to be reported."""

MEMORY_GRACE = 1.0
"""The grace of a job that exceeds its memory, so that it does not take the memory of the machine."""

LONGEST_WAIT = 3600.0
TICK = 0.1
KILL_SECONDS = 10.0
"""How long killing is tried. A process of another user, or waiting for a dead disk, cannot be killed."""


class Cause(NamedTuple):
    """Why a command is ended before it ends itself."""

    state: JobState
    reason: str
    grace: float


class Meter:
    """Measures what a command uses. It is made before the command begins, of which some end in a moment.

    The system counts the processor time of every process that is waited for, and its peak of memory. That peak is at
    least the peak of this process when the command began, because the command is a copy of it for a moment; so a
    smaller peak is known only as far as memory was looked at while the command ran.
    """

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._floor = 0
        self._cpu_seconds = 0.0
        self._peak = 0

    def has_begun(self) -> None:
        """Note that the command is no copy of this process any more."""
        self._floor = _peak(resource.getrusage(resource.RUSAGE_SELF))

    def saw_memory(self, used: int) -> None:
        """Note the memory that all processes of the command use now."""
        self._peak = max(self._peak, used)

    def reaped(self, used: resource.struct_rusage) -> None:
        """Note what a process used that has ended."""
        self._cpu_seconds += used.ru_utime + used.ru_stime
        if (peak := _peak(used)) > self._floor:
            self._peak = max(self._peak, peak)

    def measured(self) -> Measured:
        """Return what was measured up to now."""
        return Measured(time.monotonic() - self._start, self._peak or None, self._cpu_seconds)


def _peak(used: resource.struct_rusage) -> int:
    """Return the peak of memory in bytes: Linux counts in KiB, macOS in bytes."""
    return used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


class Watch:
    """One command, from its start until nothing of it is left. `is_cancelled` is called after SIGTERM."""

    def __init__(
        self,
        main: int,
        run: Run,
        folder: JobDir,
        signals: Signals,
        *,
        subreaper: bool,
        is_cancelled: Callable[[], bool],
        meter: Meter | None = None,
    ) -> None:
        """Take the meter that was there before the command began: a short one ends before it is watched."""
        self._main = main
        self._run = run
        self._folder = folder
        self._signals = signals
        self._subreaper = subreaper
        self._is_cancelled = is_cancelled
        self._status: int | None = None
        self._meter = meter or Meter()
        self._meter.has_begun()

    def to_the_end(self) -> Ended:
        """Return how the command ended. Descendants that outlive the command are ended, too, as a batch system does."""
        cause = self._attend()
        is_clear = self._clear(cause.grace if cause else self._run.grace)
        ended = replace(verdict(self._status, cause), measured=self._meter.measured())
        if is_clear:
            return ended
        reasons = filter(None, (ended.reason, "some of its processes could not be killed"))
        return replace(ended, reason="; ".join(reasons))

    def _attend(self) -> Cause | None:
        """Wait for the command's own end, or for a cause to end it."""
        start = time.monotonic()
        deadline = None if self._run.seconds is None else start + self._run.seconds
        look_at = start if self._run.memory is not None else start + LOOK_SECONDS
        signal_at = deadline - self._run.signal_before if deadline is not None and self._run.signal else None
        came: set[int] = set()
        while True:
            self._reap()
            if self._status is not None:
                return None
            now = time.monotonic()
            if signal.SIGTERM in came:
                return self._told_to_end()
            if deadline is not None and now >= deadline:
                return Cause(JobState.EXITED, f"{TIME_LIMIT}{self._run.seconds} s reached", self._run.grace)
            if signal_at is not None and now >= signal_at:
                with contextlib.suppress(PermissionError):  # a command that has become another user's
                    os.kill(self._main, self._run.signal)
                signal_at = None
            if now >= look_at:
                if cause := self._over_memory():
                    return cause
                spent = time.monotonic() - now
                look_at = now + spent + self._pause(spent)
            came = self._signals.wait(_until(deadline, look_at, signal_at))

    def _told_to_end(self) -> Cause:
        if self._is_cancelled():
            return Cause(JobState.CANCELLED, "cancelled while it ran", self._run.grace)
        return Cause(JobState.EXITED, TOLD_TO_END, self._run.grace)

    def _pause(self, spent: float) -> float:
        """Return the seconds until memory is measured again: sooner where it is limited."""
        if self._run.memory is None:
            return max(UNLIMITED_LOOK_SECONDS, UNLIMITED_LOOK_SHARE * spent)
        return max(LOOK_SECONDS, LOOK_SHARE * spent)

    def _over_memory(self) -> Cause | None:
        used = processes.memory(self._members())
        self._meter.saw_memory(used)
        if self._run.memory is None or used <= self._run.memory:
            return None
        reason = f"{MEMORY_LIMIT}{_mebibytes(self._run.memory)} exceeded: {_mebibytes(used)} in use"
        return Cause(JobState.EXITED, reason, min(MEMORY_GRACE, self._run.grace))

    def _clear(self, grace: float) -> bool:
        """End all that is left: TERM, and after the grace KILL. Return False when a process cannot be killed."""
        if not self._is_left():
            return True
        processes.terminate(self._members())
        end = time.monotonic() + grace
        while self._is_left() and time.monotonic() < end:
            self._signals.wait(min(TICK, grace))
        end = time.monotonic() + KILL_SECONDS
        while self._is_left() and time.monotonic() < end:
            processes.kill(self._members)
            self._signals.wait(TICK)
        return not self._is_left()

    def _members(self) -> list[psutil.Process]:
        found = processes.descendants()
        return found if self._subreaper else list({*found, *processes.marked(self._folder.root)})

    def _is_left(self) -> bool:
        return self._reap() or (not self._subreaper and bool(self._members()))

    def _reap(self) -> bool:
        """Collect the children that ended. Return False when no child is left, and so no descendant either."""
        while True:
            try:
                pid, status, used = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            self._meter.reaped(used)
            if pid == self._main:
                self._status = os.waitstatus_to_exitcode(status)


def verdict(status: int | None, cause: Cause | None) -> Ended:
    """Return how the job ended. `status` is negative for a signal, as Python has it; a shell adds 128 to its number."""
    code = 128 - status if status is not None and status < 0 else status
    if cause is not None:
        return Ended(cause.state, code, cause.reason)
    if status == 0:
        return Ended(JobState.FINISHED, 0)
    if status is not None and status < 0:
        return Ended(JobState.EXITED, code, f"killed by {_signal_name(-status)}")
    return Ended(JobState.EXITED, code, f"exit code {code}")


def _signal_name(number: int) -> str:
    return next((known.name for known in signal.Signals if known == number), f"signal {number}")


def _until(*times: float | None) -> float | None:
    """Return the seconds to the first of these times, as far as the system can count; None for ever."""
    known = [moment for moment in times if moment is not None]
    return min(max(0.0, min(known) - time.monotonic()), LONGEST_WAIT) if known else None


def _mebibytes(amount: int) -> str:
    return f"{amount / 1024**2:.0f} MiB"
