"""How much the gateway takes, and how often."""

import threading
from collections import defaultdict, deque
from collections.abc import Callable

from specc.frozen import dataclass
from specc.gateway.answers import Refusal
from specc.targets.ehpc.ret_codes import BUSY


@dataclass(frozen=True, slots=True)
class Limits:
    """`calls` are those of one key in `per` seconds: more than the 2000 an hour that the API documents, so that a
    client that keeps to those never meets it. `open_jobs` are the jobs of all keys that have not ended. `requests` are
    those that are answered at one time; `connections` may also be idle, or be slow to send the head of a request."""

    body_bytes: int = 64 * 1024
    head_seconds: float = 10.0
    body_seconds: float = 15.0
    calls: int = 10_000
    per: float = 3600.0
    open_jobs: int = 1000
    requests: int = 128
    connections: int = 512


class Load:
    """The requests that are being answered. Entered and left in one thread, and read in others."""

    def __init__(self, limits: Limits) -> None:
        self._most = limits.requests
        self._count = 0

    def __enter__(self) -> None:
        self._count += 1

    def __exit__(self, *error: object) -> None:
        self._count -= 1

    def refusal(self) -> Refusal | None:
        if self._count <= self._most:
            return None
        return Refusal(BUSY, f"more than {self._most} requests at one time; try again")


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
