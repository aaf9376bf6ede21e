"""The server as it is put together: where it listens, what it is called, what it warns of, and how bodies come."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import pytest
from support.fake_target import FakeTarget
from support.gateway_client import BODY, SUBMIT, Place

from specc.errors import SpeccError
from specc.gateway import Address, Limits, run
from specc.project import shipped_apis

LIMITS = Limits()


def served(
    folder: Path, address: Address, names: list[str], visit: Callable[[str], object], limits: Limits = LIMITS
) -> list[str]:
    """Serves in this thread while `visit` is with the URL in another, then is told to end. Gives what was said."""
    lines: list[str] = []

    def ready(url: str) -> None:
        def visiting() -> None:
            try:
                visit(url)
            finally:
                os.kill(os.getpid(), signal.SIGTERM)

        threading.Thread(target=visiting).start()

    run(FakeTarget(), shipped_apis()["ehpc/v1"], folder, address, names, limits, lines.append, ready)
    return lines


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_it_listens_on_a_free_port_and_ends_when_told_to(tmp_path: Path, host: str) -> None:
    answers: list[httpx.Response] = []
    lines = served(tmp_path, Address(host, 0), [], lambda url: answers.append(httpx.get(f"{url}/job/list")))
    assert answers[0].json()["ret_code"] == 1100
    assert "date" in answers[0].headers  # clients learn the server's clock from it
    assert "server" not in answers[0].headers
    assert lines[-1] == "ended"
    assert f"keys: {tmp_path / 'keys.env'}" in lines
    assert any(" GET /api/job/list key=- 200 ret_code=1100 " in line for line in lines)
    assert not any("network" in line for line in lines)


@pytest.mark.slow
def test_a_connection_that_is_kept_does_not_wait_for_acknowledgements(tmp_path: Path) -> None:
    times: list[float] = []

    def visit(url: str) -> None:
        with httpx.Client() as client:
            for _ in range(30):
                started = time.monotonic()
                client.post(f"{url}/job/submitJob", content=b"{}", headers={"Content-Type": "application/json"})
                times.append(time.monotonic() - started)

    served(tmp_path, Address(port=0), [], visit)
    assert median(times) < 0.03  # a delayed acknowledgement takes 0.04


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2].partition("/")[0])


def is_open(connection: socket.socket, seconds: float) -> bool:
    connection.settimeout(seconds)
    try:
        return connection.recv(1) != b""
    except TimeoutError:
        return True
    except ConnectionError:
        return False


HALF = b"GET /api/job/list HTTP/1.1\r\nHost: 127.0.0.1\r\nX: "


@pytest.mark.parametrize(
    ("first", "whole"),
    [(b"", 0), (HALF, 0), (HALF[:-3] + b"\r\n" + HALF, 1)],
    ids=["nothing", "half", "one and a half"],
)
def test_a_request_that_does_not_become_whole_is_not_waited_for(tmp_path: Path, first: bytes, whole: int) -> None:
    def visit(url: str) -> None:
        with socket.create_connection(("127.0.0.1", port_of(url))) as connection:
            connection.sendall(first)
            while is_open(connection, 0.1):
                asked.append(connection)
                assert len(asked) < 2_000, "it is waited for"
                with contextlib.suppress(ConnectionError):
                    connection.sendall(b"x" if first else b"")

    asked: list[socket.socket] = []
    lines = served(tmp_path, Address(port=0), [], visit, Limits(head_seconds=0.5))
    assert asked
    assert sum("job/list" in line for line in lines) == whole


def test_a_slow_body_is_not_mistaken_for_a_slow_head(tmp_path: Path) -> None:
    answers: list[bytes] = []

    def visit(url: str) -> None:
        with socket.create_connection(("127.0.0.1", port_of(url)), timeout=5) as connection:
            head = b"POST /api/job/submitJob HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            connection.sendall(head + b"Content-Length: 2\r\n\r\n{")
            time.sleep(0.5)
            connection.sendall(b"}")
            answers.append(connection.recv(4096))

    served(tmp_path, Address(port=0), [], visit, Limits(head_seconds=0.2))
    assert answers[0].startswith(b"HTTP/1.1 200 ")


BEGIN = b"POST /api/job/submitJob HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
BEGUN = BEGIN + b"Content-Length: 9\r\n\r\n{"


@pytest.mark.parametrize("begun", [HALF, BEGUN], ids=["half a head", "half a body"])
def test_connections_that_say_nothing_keep_nobody_out(tmp_path: Path, begun: bytes) -> None:
    answers: list[httpx.Response] = []
    left: list[bool] = []

    def visit(url: str) -> None:
        with contextlib.ExitStack() as stack:
            silent = [socket.create_connection(("127.0.0.1", port_of(url))) for _ in range(8)]
            for connection in silent:
                stack.enter_context(connection).sendall(begun)
            answers.extend(httpx.get(f"{url}/job/list") for _ in range(3))
            left.extend(is_open(connection, 0.1) for connection in silent)

    served(tmp_path, Address(port=0), [], visit, Limits(connections=4))
    assert [answer.json()["ret_code"] for answer in answers] == [1100] * 3
    assert left[:4] == [False] * 4
    assert any(left)


def test_the_signals_mean_again_what_they_meant(tmp_path: Path) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    served(tmp_path, Address(port=0), [], lambda url: None)
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == before


def test_an_address_on_the_network_is_warned_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr("specc.gateway.process.load_keys", lambda path: {})
    codes: list[int] = []

    def visit(url: str) -> None:
        here = url.replace("0.0.0.0", "127.0.0.1")
        codes.extend(httpx.get(here, headers={"Host": host}).status_code for host in ("gpu-7", "GPU-7:8888", "gpu-8"))

    lines = served(tmp_path, Address("0.0.0.0", 0), ["gpu-7"], visit)
    assert lines[:2] == [
        "warning: not encrypted, and reachable over the network; put a proxy with TLS before it",
        "warning: jobs will run as root",
    ]
    assert codes == [404, 404, 404]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", ""])
def test_an_address_that_is_no_name_needs_one(tmp_path: Path, host: str) -> None:
    with pytest.raises(SpeccError, match="gives the server no name") as caught:
        served(tmp_path, Address(host, 0), [], print)
    assert "--allow-host" in str(caught.value.help)
    assert list(tmp_path.iterdir()) == []


def test_a_name_on_the_network_is_warned_of_and_a_taken_port_is_said(tmp_path: Path) -> None:
    lines: list[str] = []

    def busy(url: str) -> None:
        port = int(url.rpartition(":")[2].partition("/")[0])
        api = shipped_apis()["ehpc/v1"]
        with pytest.raises(SpeccError, match=f"cannot listen on 127.0.0.1, port {port}: address already in use"):
            run(FakeTarget(), api, tmp_path, Address("127.0.0.1", port), [], LIMITS, lines.append, print)
        with pytest.raises(SpeccError, match=r"cannot listen on specc\.invalid"):
            run(FakeTarget(), api, tmp_path, Address("specc.invalid"), [], LIMITS, lines.append, print)

    served(tmp_path, Address(port=0), [], busy)
    assert any("network" in line for line in lines)


Message = dict[str, Any]


def answered(place: Place, receive: Callable[[], Awaitable[Message]]) -> Message:
    """The answer to a submission whose body comes as `receive` says."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    path, _, query = place.url("POST", SUBMIT, json.dumps(BODY).encode()).partition("?")
    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "path": path, "raw_path": path.encode(),
        "query_string": query.encode(), "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
    }  # fmt: skip
    asyncio.run(place.app(scope, receive, send))
    return json.loads(sent[1]["body"]) | {"status": sent[0]["status"]}


def test_a_body_that_does_not_come_is_not_waited_for(tmp_path: Path) -> None:
    async def never() -> Message:
        await asyncio.sleep(10)
        raise AssertionError

    answer = answered(Place(tmp_path, Limits(body_seconds=0.05)), never)
    assert answer == {"message": "the body did not come within 0.05 seconds", "ret_code": 1100, "status": 408}


def test_a_client_that_goes_away_starts_nothing(tmp_path: Path) -> None:
    async def gone() -> Message:
        return {"type": "http.disconnect"}

    place = Place(tmp_path)
    assert answered(place, gone)["ret_code"] == 1100
    assert place.target.submissions == 0
