"""Work split over forks of this process, each of which begins with all that this one has in memory.

No pool: a fork costs 6 ms, `concurrent.futures` 44 ms before anything is done.
"""

import os
import signal
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NoReturn

MOST = 8
"""What more of them bring is less than what they all do anew, such as reading bases."""


def processors() -> int:
    """How many this process may use; 1 where there is no fork."""
    if not hasattr(os, "fork"):
        return 1
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(there, MOST)


def elsewhere(shares: Iterable[Sequence[str]], work: Callable[[str], bytes]) -> "Elsewhere":
    """Begins to work on each share in a fork. The lines that `work` gives for its items come by `results`."""
    forks = Elsewhere(work)
    try:
        for share in shares:
            forks.start(share)
    except BaseException:
        forks.stop()
        raise
    return forks


class Elsewhere:
    """Forks at work. Used as a context, none of them outlives it."""

    def __init__(self, work: Callable[[str], bytes]) -> None:
        self._work = work
        self._running: dict[int, int] = {}

    @property
    def pids(self) -> list[int]:
        return list(self._running)

    def __enter__(self) -> "Elsewhere":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, share: Sequence[str]) -> None:
        # A file, because a pipe would make the fork wait until it is read.
        file, path = tempfile.mkstemp(prefix="specc.")
        os.unlink(path)
        pid = os.fork()
        if pid == 0:
            _work_and_end(share, self._work, file)
        self._running[pid] = file

    def results(self) -> Iterator[bytes]:
        """The lines of all forks that ended well. What is missing, their caller does itself, and sees what is wrong."""
        for pid, file in list(self._running.items()):
            _, status = os.waitpid(pid, 0)
            del self._running[pid]
            with open(file, "rb") as lines:
                if status == 0:
                    lines.seek(0)
                    yield from lines

    def stop(self) -> None:
        for pid in self._running:
            os.kill(pid, signal.SIGKILL)
        for pid, file in self._running.items():
            os.waitpid(pid, 0)
            os.close(file)
        self._running.clear()


def _work_and_end(share: Sequence[str], work: Callable[[str], bytes], file: int) -> NoReturn:
    """Leaves alone what this process had begun to write."""
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        with open(file, "wb") as lines:
            lines.writelines(work(item) + b"\n" for item in share)
        status = 0
    finally:
        os._exit(status)
