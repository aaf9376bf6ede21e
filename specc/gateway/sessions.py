"""Who may look at the page of `specc serve`: whoever opens the link that it prints, once and soon.

Links and sessions are random, and are kept as digests in the memory of the process: when it ends, all have ended.
"""

import secrets
from collections.abc import Callable
from hashlib import sha256

LINK_SECONDS = 600.0
SESSION_SECONDS = 12 * 3600.0
MOST_SESSIONS = 16


class Sessions:
    """The one link that can be opened, and the sessions of those who opened one. `clock` never goes back.

    All methods are called by one thread.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._link: tuple[str, float] | None = None
        self._sessions: dict[str, float] = {}

    def invite(self) -> str:
        """Return the token of a new link. The link before it can no longer be opened."""
        token = secrets.token_urlsafe(32)
        self._link = _digest(token), self._clock() + LINK_SECONDS
        return token

    def enter(self, token: str) -> str | None:
        """Return a new session for the token of the link, which is used up by that; None for any other token.

        Where there are too many sessions, the oldest ends.
        """
        # Digests are compared, so the time that this takes tells nothing about the token.
        if self._link is None or _digest(token) != self._link[0] or self._clock() >= self._link[1]:
            return None
        self._link = None
        session = secrets.token_urlsafe(32)
        self._forget_old()
        while len(self._sessions) >= MOST_SESSIONS:
            del self._sessions[next(iter(self._sessions))]
        self._sessions[_digest(session)] = self._clock() + SESSION_SECONDS
        return session

    def knows(self, session: str) -> bool:
        """Return whether a session was given, and has not ended."""
        until = self._sessions.get(_digest(session))
        return until is not None and self._clock() < until

    def leave(self, session: str) -> None:
        """End a session."""
        self._sessions.pop(_digest(session), None)

    def _forget_old(self) -> None:
        now = self._clock()
        self._sessions = {digest: until for digest, until in self._sessions.items() if now < until}


def _digest(text: str) -> str:
    return sha256(text.encode(errors="surrogateescape")).hexdigest()
