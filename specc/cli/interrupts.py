"""^C, SIGTERM and SIGHUP while something is being sent: the first stops in good order, another leaves at once."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from types import FrameType

from specc.cli.speech import say
from specc.submission.send import Sender

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stop:
    """Whether to stop, and pauses that end when it is set. A handler of signals may set it at any moment.

    A `threading.Event` takes a lock of its own, so one that is set in the middle of its own `wait` waits for ever.
    """

    def __init__(self) -> None:
        self._is_set = False
        self._awake: SimpleQueue[None] = SimpleQueue()

    def set(self) -> None:
        self._is_set = True
        self._awake.put(None)

    def is_set(self) -> bool:
        return self._is_set

    def wait(self, seconds: float) -> None:
        """Returns after so many seconds, or when it has been set."""
        if not self._is_set:
            with suppress(Empty):
                self._awake.get(timeout=seconds)


@contextmanager
def heeding_signals(sender: Sender, stopped: Stop) -> Iterator[None]:
    """`stopped` also ends the pauses of the sender, which waits on it. A signal that the caller ignores, as `nohup`
    does with SIGHUP, stays ignored."""

    def stop(number: int, frame: FrameType | None) -> None:
        if stopped.is_set():
            if number == signal.SIGHUP:
                return  # a terminal that closes is told of by the shell and by the system
            sender.abandon()
            raise KeyboardInterrupt
        stopped.set()
        sender.stop()
        count = len(sender.in_flight)
        with suppress(OSError):  # after SIGHUP there is nobody to tell it to
            say(f"stopping; waiting for {count} in flight (^C leaves at once)" if count else "stopping")

    before = {number: signal.getsignal(number) for number in SIGNALS}
    heeded = [number for number, handler in before.items() if handler is not signal.SIG_IGN]
    for number in heeded:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number in heeded:
            signal.signal(number, before[number])
