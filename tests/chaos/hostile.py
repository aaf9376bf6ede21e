"""An EHPC API on loopback that goes wrong in every way that a network and a server can, by a seed.

It keeps what it has accepted, so that afterwards it can be compared with what the client believes. What it promises is
only what the client must be able to rely on: that a refused connection, a 429, and the codes 1300, 1400 and 5100 have
started nothing.
"""

import contextlib
import hashlib
import json
import random
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

WINDOW = 60.0
PAGE = 100
RESET = struct.pack("ii", 1, 0)

STARTING = (
    "reset-after-accepting",
    "hang-after-accepting",
    "half-an-answer",
    "garbage",
    "408",
    "500",
    "503",
    "5000",
    "drip-for-ever",
    "drip",
    "two-answers",
    "odd-code",
    "odd-form",
    "refusal-with-a-job",
)
"""Faults that may come after a job was started, as well as before."""

HARMLESS = ("reset-before-reading", "reset-after-reading", "429", "429-for-ever", "5100", "1400", "expired")
"""Faults after which nothing was started."""

LIES = ("same-page", "wrong-total", "shuffled", "missing", "short-pages", "no-zone", "untold", "cut")
"""What a list of jobs may do that is not said to be a failure."""

STATUSES = (200, 401, 404, 413, 429, 500)
ODD_CODES = ("0", "1400", 0.0, True, None, 7777, [0])


@dataclass(frozen=True, slots=True)
class Job:
    uuid: str
    body: dict[str, object]
    at: datetime

    @property
    def digest(self) -> str:
        text = json.dumps(self.body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def listed(self) -> dict[str, object]:
        fields = {name: value for name, value in self.body.items() if name != "name"}
        times = {"submitted_time": self.at.strftime("%Y-%m-%dT%H:%M:%SZ")}
        return {**fields, **times, "job_name": self.body["name"], "hpcjob_uuid": self.uuid, "job_status": "pending"}


@dataclass
class Hostile:
    """The server. `calm` makes it an honest one; `share` of the submissions meet a fault.

    `patience` is the client's: what hangs, hangs longer. `skew` is how far the server's clock is ahead.
    """

    seed: int = 0
    share: float = 0.6
    patience: float = 0.3
    skew: float = 0.0
    calm: bool = False
    jobs: list[Job] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    script: list[str | None] = field(default_factory=list)
    """Faults to come next, before chance decides."""

    stopped: set[str] = field(default_factory=set)
    """The jobs that were stopped."""

    ends: Callable[[Job], str | None] = lambda job: None
    """How a job has ended that was not stopped: at once, in a word of the API."""

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._lock = threading.Lock()
        self._is_over = threading.Event()
        self._active = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    def close(self) -> None:
        self._is_over.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # else the thread that accepts would not notice
        self._listener.close()

    def duplicates(self) -> int:
        """How many jobs there are beyond one a payload."""
        return sum(count - 1 for count in Counter(job.digest for job in self.jobs).values())

    def _serve(self) -> None:
        while not self._is_over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            if self._is_refusing():
                self._refuse(connection)
            else:
                with self._lock:
                    self._active += 1
                threading.Thread(target=self._attend, args=(connection,), daemon=True).start()

    def _is_refusing(self) -> bool:
        with self._lock:
            if self.script:
                return self.script[0] == "refuse" and bool(self.script.pop(0))
            return not self.calm and self._random.random() < self.share / 10

    def _refuse(self, connection: socket.socket) -> None:
        """Resets whoever came, and lets nobody in for a moment."""
        self.faults["refuse"] += 1
        self._listener.close()
        _reset(connection)
        time.sleep(self.patience / 3)
        self._listener = socket.create_server(("127.0.0.1", self.port))

    def wait_until_quiet(self) -> None:
        """Until no request is being attended to: what was on its way has arrived, or never will."""
        time.sleep(0.05)  # for what has connected, and was not yet accepted
        while self._active:
            time.sleep(0.01)

    def _attend(self, connection: socket.socket) -> None:
        try:
            self._talk(connection)
        finally:
            with self._lock:
                self._active -= 1

    def _talk(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), connection:
            connection.settimeout(10)
            fault = self._next_fault()
            if fault == "reset-before-reading":
                self.faults[fault] += 1
                _reset(connection)
                return
            method, path, query, body = _request(connection)
            if method == "POST" and path.endswith("/job/submitJob"):
                self._submit(connection, fault, query, json.loads(body))
            elif method == "POST" and path.endswith("/job/stopJobs"):
                self._stop(connection, json.loads(body))
            else:
                self._answer_query(connection, fault, path, query)

    def _next_fault(self) -> str | None:
        with self._lock:
            if self.script:
                return self.script.pop(0)
            if self.calm or self._random.random() >= self.share:
                return None
            return self._random.choice([*STARTING, *HARMLESS])

    def _chance(self) -> bool:
        with self._lock:
            return self._random.random() < 0.5

    def _one_of(self, choices: Sequence[Any]) -> Any:
        with self._lock:
            return self._random.choice(choices)

    def _think(self) -> None:
        """An answer takes a while, in which a client can be killed."""
        if not self.calm:
            with self._lock:
                pause = self._random.random() * self.patience / 2
            self._is_over.wait(pause)

    @property
    def _now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.skew)

    def _submit(self, connection: socket.socket, fault: str | None, query: dict[str, str], body: dict) -> None:
        signed = datetime.strptime(query["timestamp"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        if fault == "expired" or abs((self._now - signed).total_seconds()) > WINDOW:
            self.faults["expired"] += 1
            self._say(connection, {"ret_code": 1300, "message": "expired"})
            return
        if fault is not None:
            self.faults[fault] += 1
        accepts = fault is None or fault.endswith("after-accepting") or (fault in STARTING and self._chance())
        job = self._start(body) if accepts else None
        self._think()
        good = {"ret_code": 0, "hpcjob_uuid": job.uuid if job else "hpcjob-none", "job_status": "pending"}
        self._go_wrong(connection, fault, good, is_accepted=job is not None)

    def _stop(self, connection: socket.socket, body: dict) -> None:
        uuids = body["job_ids"]
        self.stopped.update(uuids)
        results = [json.dumps({"job_ids": uuid, "ret_code": 0}) for uuid in uuids]
        self._say(connection, {"ret_code": 0, "custom_cmd_result": results})

    def _start(self, body: dict) -> Job:
        with self._lock:
            job = Job(f"hpcjob-{self.seed}-{len(self.jobs)}", body, self._now)
            self.jobs.append(job)
        return job

    def _go_wrong(self, connection: socket.socket, fault: str | None, good: dict, *, is_accepted: bool) -> None:
        match fault:
            case None:
                self._say(connection, good)
            case "reset-after-accepting" | "reset-after-reading":
                _reset(connection)
            case "hang-after-accepting":
                self._is_over.wait(self.patience * 3)
            case "half-an-answer":
                connection.sendall(self._response(good)[:-9])
            case "odd-code":
                answer = {**good, "ret_code": self._one_of(ODD_CODES)}
                self._say(connection, answer, self._one_of(STATUSES))
            case "odd-form":
                text = json.dumps(good)
                forms = (f"[{text}]", text + text, json.dumps(text), text[:-5], '{"ret_code": 1400, ' + text[1:])
                self._say(connection, self._one_of(forms), self._one_of(STATUSES))
            case "refusal-with-a-job":
                self._say(connection, {**good, "ret_code": self._one_of((1400, 1300, 5100))})
            case "429-for-ever":
                self._say(connection, "slow down", 429, "Retry-After: 9999999999")
            case "garbage":
                self._say(connection, "<html>it works!</html>")
            case "408" | "500" | "503":
                self._say(connection, "<html>sorry</html>", int(fault))
            case "429":
                self._say(connection, "slow down", 429, "Retry-After: 0")
            case "drip-for-ever":
                self._drip(connection, self._response(good), self.patience / 2)
            case "drip" | "two-answers":
                # A client that hears the whole answer must be told the truth.
                truth = good if is_accepted else {"ret_code": 1400, "message": "no"}
                if fault == "drip":
                    self._drip(connection, self._response(truth), self.patience / 2000)
                else:
                    connection.sendall(self._response(truth) * 2)
            case _:
                code, _, message = fault.partition(" ")
                self._say(connection, {"ret_code": int(code), "message": message or "so it is"})

    def _answer_query(self, connection: socket.socket, fault: str | None, path: str, query: dict[str, str]) -> None:
        if fault is not None:
            self.faults[f"query: {fault}"] += 1
            if fault not in ("expired", "1400"):
                self._go_wrong(connection, fault, {"ret_code": 0}, is_accepted=True)
                return
        with self._lock:
            jobs = list(self.jobs)
        if "/job/jobdetail/" in path:
            jobs = [job for job in jobs if job.uuid == path.rpartition("/")[2]]
            self._say(connection, {"ret_code": 0, "hpc_job_set": [self._told(job) for job in jobs]})
            return
        offset, limit = int(query.get("offset", 0)), int(query.get("limit", PAGE))
        page, total = self._listed(jobs, offset, limit)
        self._say(connection, {"ret_code": 0, "hpc_job_set": page, "total_count": total})

    def _listed(self, jobs: list[Job], offset: int, limit: int) -> tuple[list[dict[str, object]], int]:
        """A page of a list, and how many jobs it says that there are: the truth, or a lie."""
        lie = None if self.calm or not self._chance() else self._one_of(LIES)
        if lie is not None:
            self.faults[f"list: {lie}"] += 1
        total = len(jobs)
        match lie:
            case "same-page":
                offset = 0
            case "wrong-total":
                total = self._one_of((0, total // 2, total + 1, 10**6))
            case "shuffled":
                jobs = jobs[::-1]
            case "missing":
                jobs = jobs[::2]
            case "short-pages":
                limit = 7
            case "cut":
                jobs, total = jobs[:5], 10**4
        page = [self._told(job) for job in jobs[offset : offset + limit]]
        for entry in page:
            if lie == "no-zone":
                entry["submitted_time"] = str(entry["submitted_time"]).removesuffix("Z")
            elif lie == "untold":
                entry.update(run_user="", cmd_line="")
        return page, total

    def _told(self, job: Job) -> dict[str, object]:
        return {**job.listed(), **self._end_of(job)}

    def _end_of(self, job: Job) -> dict[str, object]:
        word = "cancelled" if job.uuid in self.stopped else self.ends(job)
        return {"job_status": word} if word is not None else {}

    def _say(self, connection: socket.socket, content: object, status: int = 200, *headers: str) -> None:
        connection.sendall(self._response(content, status, *headers))

    def _response(self, content: object, status: int = 200, *headers: str) -> bytes:
        text = content if isinstance(content, str) else json.dumps(content)
        head = [
            f"HTTP/1.1 {status} X",
            f"Date: {format_datetime(self._now, usegmt=True)}",
            f"Content-Length: {len(text.encode())}",
            "Connection: close",
            *headers,
        ]
        return ("\r\n".join(head) + "\r\n\r\n" + text).encode()

    def _drip(self, connection: socket.socket, data: bytes, pause: float) -> None:
        for byte in data:
            connection.sendall(bytes([byte]))
            if self._is_over.wait(pause):
                return


def _request(connection: socket.socket) -> tuple[str, str, dict[str, str], bytes]:
    with connection.makefile("rb") as file:
        method, target, _ = file.readline().decode().split()
        length = 0
        while (line := file.readline().decode().strip()) != "":
            name, _, value = line.partition(":")
            if name.lower() == "content-length":
                length = int(value)
        body = file.read(length)
    if len(body) < length:
        raise ValueError("half a request")
    parts = urlsplit(target)
    return method, parts.path, {name: values[0] for name, values in parse_qs(parts.query).items()}, body


def _reset(connection: socket.socket) -> None:
    """RST, not FIN: whatever was on its way is gone."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    connection.close()
