"""The log of the gateway, which nobody can flood: lines of strangers, and repeated lines, are counted and left out."""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

Say = Callable[[str], None]

MOST_LINES, PER_SECONDS = 60, 10.0
MOST_TRACEBACK = 4000
LOGGERS = ("uvicorn.error", "asyncio")


class Journal:
    """Writes lines. Of those of `cut` it writes a limited number in a time, and then says how many it has left out.

    Its methods may be called from several threads.
    """

    def __init__(self, say: Say, clock: Callable[[], float] = time.monotonic) -> None:
        self._say = say
        self._clock = clock
        self._lock = threading.Lock()
        self._since = clock()
        self._written = self._left_out = 0

    def write(self, line: str) -> None:
        """Write a line in any case."""
        self._say(line)

    def cut(self, line: str) -> None:
        """Write a line, unless there were too many."""
        with self._lock:
            now = self._clock()
            if now >= self._since + PER_SECONDS:
                self._start_again(now)
            if self._written >= MOST_LINES:
                self._left_out += 1
                return
            self._written += 1
        self._say(line)

    def finish(self) -> None:
        """Say how many lines were left out last."""
        with self._lock:
            self._start_again(self._clock())

    def _start_again(self, now: float) -> None:
        if self._left_out:
            self._say(f"{self._left_out} more lines of such requests and errors are left out")
        self._since, self._written, self._left_out = now, 0, 0


class _Handler(logging.Handler):
    """Passes on messages of uvicorn and asyncio, shortened and counted like all others."""

    def __init__(self, journal: Journal) -> None:
        super().__init__(logging.WARNING)
        self._journal = journal

    def emit(self, record: logging.LogRecord) -> None:
        text = self.format(record)
        if len(text) > MOST_TRACEBACK:
            text = f"{text[: MOST_TRACEBACK // 2]}\n...\n{text[-MOST_TRACEBACK // 2 :]}"
        self._journal.cut(text)


@contextlib.contextmanager
def of_libraries(journal: Journal) -> Iterator[None]:
    """Send the log of uvicorn and asyncio to the journal, and nowhere else."""
    handler = _Handler(journal)
    loggers = [logging.getLogger(name) for name in LOGGERS]
    before = [logger.propagate for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.propagate = False
    try:
        yield
    finally:
        for logger, propagated in zip(loggers, before, strict=True):
            logger.removeHandler(handler)
            logger.propagate = propagated


def on_loop_error(journal: Journal) -> Callable[[asyncio.AbstractEventLoop, dict[str, Any]], None]:
    """Return the handler of errors in the event loop, which writes a line for an OSError, without a traceback.

    asyncio reports such an error for each connection that waits, and many times a second.
    """

    def report(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, OSError):
            journal.cut(f"error: {context.get('message', 'in the event loop')}: {error.strerror or error}")
        else:
            loop.default_exception_handler(context)

    return report
