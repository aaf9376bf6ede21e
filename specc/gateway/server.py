"""The server process: it listens, says where, and ends when told to, after the requests that it has begun."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator
from types import FrameType

import uvicorn
from starlette.applications import Starlette

from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.gateway.connections import bounded
from specc.gateway.journal import Journal, of_libraries, on_loop_error
from specc.gateway.limits import Limits

GRACE_SECONDS = 30
ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""What ends the server. One that the caller ignores, as `nohup` does with SIGHUP, stays ignored."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen; port 0 takes a free one."""

    host: str = "127.0.0.1"
    port: int = 8888


class _Server(uvicorn.Server):
    """A server whose event loop writes its errors into the journal."""

    def __init__(self, config: uvicorn.Config, journal: Journal) -> None:
        super().__init__(config)
        self._journal = journal

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        asyncio.get_running_loop().set_exception_handler(on_loop_error(self._journal))
        await super().startup(sockets)


def serve(
    app: Starlette,
    address: Address,
    limits: Limits,
    ready: Callable[[str], None],
    journal: Journal,
    backlog: int,
) -> None:
    """Runs until SIGTERM, SIGINT or SIGHUP. `ready` is given the URL of the API once connections are taken. At most
    `backlog` connections wait to be taken.

    Raises SpeccError where it cannot listen.
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
    server = _Server(config, journal)
    with _listening(address, backlog) as listening, _ending_quietly(server), of_libraries(journal):
        host, port = listening.getsockname()[:2]
        ready(f"http://{f'[{host}]' if ':' in host else host}:{port}/api")
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
    """Being told to end is no failure. uvicorn minds signals only while it runs, and raises the one that ended it once
    more when all is done; before and after, they come here."""

    def end(number: int, frame: FrameType | None) -> None:
        server.should_exit = True

    heeded = [number for number in ENDING if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, end) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
