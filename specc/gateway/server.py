"""The server process: it listens, says where, and ends when told to, after the requests that it has begun.

Connections that send no request are neither waited for without end nor keep others out. uvicorn waits for the head of a
request as long as it takes, and counts every connection against its one limit: then it answers all others with a text
that is not an answer of the API.

There are only as many connections as file descriptors allow. A process without descriptors takes no connection, opens
no journal and starts no job. So the connections get what is left when the rest of the work has its share, and nobody
can take that share by connecting.
"""

import asyncio
import contextlib
import resource
import signal
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from types import FrameType
from typing import Any, cast

import h11
import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.gateway.journal import Journal, of_libraries, on_loop_error
from specc.gateway.limits import Limits

RESET = struct.pack("ii", 1, 0)
THREADS = 40
"""The threads that answer calls, as many as anyio has."""

WORK = 24 + 3 * THREADS
"""Descriptors for all but connections: those of the process, and in each thread a store, its journal and a folder."""

BACKLOG, SMALL_BACKLOG = 128, 16
"""The numbers of connections that are accepted before any can be refused, each with its own descriptor."""

LEAST = 16
GRACE_SECONDS = 30
ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""Signals that end the server. A signal that the caller ignores, as `nohup` does SIGHUP, stays ignored."""


def bounded(limits: Limits) -> type[H11Protocol]:
    """Return the class of connections with these limits, which uvicorn makes."""

    class Bounded(Connection):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(limits, *arguments, **named)

    return Bounded


class Connection(H11Protocol):
    """A connection. It ends when the head of a request is not whole in time, or an answer is not read.

    Where there are too many, the connection that has waited longest for its request is aborted, because no work was
    done for it. The application checks that bodies come in time.
    """

    def __init__(self, limits: Limits, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._limits = limits
        self._deadline: asyncio.TimerHandle | None = None
        self._since = self.loop.time()
        self._unread: asyncio.TimerHandle | None = None
        self._is_aborted = False

    @property
    def incomplete_since(self) -> float | None:
        """The time since which a request is waited for; None when the request is whole."""
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
        """Expect the client to read: it does not, and the system holds no more of the answer."""
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
        """End the connection with a reset, or else the system would keep the unread answer and offer it again."""
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.transport.abort()

    def _expect_no_reading(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _make_room(self) -> None:
        mine = [each for each in self.connections if isinstance(each, Connection)]
        waiting = {each: since for each in mine if (since := each.incomplete_since) is not None}
        oldest = min(waiting, key=waiting.__getitem__)  # this connection at least is waiting
        oldest._is_aborted = True  # until it is lost, in a moment, it must not be chosen again
        oldest.transport.abort()


def within_descriptors(limits: Limits) -> tuple[Limits, int]:
    """Return the limits with as many connections as there is room for, and how many may wait to be taken.

    Raises SpeccError where there is no room for any.
    """
    may_open = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if may_open == resource.RLIM_INFINITY:
        return limits, BACKLOG
    backlog = BACKLOG if may_open >= WORK + BACKLOG + limits.connections else SMALL_BACKLOG
    connections = may_open - WORK - backlog
    if connections < LEAST:
        needed = WORK + SMALL_BACKLOG + LEAST
        message = f"this process may open {may_open} files at one time, and `specc serve` needs {needed}"
        raise SpeccError(message, help=f"`ulimit -n {max(1024, needed)}`")
    return replace(limits, connections=min(limits.connections, connections)), backlog


@dataclass(frozen=True, slots=True)
class Address:
    """The address to listen at. Port 0 takes a free port."""

    host: str = "127.0.0.1"
    port: int = 8888


class _Server(uvicorn.Server):
    """A server whose event loop writes its errors into the journal, and calls `asked` at SIGUSR1."""

    def __init__(self, config: uvicorn.Config, journal: Journal, asked: Callable[[], None] | None) -> None:
        super().__init__(config)
        self._journal = journal
        self._asked = asked

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(on_loop_error(self._journal))
        if self._asked is not None and threading.current_thread() is threading.main_thread():
            loop.add_signal_handler(signal.SIGUSR1, self._asked)
        await super().startup(sockets)


def serve(
    app: Starlette,
    address: Address,
    limits: Limits,
    ready: Callable[[str], None],
    journal: Journal,
    backlog: int,
    asked: Callable[[str], None] | None = None,
) -> None:
    """Run until SIGTERM, SIGINT or SIGHUP. `ready` is given the URL of the API once connections are accepted.

    `asked` is given it at each SIGUSR1. At most `backlog` connections wait to be accepted. Raises SpeccError where the
    server cannot listen.
    """
    config = uvicorn.Config(
        app,
        access_log=False,  # uvicorn's shows queries, and with them signatures
        log_config=None,
        lifespan="off",
        loop="asyncio",
        ws="none",
        proxy_headers=False,
        server_header=False,
        http=bounded(limits),
        timeout_graceful_shutdown=GRACE_SECONDS,
        backlog=backlog,
    )
    with _listening(address, backlog) as listening, of_libraries(journal):
        host, port = listening.getsockname()[:2]
        url = f"http://{f'[{host}]' if ':' in host else host}:{port}/api"
        server = _Server(config, journal, None if asked is None else partial(asked, url))
        if asked is not None and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGUSR1, signal.SIG_IGN)  # until the loop runs: else it would end the process
        with _ending_quietly(server):
            ready(url)
            server.run(sockets=[listening])


@contextlib.contextmanager
def _listening(address: Address, backlog: int) -> Iterator[socket.socket]:
    try:
        family = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.create_server((address.host, address.port), family=family, backlog=backlog)
    except UnicodeError as error:
        raise SpeccError(f"`--host {address.host}` is not the name of a host") from error
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        help = "another program may listen there; `--port 0` takes a free port"
        raise SpeccError(f"cannot listen on {address.host}, port {address.port}: {why}", help=help) from error
    with listening:
        # asyncio sets it only on sockets that name their protocol; without it kept connections wait for delayed acks.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield listening


@contextlib.contextmanager
def _ending_quietly(server: uvicorn.Server) -> Iterator[None]:
    """Let a signal end the server without a failure.

    uvicorn handles signals only while it runs, and raises the signal that ended it once more at the end; before and
    after, signals come here.
    """

    def end(number: int, frame: FrameType | None) -> None:
        server.should_exit = True

    heeded = [number for number in ENDING if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, end) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
