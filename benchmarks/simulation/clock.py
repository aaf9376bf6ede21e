"""Time that passes only when somebody waits: so a day of a cluster takes the seconds of its arithmetic."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

from specc.app.submitting import Stop


class VirtualClock:
    """A clock that is moved by those who wait by it, in any thread.

    With `counts_work`, the seconds in which this process works pass as well. Without it, the same calls give the same
    times on every machine.
    """

    def __init__(self, start: float = 0.0, *, counts_work: bool = False) -> None:
        """Take the time of the beginning, in seconds since the epoch."""
        self._lock = threading.Lock()
        self._start = start
        self._skipped = 0.0
        self._real = time.perf_counter
        self._begun = self._real()
        self._counts_work = counts_work

    def monotonic(self) -> float:
        """Return the seconds since the beginning."""
        return self._skipped + (self._real() - self._begun if self._counts_work else 0.0)

    def now(self) -> float:
        """Return the seconds since the epoch."""
        return self._start + self.monotonic()

    def sleep(self, seconds: float) -> None:
        """Let so many seconds pass, at once."""
        with self._lock:
            self._skipped += max(0.0, seconds)


@contextmanager
def virtual_time(clock: VirtualClock) -> Iterator[None]:
    """Let specc ask this clock in place of the machine's, and wait by it, as long as this context is open.

    The standard library has kept the true clock for its own threads and queues since it was imported.
    """

    def wait(stop: Stop, seconds: float) -> None:
        if not stop.is_set():
            clock.sleep(seconds)

    with ExitStack() as stack:
        stack.enter_context(patch.object(time, "monotonic", clock.monotonic))
        stack.enter_context(patch.object(time, "time", clock.now))
        stack.enter_context(patch.object(time, "sleep", clock.sleep))
        stack.enter_context(patch.object(Stop, "wait", wait))
        yield
