"""Limits: how much the gateway accepts, and how often."""

import asyncio
import contextlib
import threading
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator, Callable, Collection, Mapping

from specc.fast_dataclass import dataclass
from specc.gateway.answers import Refusal
from specc.targets.ehpc.ret_codes import BUSY


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a gateway.

    `calls` are those of one key in `per` seconds: more than the 2000 an hour that the API documents, so that a client
    that keeps to those never meets this limit. `open_jobs` are the jobs of all keys that have not ended. `requests` are
    those of one key that wait or are answered at one time, `threads` of them are worked on; `connections` may also be
    idle, or be slow to send the head of a request. `read_seconds` is how long an answer may stay unread.
    """

    body_bytes: int = 64 * 1024
    head_seconds: float = 10.0
    body_seconds: float = 15.0
    read_seconds: float = 30.0
    calls: int = 10_000
    per: float = 3600.0
    open_jobs: int = 1000
    requests: int = 128
    threads: int = 16
    connections: int = 512


class Load:
    """The requests of each key that are being answered, so that no key takes all threads and connections.

    `turn` is entered in the event loop, and `refusal` asked in other threads.
    """

    def __init__(self, limits: Limits) -> None:
        # However few connections there can be, some are left for others.
        self._most = max(1, min(limits.requests, limits.connections // 2))
        self._threads = limits.threads
        self._counts: Counter[str] = Counter()
        self._turns: dict[str, asyncio.Semaphore] = {}

    @contextlib.asynccontextmanager
    async def turn(self, key: str) -> AsyncIterator[None]:
        """Wait for a thread of the key's share. The requests of one key go first come, first served."""
        self._counts[key] += 1
        try:
            async with self._turns.setdefault(key, asyncio.Semaphore(self._threads)):
                yield
        finally:
            self._counts[key] -= 1

    def refusal(self, key: str) -> Refusal | None:
        """Return a refusal where a key has too many requests."""
        if self._counts[key] <= self._most:
            return None
        return Refusal(BUSY, f"more than {self._most} requests at one time; try again")


class Shares:
    """The number of open jobs that each key may have: what the others leave free, and always an equal share."""

    def __init__(self, limits: Limits, keys: Collection[str]) -> None:
        self._most = limits.open_jobs
        self._keys = frozenset(keys)
        self._share = max(1, limits.open_jobs // max(1, len(self._keys)))

    def has_room(self, key: str, counts: Mapping[str, int]) -> bool:
        """Return whether the open jobs of a key, the new job among them, are within its limit.

        The share of each other key is kept free, used or not.
        """
        own = counts.get(key, 0)
        if own <= self._share:
            return True
        others = self._keys | set(counts)
        kept = sum(max(counts.get(other, 0), self._share) for other in others if other != key and other in self._keys)
        withdrawn = sum(counts[other] for other in others if other != key and other not in self._keys)
        return own + kept + withdrawn <= self._most


class Rate:
    """The recent calls of each key. They are forgotten when the process ends."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._calls: dict[str, deque[float]] = defaultdict(deque)
        self._lock = threading.Lock()

    def takes(self, key: str) -> bool:
        """Return whether one more call of a key is within the limit, and count the call if so."""
        now = self._clock()
        with self._lock:
            calls = self._calls[key]
            while calls and calls[0] <= now - self._limits.per:
                calls.popleft()
            if len(calls) >= self._limits.calls:
                return False
            calls.append(now)
            return True
