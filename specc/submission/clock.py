"""Time as it is handed in, and how long to wait before something is tried again."""

from collections.abc import Callable

from specc.fast_dataclass import dataclass

FIRST_SECONDS = 1.0
MOST_SECONDS = 60.0
PATIENCE = 600.0
"""Seconds. A server that asks for a longer pause than this is not waited for."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock that can be waited by. `now` returns seconds since the epoch, `monotonic` seconds that never jump.

    `sleep` may return early.
    """

    now: Callable[[], float]
    monotonic: Callable[[], float]
    sleep: Callable[[float], object]


@dataclass(frozen=True, slots=True)
class Backoff:
    """The pauses between at most `tries` tries. `random` returns a number from 0 to 1.

    The jitter is full, so that many clients spread out.
    """

    tries: int
    random: Callable[[], float]

    def pause(self, tried: int, retry_after: float | None) -> float | None:
        """Return the seconds to wait after the `tried`-th try (from 1), or None to give up.

        The pause that the server asks for is the minimum; the jitter is added to it.
        """
        least = max(0.0, retry_after or 0.0)
        if tried >= self.tries or least > PATIENCE:
            return None
        return least + self.random() * min(MOST_SECONDS, FIRST_SECONDS * 2.0 ** (tried - 1))
