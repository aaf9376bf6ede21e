"""When to try again after something that surely started nothing: full jitter, so that many clients spread out."""

from collections.abc import Callable
from dataclasses import dataclass

FIRST_SECONDS = 1.0
MOST_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Backoff:
    """At most `tries` tries. `random` gives a number from 0 to 1."""

    tries: int
    random: Callable[[], float]

    def pause(self, tried: int, retry_after: float | None) -> float | None:
        """Seconds to wait after the `tried`-th try (from 1), or None to give up.

        What the server asks for is the least; the jitter comes on top of it.
        """
        if tried >= self.tries:
            return None
        ceiling = min(MOST_SECONDS, FIRST_SECONDS * 2.0 ** (tried - 1))
        least = retry_after if retry_after is not None else 0.0
        return least + self.random() * ceiling
