"""One signed request and its answer, or why there is no answer, and whether bytes went out.

Every request has a connection of its own. On a connection that was used before, a failure to send may mean that the
server closed it while the request was on its way; on a fresh connection, a failure to connect surely means that nothing
was sent.

A call as a whole has a deadline: timeouts are for single reads, and a server that sends bytes slowly never meets them.
A network error says to a person what happened, and tells whether anything was sent.
"""

import contextlib
import hashlib
import logging
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from types import TracebackType
from typing import Any
from urllib.request import getproxies

import httpx

from specc.errors import SpeccError, no_thread
from specc.fast_dataclass import dataclass
from specc.targets.ehpc.account import Endpoint
from specc.targets.ehpc.credentials import Credentials
from specc.targets.ehpc.signing import MARK, mark_of, signed, timestamp_of

BEFORE_SENDING = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
"""Errors before the first byte of the request, on a fresh connection. TLS is a part of connecting."""

TEXTS: tuple[tuple[type[httpx.HTTPError], str], ...] = (
    (httpx.ConnectTimeout, "the server cannot be reached in time"),
    (httpx.ProxyError, "the proxy does not connect to the server"),
    (httpx.ConnectError, "the server cannot be reached"),
    (httpx.ReadTimeout, "the server did not answer in time"),
    (httpx.WriteTimeout, "the request could not be sent in time"),
    (httpx.WriteError, "the connection broke while the request was sent"),
    (httpx.ReadError, "the connection broke before the answer was complete"),
    (httpx.RemoteProtocolError, "the connection ended before the answer was complete, or it is not HTTP"),
)

MEMORY = timedelta(minutes=5)
"""How long the timestamps of a body are kept: longer than any server accepts them."""

MOST_SKEW = timedelta(days=1)
"""Clocks that are further apart are wrong, and signing by them is of no use."""

MOST_PAUSE = 1e9
"""The longest pause in seconds. A server that asks for a longer pause asks for ever."""


class Deadline:
    """Breaks the connection after `seconds`.

    The deadline learns of the connection through httpx's trace extension; where that does not tell, only the timeouts
    of single reads hold.
    """

    def __init__(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._break)
        self._timer.daemon = True
        self._lock = threading.Lock()
        self._connection: socket.socket | None = None
        self.is_over = False

    def __enter__(self) -> "Deadline":
        """Start the deadline. Raises SpeccError where no thread can be started.

        Then the call, which may never end, is not made.
        """
        try:
            self._timer.start()
        except RuntimeError as error:
            raise no_thread() from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    def watch(self, event: str, info: dict[str, Any]) -> None:
        """Keep a duplicate of the connection, because TLS takes the original over."""
        if event == "connection.connect_tcp.complete":
            original = info["return_value"].get_extra_info("socket")
            with self._lock:
                self._connection = original.dup()
                if self.is_over:
                    self._shut()

    def _break(self) -> None:
        with self._lock:
            self.is_over = True
            self._shut()

    def _shut(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(OSError):  # the other side has closed it already
                self._connection.shutdown(socket.SHUT_RDWR)


def is_before_sending(error: httpx.HTTPError) -> bool:
    return isinstance(error, BEFORE_SENDING)


def is_bad_certificate(error: httpx.HTTPError) -> bool:
    return any(isinstance(each, ssl.SSLCertVerificationError) for each in _chain(error))


def describe(error: httpx.HTTPError) -> str:
    """Return an error on one line, without the library's own text, which may show the URL and with it the signature."""
    text = next(
        (text for kind, text in TEXTS if isinstance(error, kind)), f"the request failed ({type(error).__name__})"
    )
    why = next(filter(None, map(_system_text, _chain(error))), None)
    return f"{text}: {why}" if why else text


def _system_text(error: BaseException) -> str | None:
    match error:
        case ssl.SSLCertVerificationError():
            return str(error.verify_message)
        case OSError(strerror=str() as text):
            return text[:1].lower() + text[1:]
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    current: BaseException | None = error
    while current is not None:
        yield current
        current = current.__cause__ or current.__context__


# httpx logs the URL of each request, and with it the signature.
logging.getLogger("httpx").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Patience:
    """The limits of waiting, in seconds, and of reading. `total` is for the whole call, however slowly bytes come."""

    connect: float = 10.0
    read: float = 60.0
    total: float = 120.0
    answer_bytes: int = 1 << 20
    list_bytes: int = 16 << 20


PATIENCE = Patience()


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came. `date` is the server's clock, `retry_after` in seconds, both where it says so."""

    status: int
    body: bytes
    location: str | None = None
    date: datetime | None = None
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """A request without an answer that could be read. `sent` says that bytes of it may have reached the server."""

    reason: str
    sent: bool
    bad_certificate: bool = False


def client_opener(patience: Patience = PATIENCE) -> Callable[[], httpx.Client]:
    """Return a function that makes clients, which verify certificates, use proxies and follow no redirect.

    Raises SpeccError for certificates or proxies of the environment that cannot be used.
    """
    timeout = httpx.Timeout(patience.read, connect=patience.connect)
    try:
        _check_proxies()
        certificates = _certificates(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))

        def open_client() -> httpx.Client:
            return httpx.Client(verify=certificates, timeout=timeout, follow_redirects=False, trust_env=True)

        open_client().close()
    except (OSError, ValueError, ImportError, httpx.InvalidURL) as error:
        help = "look at SSL_CERT_FILE, SSL_CERT_DIR, HTTPS_PROXY, HTTP_PROXY and ALL_PROXY in the environment"
        raise SpeccError(f"the environment's certificates or proxies cannot be used: {error}", help=help) from error
    return open_client


@cache
def _certificates(file: str | None, folder: str | None) -> ssl.SSLContext:
    """Return what servers are verified with, from these places of the environment. Certificates take 40 ms to read."""
    return httpx.create_ssl_context()


def _check_proxies() -> None:
    """Raise ValueError for a proxy whose name cannot be looked up: a request would fail in a way of its own."""
    for scheme, url in getproxies().items():
        if scheme in ("http", "https", "all"):
            httpx.URL(url).raw_host.decode("ascii").encode("idna")


class Client:
    """Signs and sends, for several threads."""

    def __init__(
        self,
        endpoint: Endpoint,
        credentials: Credentials,
        clock: Callable[[], datetime],
        open_client: Callable[[], httpx.Client],
        sleep: Callable[[float], None] = time.sleep,
        patience: Patience = PATIENCE,
        skew: timedelta = timedelta(),
    ) -> None:
        self._endpoint = endpoint
        self._credentials = credentials
        self._clock = clock
        self._open_client = open_client
        self._sleep = sleep
        self._patience = patience
        self._lock = threading.Lock()
        self._skew = skew if abs(skew) <= MOST_SKEW else timedelta()
        self._signed: dict[bytes, set[datetime]] = {}

    @property
    def skew(self) -> timedelta:
        """By how much the server's clock is ahead of ours, as far as is known."""
        with self._lock:
            return self._skew

    def learn(self, server_time: datetime) -> bool:
        """Sign by the server's clock from now on, unless it is so far from ours that one of them must be wrong."""
        with self._lock:
            skew = server_time - self._clock()
            if abs(skew) > MOST_SKEW:
                return False
            self._skew = skew
            return True

    def get(self, action: str, query: Mapping[str, str]) -> Reply | Failure:
        """Return the answer to a question. A question that cannot be asked now is a Failure like any other."""
        try:
            return self._send("GET", action, query, b"", self._now(), self._patience.list_bytes)
        except SpeccError as error:
            return Failure(error.message, sent=False)

    def post(self, action: str, body: bytes, attempt: str = "") -> Reply | Failure:
        """Send a body, never twice with one timestamp: the server may mistake the second request for the first, sent
        again.

        `attempt` tells `specc serve` that another client's request of the same second is another request. Raises
        SpeccError, before anything is sent, where no thread can be started.
        """
        return self._send("POST", action, {}, body, self._unused(body), self._patience.answer_bytes, attempt)

    def _now(self) -> datetime:
        with self._lock:
            return (self._clock() + self._skew).astimezone(UTC).replace(microsecond=0)

    def _unused(self, body: bytes) -> datetime:
        """Wait for a second that this body was not signed with, and return it."""
        digest = hashlib.sha256(body).digest()
        with self._lock:
            now = (self._clock() + self._skew).astimezone(UTC)
            second = now.replace(microsecond=0)
            used = self._signed.setdefault(digest, set())
            while second in used:
                second += timedelta(seconds=1)
            used.add(second)
            self._forget(now - MEMORY)
        if second > now:
            self._sleep((second - now).total_seconds())
        return second

    def _forget(self, before: datetime) -> None:
        for digest in [digest for digest, used in self._signed.items() if max(used) < before]:
            del self._signed[digest]

    def _send(
        self,
        method: str,
        action: str,
        query: Mapping[str, str],
        body: bytes,
        at: datetime,
        most: int,
        attempt: str = "",
    ) -> Reply | Failure:
        path = self._endpoint.path_of(action)
        key, secret = self._credentials.access_key_id, self._credentials.secret
        whole, signature = signed(method, path, query, body, key, secret, timestamp_of(at))
        deadline = Deadline(self._patience.total)
        try:
            with self._open_client() as http, deadline:
                headers = {"Accept": "application/json", "Accept-Encoding": "identity", "Connection": "close"}
                if body:
                    headers["Content-Type"] = "application/json"
                if (mark := mark_of(attempt, signature, secret)) is not None:
                    headers[MARK] = mark
                request = http.build_request(
                    method,
                    f"{self._endpoint.origin}{path}?{whole}",
                    content=body or None,
                    headers=headers,
                    extensions={"trace": deadline.watch},
                )
                return _read(http.send(request, stream=True, follow_redirects=False), most, self._now())
        except httpx.HTTPError as error:
            reason = f"no answer within {self._patience.total:g} seconds" if deadline.is_over else describe(error)
            return Failure(reason, not is_before_sending(error), is_bad_certificate(error))


def _read(response: httpx.Response, most: int, now: datetime) -> Reply | Failure:
    """Return the body, of at most so many bytes. `now` is by the server's clock, for an answer without a date."""
    body = bytearray()
    try:
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > most:
                return Failure(f"the answer is longer than {most} bytes", sent=True)
    finally:
        response.close()
    headers = response.headers
    date = _date(headers.get("date"))
    return Reply(response.status_code, bytes(body), headers.get("location"), date, _pause(headers, date or now))


def _date(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text) if text else None
        return None if moment is None else _in_utc(moment)
    except (ValueError, OverflowError):
        return None


def _in_utc(moment: datetime) -> datetime:
    """Return a date with its zone: a date of HTTP without a zone is in UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _pause(headers: httpx.Headers, now: datetime) -> float | None:
    """Return Retry-After in seconds, which may be a number of any length or a date; None for anything else."""
    text = headers.get("retry-after")
    if text is None:
        return None
    if text.isascii() and text.isdigit():
        return min(float(text), MOST_PAUSE)
    until = _date(text)
    return min(max(0.0, (until - now).total_seconds()), MOST_PAUSE) if until is not None else None
