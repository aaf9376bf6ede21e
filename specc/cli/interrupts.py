"""^C while something is being sent: the first stops in good order, the second leaves at once."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType

from specc.cli.speech import say
from specc.submission.send import Sender

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def heeding_signals(sender: Sender, stopped: Event) -> Iterator[None]:
    """`stopped` also ends the pauses of the sender, which waits on it."""

    def stop(number: int, frame: FrameType | None) -> None:
        if stopped.is_set():
            sender.abandon()
            raise KeyboardInterrupt
        stopped.set()
        sender.stop()
        count = len(sender.in_flight)
        say(f"stopping; waiting for {count} in flight (^C leaves at once)" if count else "stopping")

    before = {number: signal.signal(number, stop) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
