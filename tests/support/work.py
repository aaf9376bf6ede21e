"""Work, counted and not timed: the calls of Python and C functions, which are the same on every machine."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from benchmarks import counting

LIMIT = 30
"""Seconds of processor time, many times what any test needs: what takes minutes fails, and a slow machine does not."""


def calls(work: Callable[[], object]) -> int:
    """Return the number of calls that `work` makes."""
    with limited():
        return counting.calls(work)


@contextmanager
def limited() -> Iterator[None]:
    """Raise from work that is far beyond any bound."""

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        raise AssertionError(f"still at work after {LIMIT} seconds of processor time")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, LIMIT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
