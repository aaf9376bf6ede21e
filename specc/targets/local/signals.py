"""Waits for signals, descriptors and the clock at once, without losing a signal in between."""

import contextlib
import os
import select
import signal
from types import FrameType

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
