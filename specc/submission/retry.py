"""When to try again after something that surely started nothing: full jitter, so that many clients spread out."""

from collections.abc import Callable

from specc.fast_dataclass import dataclass

FIRST_SECONDS = 1.0
MOST_SECONDS = 60.0
PATIENCE = 600.0
"""A server that asks for a longer wait than this is not waited for."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """At most `tries` tries. `random` gives a number from 0 to 1."""

    tries: int
    random: Callable[[], float]

    def pause(self, tried: int, retry_after: float | None) -> float | None:
        """Seconds to wait after the `tried`-th try (from 1), or None to give up.

        What the server asks for is the least; the jitter comes on top of it.
        """
        least = max(0.0, retry_after or 0.0)
        if tried >= self.tries or least > PATIENCE:
            return None
        return least + self.random() * min(MOST_SECONDS, FIRST_SECONDS * 2.0 ** (tried - 1))
