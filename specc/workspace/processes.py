"""Work split over forks of this process, each of which begins with all that this one has in memory.

No pool: a fork costs 6 ms, `concurrent.futures` 44 ms before anything is done.
"""

import os
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import IO, Generic, NoReturn, TypeVar

Item = TypeVar("Item")

MOST = 8
"""What more of them bring is less than what they all do anew, such as reading bases."""


def processors() -> int:
    """How many this process may use; 1 where there is no fork."""
    if not hasattr(os, "fork"):
        return 1
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(there, MOST)


def elsewhere(shares: Iterable[Sequence[Item]], work: Callable[[Item], Iterable[bytes]]) -> "Elsewhere[Item]":
    """Begins to work on each share in a fork. The lines that `work` gives for its items come by `results`."""
    forks = Elsewhere(work)
    try:
        for share in shares:
            forks.start(share)
    except BaseException:
        forks.stop()
        raise
    return forks


class Elsewhere(Generic[Item]):
    """Forks at work. Used as a context, none of them outlives it."""

    def __init__(self, work: Callable[[Item], Iterable[bytes]]) -> None:
        self._work = work
        self._running: dict[int, int] = {}

    @property
    def pids(self) -> list[int]:
        return list(self._running)

    def __enter__(self) -> "Elsewhere[Item]":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, share: Sequence[Item]) -> None:
        from tempfile import mkstemp  # for many specs only: it takes longer to import than a spec to be read

        # A file, because a pipe would make the fork wait until it is read.
        file, path = mkstemp(prefix="specc.")
        os.unlink(path)
        pid = os.fork()
        if pid == 0:
            _work_and_end(share, self._work, file)
        self._running[pid] = file

    def results(self) -> Iterator[bytes]:
        """The lines of all forks that ended well. What is missing, their caller does itself, and sees what is wrong."""
        for lines in self.outputs():
            yield from lines or ()

    def outputs(self) -> Iterator[IO[bytes] | None]:
        """The lines of each fork, in the order in which they were started; None for one that did not end well."""
        for pid, file in list(self._running.items()):
            _, status = os.waitpid(pid, 0)
            del self._running[pid]
            with open(file, "rb") as lines:
                lines.seek(0)
                yield lines if status == 0 else None

    def stop(self) -> None:
        for pid in self._running:
            os.kill(pid, signal.SIGKILL)
        for pid, file in self._running.items():
            os.waitpid(pid, 0)
            os.close(file)
        self._running.clear()


def _work_and_end(share: Sequence[Item], work: Callable[[Item], Iterable[bytes]], file: int) -> NoReturn:
    """Leaves alone what this process had begun to write."""
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        with open(file, "wb") as lines:
            lines.writelines(chain.from_iterable(map(work, share)))
        status = 0
    finally:
        os._exit(status)
