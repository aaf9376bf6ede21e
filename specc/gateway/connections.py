"""Connections that send no request: they are neither waited for without end, nor may they keep others out.

uvicorn waits for the head of a request as long as it takes, and counts every connection against its one limit: then it
answers all others with a text that is no answer of the API.
"""

import asyncio
import socket
import struct
from typing import Any, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from specc.gateway.limits import Limits

RESET = struct.pack("ii", 1, 0)


def bounded(limits: Limits) -> type[H11Protocol]:
    """Connections that keep to these limits, as a kind that uvicorn can make."""

    class Bounded(Connection):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(limits, *arguments, **named)

    return Bounded


class Connection(H11Protocol):
    """Ends when the head of a request is not whole in time, or an answer is not read. Where there are too many, the one
    whose request has been coming in longest gives way: nothing was made of it yet. (That bodies come in time is the
    application's part.)"""

    def __init__(self, limits: Limits, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._limits = limits
        self._deadline: asyncio.TimerHandle | None = None
        self._since = self.loop.time()
        self._unread: asyncio.TimerHandle | None = None
        self._is_aborted = False

    @property
    def incomplete_since(self) -> float | None:
        """Since when a request is waited for; None when it is whole."""
        is_whole = self.conn.their_state not in (h11.IDLE, h11.SEND_BODY)
        return None if is_whole or self._is_aborted else self._since

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(cast(asyncio.Transport, transport))
        self._wait()
        if len(self.connections) > self._limits.connections:
            self._make_room()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.conn.their_state is h11.IDLE:
            self._wait()

    def pause_writing(self) -> None:
        """Called when the client does not read what it asked for, and the system holds no more of it."""
        super().pause_writing()
        self._expect_reading()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._expect_no_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self._expect_no_reading()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._stop_waiting()
        self._since = self.loop.time()
        self._deadline = self.loop.call_later(self._limits.head_seconds, self._give_up)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        # An answer that is read slowly is still sent whole, if it is read at all.
        self.transport.close()
        self._expect_reading()

    def _expect_reading(self) -> None:
        if self._unread is None:
            self._unread = self.loop.call_later(self._limits.read_seconds, self._drop)

    def _drop(self) -> None:
        """Ends the connection with a reset, else the system would keep what is unread and go on offering it."""
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.transport.abort()

    def _expect_no_reading(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _make_room(self) -> None:
        mine = [one for one in self.connections if isinstance(one, Connection)]
        waiting = {one: since for one in mine if (since := one.incomplete_since) is not None}
        oldest = min(waiting, key=waiting.__getitem__)  # there is one: this
        oldest._is_aborted = True  # it is lost only in a moment, and must not be chosen again until then
        oldest.transport.abort()
