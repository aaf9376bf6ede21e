"""How much the gateway takes, and how often."""

import threading
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """`calls` are those of one key in `per` seconds: more than the 2000 an hour that the API documents, so that a
    client that keeps to those never meets it. `open_jobs` are the jobs of all keys that have not ended."""

    body_bytes: int = 64 * 1024
    body_seconds: float = 15.0
    calls: int = 10_000
    per: float = 3600.0
    open_jobs: int = 1000
    connections: int = 256


class Rate:
    """The calls of each key within the last while. Forgotten when the process ends."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._calls: dict[str, deque[float]] = defaultdict(deque)
        self._lock = threading.Lock()

    def takes(self, key: str) -> bool:
        """Whether one more call of this key is within the limit. It is counted if so."""
        now = self._clock()
        with self._lock:
            calls = self._calls[key]
            while calls and calls[0] <= now - self._limits.per:
                calls.popleft()
            if len(calls) >= self._limits.calls:
                return False
            calls.append(now)
            return True
