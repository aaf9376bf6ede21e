"""Whoever can connect to `specc serve` cannot keep others from it: not by connections, jobs, or what it logs."""

import asyncio
import contextlib
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from support.fake_target import FakeTarget
from support.gateway_client import BODY, KEY, LIST, OTHER_KEY, OTHER_SECRET, SECRET, SUBMIT, Place
from support.local_jobs import attempt, place_at
from support.tables import each

from specc.errors import SpeccError
from specc.gateway import Address, Limits, run, server
from specc.gateway.access import name_of
from specc.gateway.journal import MOST_LINES, Journal
from specc.gateway.limits import Load, Shares
from specc.project import shipped_apis
from specc.targets import Accepted, Attempt, JobState, Outcome
from specc.targets.ehpc.signing import signed_query, timestamp_of
from specc.targets.local.machine import Options

FEW_FILES = 256
CROWD = 270
UNSIGNED = b"GET /api/job/list HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
POST = b"POST /api/job/submitJob HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"


class Gateway:
    """`specc serve` as a process that may open few files."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "log"
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "XDG_STATE_HOME": str(folder / "state")}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", "from specc.cli.main import main; main()", "serve", "--port", "0"],
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=folder,
                env=environment,
                text=True,
            )
        resource.prlimit(self.process.pid, resource.RLIMIT_NOFILE, (FEW_FILES, FEW_FILES))
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline().rpartition(":")[2].partition("/")[0])

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def answer(self, request: bytes = UNSIGNED, patience: float = 10) -> bytes:
        with self.connect() as connection:
            connection.settimeout(patience)
            connection.sendall(request)
            parts = b""
            while part := connection.recv(4096):
                parts += part
            return parts

    def answers(self) -> bool:
        return b'"ret_code": 1100' in self.answer()

    def said(self) -> int:
        return self.log.stat().st_size


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    gateway = Gateway(tmp_path_factory.mktemp("serve"))
    yield gateway
    assert gateway.answers(), "it still answers after all attacks"
    gateway.process.terminate()
    assert gateway.process.wait(40) == 0
    assert gateway.process.stdout is not None
    gateway.process.stdout.close()
    assert gateway.said() < 200_000


@contextlib.contextmanager
def crowd(gateway: Gateway, first: bytes) -> Iterator[list[socket.socket]]:
    """More connections than the process may open files. Each says the same, and then nothing more."""
    with contextlib.ExitStack() as stack:
        opened = []
        for _ in range(CROWD):
            connection = stack.enter_context(gateway.connect())
            with contextlib.suppress(OSError):
                connection.sendall(first)
            opened.append(connection)
        yield opened


@pytest.mark.parametrize(
    "first",
    [
        b"",
        POST + b"Content-Length: 60000\r\n\r\n" + b" " * 50_000,
        UNSIGNED.replace(b"Connection: close\r\n", b""),
    ],
    ids=["silent", "half a body", "kept after an answer"],
)
@pytest.mark.slow
def test_a_crowd_keeps_nobody_out(gateway: Gateway, first: bytes) -> None:
    before = gateway.said()
    with crowd(gateway, first):
        assert all(gateway.answers() for _ in range(3))
    assert gateway.said() - before < 20_000


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /" + b"a" * 200_000,
        b"GET /api/job/list HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
        b"GET /api/job/list HTTP/1.1\r\n" + b"X: y\r\n" * 30_000 + b"\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 500,
        b"GET /api/job/list HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n",
        POST + b"Content-Length: -1\r\n\r\n",
        POST + b"Content-Length: 99999999999999999999\r\n\r\n",
        POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        UNSIGNED * 2000,
    ],
    ids=["line", "header", "headers", "tls", "version", "negative", "huge", "smuggled", "pipelined"],
)
def test_odd_requests_are_refused_and_leave_a_line_at_most(gateway: Gateway, request_: bytes) -> None:
    before = gateway.said()
    with contextlib.suppress(OSError):
        assert gateway.answer(request_, patience=1)[:9] in (b"HTTP/1.1 ", b"")
    assert gateway.answers()
    assert gateway.said() - before < 10_000


def test_requests_without_a_key_do_not_fill_the_log(gateway: Gateway) -> None:
    before = gateway.said()
    with gateway.connect() as connection:
        for _ in range(1500):
            connection.sendall(b"GET /" + b"x" * 500 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert select.select([connection], [], [], 10)[0]
            connection.recv(4096)
    assert gateway.said() - before < (MOST_LINES + 5) * 600 * 2


def test_a_process_that_may_open_few_files_says_what_it_can_take(gateway: Gateway) -> None:
    assert "connections: `ulimit -n` lets this process open few files" in gateway.log.read_text()


@pytest.mark.parametrize(("files", "connections"), [(256, 96), (1024, 512), (resource.RLIM_INFINITY, 512), (4096, 512)])
def test_connections_get_what_the_work_leaves(files: int, connections: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda which: (files, files))
    limits, backlog = server.within_descriptors(Limits())
    assert limits.connections == connections
    assert files == resource.RLIM_INFINITY or limits.connections + backlog + server.WORK <= files


def test_too_few_files_are_refused_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda which: (64, 64))
    with pytest.raises(SpeccError, match="may open 64 files") as caught:
        server.within_descriptors(Limits())
    assert caught.value.help == "`ulimit -n 1024`"


HOSTS = [
    ("127.0.0.1", "127.0.0.1"), ("127.0.0.1:8888", "127.0.0.1"), ("LocalHost", "localhost"),
    ("localhost.", "localhost"),
    ("localhost.:80", "localhost"), ("[::1]", "::1"), ("[::1]:8888", "::1"), ("[0:0:0:0:0:0:0:1]:1", "::1"),
    ("[0000::0001]", "::1"), ("", None), (":80", None), ("localhost:", None), ("localhost:80:80", None), (".", None),
    ("localhost:80@evil", None), ("user@localhost", None), ("localhost@evil:80", None), ("localhost:evil", None),
    ("localhost:123456", None), ("[::1", None), ("::1", None), ("[::1]x", None), ("[::1]:x", None), ("[::1]80", None),
    ("[::1%lo]", None), ("[localhost]", None), ("[v1.x]", None), ("localhost/evil", None), ("localhost evil", None),
    ("localhost\t", None), ("localhost,evil", None), ("local\u00adhost", None), ("\uff4cocalhost", None),
    ("http://localhost", None), ("localhost\x00", None), ("localhost\n", None), ("localhost#", None),
]  # fmt: skip


@each("header, name", HOSTS)
def test_a_host_header_is_a_name_with_perhaps_a_port(header: str, name: str | None) -> None:
    assert name_of(header) == name


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (b"", 400),
        (b"Host: evil\r\n", 421),
        (b"Host: localhost\r\nHost: evil\r\n", 400),
        (b"Host: localhost\r\nHost: localhost\r\n", 400),
        (b"Host: localhost:80@evil\r\n", 421),
        (b"Host: \xe4\r\n", 421),
        (b"Host: LOCALHOST.:1\r\n", 200),
        (b"Host: [::1]:77\r\n", 200),
        (b"Host: 0.0.0.0\r\n", 421),
        (b"Host: 127.1\r\n", 421),
        (b"Host: 2130706433\r\n", 421),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_only_its_own_names_reach_the_gateway(gateway: Gateway, headers: bytes, status: int) -> None:
    answer = gateway.answer(b"GET /api/job/list HTTP/1.1\r\n" + headers + b"Connection: close\r\n\r\n")
    assert answer.startswith(f"HTTP/1.1 {status} ".encode()), answer


def test_an_http_1_0_request_without_a_host_is_refused(gateway: Gateway) -> None:
    assert gateway.answer(b"GET /api/job/list HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 421 ")
    assert gateway.answer(b"GET http://evil/api/job/list HTTP/1.1\r\nHost: evil\r\nConnection: close\r\n\r\n")[
        9:12
    ] in (
        b"404",
        b"421",
    )


@pytest.mark.parametrize("name", ["a/b", "http://a", "a b", "", "é", "[::1", "a@b"])
def test_a_name_that_cannot_be_one_is_refused_at_the_start(name: str, tmp_path: Path) -> None:
    with pytest.raises(SpeccError, match="is not the name of a host"):
        run(None, shipped_apis()["ehpc/v1"], tmp_path, Address(), [name], Limits(), print, print)  # type: ignore[arg-type]


# One key against another.


def test_the_jobs_of_one_key_leave_room_for_another(tmp_path: Path) -> None:
    place = Place(tmp_path, Limits(open_jobs=6))
    first = [place.submit() for _ in range(3)]
    answer = place.post(SUBMIT, BODY)
    assert answer["ret_code"] == 5100
    assert answer["message"].startswith("3 jobs of this key wait or run, and of all keys 3; ")
    for _ in range(3):
        assert place.post(SUBMIT, BODY, key=OTHER_KEY, secret=OTHER_SECRET)["ret_code"] == 0
    assert place.post(SUBMIT, BODY, key=OTHER_KEY, secret=OTHER_SECRET)["ret_code"] == 5100
    place.target.set(first[0], JobState.FINISHED)
    assert place.post(SUBMIT, BODY)["ret_code"] == 0


def test_one_key_alone_may_have_all_jobs() -> None:
    shares = Shares(Limits(open_jobs=1000), ["a"])
    assert shares.has_room("a", {"a": 1000})
    assert not shares.has_room("a", {"a": 1001})


def test_every_key_has_its_share_whatever_the_others_have() -> None:
    shares = Shares(Limits(open_jobs=10), ["a", "b", "c"])
    for counts in ({"a": 3, "b": 500, "c": 500}, {"a": 3}, {"a": 4}):
        assert shares.has_room("a", counts)
    assert not shares.has_room("a", {"a": 5})
    assert not shares.has_room("a", {"a": 4, "b": 4})


def test_a_job_says_on_whose_behalf_it_runs(tmp_path: Path) -> None:
    place, owners = Place(tmp_path), []

    def remember(attempt: Attempt) -> Outcome:
        owners.append(attempt.owner)
        return place.target.start(attempt)

    place.target.answer = remember
    place.submit()
    place.post(SUBMIT, BODY, key=OTHER_KEY, secret=OTHER_SECRET)
    assert owners == [KEY, OTHER_KEY]


def test_the_requests_of_one_key_do_not_take_all_threads(tmp_path: Path) -> None:
    place = Place(tmp_path, Limits(threads=2))
    may_end = threading.Event()

    def slowly(attempt: Attempt) -> Outcome:
        assert may_end.wait(20)
        return place.target.start(attempt)

    place.target.answer = slowly
    bodies = [json.dumps({**BODY, "name": f"{number}"}).encode() for number in range(40)]
    urls = [place.url("POST", SUBMIT, body) for body in bodies]
    other = place.url("GET", LIST, key=OTHER_KEY, secret=OTHER_SECRET)
    mine = place.url("GET", LIST, key=KEY, secret=SECRET)

    async def both() -> int:
        tasks = [
            asyncio.create_task(place._send("POST", url, body, POSTED)) for url, body in zip(urls, bodies, strict=True)
        ]
        await asyncio.sleep(0.3)
        answer = await place._send("GET", other, b"", {"Host": "localhost"})
        waiting = asyncio.create_task(place._send("GET", mine, b"", {"Host": "localhost"}))
        await asyncio.sleep(0.1)
        assert not waiting.done(), "the key's own requests wait for their turn"
        may_end.set()
        answers = [(await task).json()["ret_code"] for task in [*tasks, waiting]]
        assert answers == [0] * 41
        code: int = answer.json()["ret_code"]
        return code

    assert asyncio.run(both()) == 0


POSTED = {"Host": "localhost", "Content-Type": "application/json"}


def test_however_few_connections_there_are_one_key_gets_half() -> None:
    load = Load(Limits(connections=16, requests=128))

    async def enter() -> tuple[bool, bool]:
        async with contextlib.AsyncExitStack() as stack:
            for _ in range(8):
                await stack.enter_async_context(load.turn("a"))
            before = load.refusal("a") is None
            await stack.enter_async_context(load.turn("a"))
            return before, load.refusal("a") is None

    assert asyncio.run(enter()) == (True, False)
    assert load.refusal("b") is None


# What is slow, and what is said of it.


def served(folder: Path, address: Address, visit: Callable[[int], None], limits: Limits) -> None:
    """Serve in this thread while `visit` is with the port in another, then end."""

    def ready(url: str) -> None:
        def visiting() -> None:
            try:
                visit(int(url.rpartition(":")[2].partition("/")[0]))
            finally:
                os.kill(os.getpid(), signal.SIGTERM)

        threading.Thread(target=visiting).start()

    run(FakeTarget(), shipped_apis()["ehpc/v1"], folder, address, [], limits, print, ready)


@pytest.mark.slow
def test_an_answer_that_nobody_reads_is_not_kept(tmp_path: Path) -> None:
    """A list of a hundred big jobs, more than the system keeps for a connection."""
    resets: list[bool] = []

    def visit(port: int) -> None:
        key, secret = (line.partition("=")[2] for line in (tmp_path / "keys.env").read_text().splitlines())
        now = timestamp_of(datetime.now(UTC))
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            for number in range(100):
                body = json.dumps({**BODY, "name": f"{number}", "cmd_line": "x" * 63_000}).encode()
                query = signed_query("POST", SUBMIT, {}, body, key, secret, now)
                answer = client.post(f"{SUBMIT}?{query}", content=body, headers={"Content-Type": "application/json"})
                assert answer.json()["ret_code"] == 0
        query = signed_query("GET", LIST, {"limit": "100"}, b"", key, secret, now)
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect(("127.0.0.1", port))
            connection.sendall(f"GET {LIST}?{query} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            ends = select.poll()
            ends.register(connection, 0)
            resets.append(bool(ends.poll(10_000)))

    served(tmp_path, Address(port=0), visit, Limits(read_seconds=0.5))
    assert resets == [True]


def test_what_comes_too_often_is_counted() -> None:
    said: list[str] = []
    now = [0.0]
    journal = Journal(said.append, lambda: now[0])
    for number in range(MOST_LINES + 40):
        journal.cut(f"{number}")
    journal.write("always")
    now[0] = 11.0
    journal.cut("again")
    journal.finish()
    assert said == [*map(str, range(MOST_LINES)), "always", LEFT_OUT, "again"]


LEFT_OUT = "40 more lines of such requests and errors are left out"


@pytest.mark.slow
def test_keys_take_turns_in_the_queue_of_this_machine(tmp_path: Path) -> None:
    """A sweep of one key is in the queue before the job of another, which starts with the next core all the same."""
    with place_at(tmp_path / "state", Options(cores=1, grace=0.2, idle=0.3)) as place:
        first = place.target.submit(replace(attempt("until [ -e go ]; do sleep 0.05; done"), owner=KEY))
        assert isinstance(first, Accepted)
        place.started(first.uuid)
        sweep = [place.target.submit(replace(attempt("sleep 30"), owner=KEY)) for _ in range(5)]
        other = place.target.submit(replace(attempt("echo mine"), owner=OTHER_KEY))
        assert isinstance(other, Accepted)
        assert [job.uuid for job in place.store.pending(1)] == [getattr(sweep[0], "uuid", None), other.uuid]
        (place.folder(first.uuid).work / "go").touch()
        assert [report.state for report in place.wait(first.uuid, other.uuid)] == [JobState.FINISHED] * 2
