"""A server on loopback that answers as a test tells it to, down to single bytes, and an account that asks it."""

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import httpx

from specc.lowering import Payload, receive
from specc.nodes import Mapping, Scalar
from specc.project import shipped_apis
from specc.settings import Target as TargetSettings
from specc.source import Source
from specc.targets import Attempt
from specc.targets.ehpc.account import Endpoint
from specc.targets.ehpc.client import Patience, client_opener
from specc.targets.ehpc.credentials import Credentials
from specc.targets.ehpc.target import EhpcTarget

KEY, SECRET = "QYACCESSKEYIDEXAMPLE", "SECRETACCESSKEY"
NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
QUICK = Patience(connect=1.0, read=0.4, total=0.8)

Behaviour = Callable[[socket.socket, "Request"], None]


class Request:
    """A request as it came: `head` up to the empty line, `body` after it."""

    def __init__(self, head: bytes, body: bytes) -> None:
        self.head, self.body = head.decode(), body
        self.method, self.target, _ = self.head.splitlines()[0].split(" ")
        self.path, _, self.query = self.target.partition("?")

    @property
    def headers(self) -> dict[str, str]:
        lines = [line.partition(":") for line in self.head.splitlines()[1:] if line]
        return {name.strip().lower(): value.strip() for name, _, value in lines}

    @property
    def asked(self) -> dict[str, str]:
        return dict(pair.split("=", 1) for pair in self.query.split("&"))


def http(body: bytes | str | dict[str, Any], status: int = 200, **headers: str) -> Behaviour:
    """Answers with this body, a dict as JSON."""
    data = json.dumps(body).encode() if isinstance(body, dict) else body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(data)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]

    def answer(connection: socket.socket, request: Request) -> None:
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + data)

    return answer


def raw(data: bytes) -> Behaviour:
    return lambda connection, request: connection.sendall(data)


ACCEPTED = http(
    {
        "action": "HpcJobSubmitJobResponse",
        "hpcjob_uuid": "hpcjob-bc2n5lyb",
        "job_id": "1547554",
        "job_status": "pending",
        "ret_code": 0,
    }
)


class Server:
    """Answers each request with the next behaviour, the last one again and again."""

    def __init__(self, *behaviours: Behaviour) -> None:
        self.behaviours = list(behaviours)
        self.requests: list[Request] = []
        self.connections = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            with connection, contextlib.suppress(OSError):
                request = read_request(connection)
                self.requests.append(request)
                behaviour = self.behaviours.pop(0) if len(self.behaviours) > 1 else self.behaviours[0]
                behaviour(connection, request)


def read_request(connection: socket.socket) -> Request:
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-l")), 0
    )
    while len(body) < length:
        body += connection.recv(65536)
    return Request(head, body)


@contextlib.contextmanager
def serving(*behaviours: Behaviour) -> Iterator[Server]:
    server = Server(*behaviours)
    try:
        yield server
    finally:
        server.close()


class Clock:
    """A clock that only goes on when it is told to, or slept on."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now
        self.slept: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


def account(
    url: str,
    clock: Clock | None = None,
    job: dict[str, object] | None = None,
    zone: str | None = None,
    patience: Patience = QUICK,
    open_client: Callable[[], httpx.Client] | None = None,
    skew: timedelta = timedelta(),
) -> EhpcTarget:
    clock = clock or Clock()
    place = {"zone": "jn1a", "cluster_id": "ehpc-1"} if job is None else job
    credentials = Credentials(KEY, SECRET, zone)
    return EhpcTarget(
        settings_of("prod", place),
        Endpoint.parse(url),
        credentials,
        clock,
        open_client or opener(),
        sleep=clock.sleep,
        patience=patience,
        skew=skew,
    )


def settings_of(name: str, job: dict[str, object]) -> TargetSettings:
    """The settings of an account with its own values of job fields, as specc.toml would give them."""
    span = Source("specc.toml", "").span()
    entries = {field: Scalar(str(value), span) for field, value in job.items()}
    keys = {field: Scalar(field, span) for field in job}
    return TargetSettings(name, "ehpc", job=Mapping(dict(entries), keys, span))


@cache
def opener() -> Callable[[], httpx.Client]:
    """Made once: reading the certificates takes its time."""
    return client_opener(QUICK)


def payload(**fields: object) -> Payload:
    usual = {"cluster_id": "ehpc-1", "zone": "jn1a", "run_user": "ada", "name": "job", "cmd_line": "true"}
    body = {name: value for name, value in {**usual, **fields}.items() if value is not None}
    made = receive(body, shipped_apis()["ehpc/v1"])
    assert isinstance(made, Payload), made
    return made


def attempt(key: str = "0" * 32, sent_name: str | None = None, **fields: object) -> Attempt:
    made = payload(**fields)
    return Attempt(key, made, sent_name or made.name)


def job(uuid: str, **fields: object) -> dict[str, object]:
    """An entry of a job list, as the documentation shows one."""
    usual = {
        "hpcjob_uuid": uuid, "job_id": 7, "job_name": "job", "name": "the queue's name", "job_status": "running",
        "run_user": "ada", "cmd_line": "true", "core_limit": 1, "mem_limit": None, "hpcqueue_id": "",
        "submitted_time": "2026-11-23T12:00:00", "stdout_redirect_path": "job-7.out",
        "stderr_redirect_path": "/abs/job-7.err", "exec_cwd": "home/ada/output/1",
    }  # fmt: skip
    return {**usual, **fields}


def listed(*jobs: dict[str, object], **fields: object) -> Behaviour:
    answer = {"action": "HpcJobListJobsResponse", "hpc_job_set": list(jobs), "total_count": len(jobs), "ret_code": 0}
    return http({**answer, **fields})


def error(code: int, message: str = "", status: int = 200, **headers: str) -> Behaviour:
    return http({"message": message, "ret_code": code}, status, **headers)
