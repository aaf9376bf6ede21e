"""Work that is shared out to processes, and found again in order."""

import os
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import IO, Generic, NamedTuple, NoReturn, TypeVar

Item = TypeVar("Item")

MOST = 8
"""What more of them bring is less than what they all do anew, such as reading bases."""


def processors() -> int:
    """How many this process may use; 1 where there is no fork, or where nobody would be told how it has ended."""
    if not hasattr(os, "fork") or signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN:
        return 1
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(there, MOST)


def elsewhere(shares: Iterable[Sequence[Item]], work: Callable[[Item], Iterable[bytes]]) -> "Elsewhere[Item]":
    """Begins to work on each share in a fork. The lines that `work` gives for its items come by `results`."""
    forks = Elsewhere(work)
    try:
        for share in shares:
            forks.start(share)
    except BaseException:  # also ^C: no fork is left behind
        forks.stop()
        raise
    return forks


class _Fork(NamedTuple):
    pid: int
    file: int


class Elsewhere(Generic[Item]):
    """Forks at work. Used as a context, none of them outlives it. When this process is killed, they end at their next
    lines."""

    def __init__(self, work: Callable[[Item], Iterable[bytes]]) -> None:
        self._work = work
        self._forks: list[_Fork | None] = []

    def __enter__(self) -> "Elsewhere[Item]":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, share: Sequence[Item]) -> None:
        """Where there cannot be a fork, it is like one that does not end well."""
        try:
            self._forks.append(self._begun(share))
        except OSError:
            # No more processes, no memory for one, or no folder for temporary files.
            self._forks.append(None)

    def _begun(self, share: Sequence[Item]) -> _Fork:
        from tempfile import mkstemp  # for many specs only: it takes longer to import than a spec to be read

        # A file, because a pipe would make the fork wait until it is read.
        file, path = mkstemp(prefix="specc.")
        os.unlink(path)
        parent = os.getpid()
        try:
            pid = os.fork()
        except OSError:
            os.close(file)
            raise
        if pid == 0:
            _work_and_end(parent, share, self._work, file)
        return _Fork(pid, file)

    def results(self) -> Iterator[bytes]:
        """The lines of all forks that ended well. What is missing, their caller does itself, and sees what is wrong."""
        for lines in self.outputs():
            yield from lines or ()

    def outputs(self) -> Iterator[IO[bytes] | None]:
        """The lines of each fork, in the order in which they were started; None for one that did not end well."""
        while self._forks:
            fork = self._forks[0]
            if fork is None:
                del self._forks[0]
                yield None
                continue
            _, status = os.waitpid(fork.pid, 0)
            del self._forks[0]
            with open(fork.file, "rb") as lines:
                lines.seek(0)
                yield lines if status == 0 else None

    def stop(self) -> None:
        forks = [fork for fork in self._forks if fork is not None]
        for fork in forks:
            os.kill(fork.pid, signal.SIGKILL)
        for fork in forks:
            os.waitpid(fork.pid, 0)
            os.close(fork.file)
        self._forks.clear()


def _work_and_end(parent: int, share: Sequence[Item], work: Callable[[Item], Iterable[bytes]], file: int) -> NoReturn:
    """Leaves alone what this process had begun to write."""
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        with open(file, "wb") as lines:
            for line in chain.from_iterable(map(work, share)):
                if os.getppid() != parent:
                    os._exit(status)  # who asked for it is no more
                lines.write(line)
        status = 0
    finally:
        os._exit(status)
