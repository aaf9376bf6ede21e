"""`specc serve` as a process, before jobs that really run: driven by the vendor's SDK, by specc, and by accidents."""

import contextlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from qingcloud_hpc.HpcApiConnection import HpcApiConnection
from support.ehpc_server import settings_of
from support.local_jobs import Place, eventually
from support.sampling import mostly_slow

from specc.cli.main import run
from specc.lowering import Payload, receive
from specc.project import shipped_apis
from specc.targets import Accepted, Attempt, JobState
from specc.targets.ehpc.account import Endpoint
from specc.targets.ehpc.client import client_opener
from specc.targets.ehpc.credentials import read_credentials
from specc.targets.ehpc.signing import signed_query, timestamp_of
from specc.targets.ehpc.target import EhpcTarget
from specc.targets.local.machine import machine_id

CLUSTER, ZONE = "ehpc-8jqdq0mz", "jn1a"
CONFIGURATION = """\
[units]
mem_limit = "MiB"
time_limit = "s"
[targets.local]
run_as = "caller"
"""


class Gateway:
    """`specc serve` in a project and with a state folder of its own, on a port that stays."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state" / "specc"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/api"
        (folder / "specc.toml").write_text(CONFIGURATION)
        self.environment = {**os.environ, "XDG_STATE_HOME": str(folder / "state"), "HOME": str(folder)}
        self.start()
        text = (self.state / "serve" / machine_id() / "keys.env").read_text()
        self.keys = dict(line.split("=", 1) for line in text.splitlines())

    def start(self) -> None:
        self.errors = (self.folder / "serve.log").open("a")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "specc", "serve", "--port", str(self.port)],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline().strip() == self.url, self.log()

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.ended()

    def ended(self) -> int:
        code = self.process.wait(30)
        self.process.stdout.close()
        self.errors.close()
        return code

    def log(self) -> str:
        return (self.folder / "serve.log").read_text()

    def sdk(self) -> HpcApiConnection:
        return HpcApiConnection(
            access_key_id=self.keys["QY_ACCESS_KEY_ID"],
            secret_access_key=self.keys["QY_SECRET_ACCESS_KEY"],
            host="127.0.0.1",
            port=self.port,
            zone=ZONE,
            protocol="http",
        )

    def target(self) -> EhpcTarget:
        credentials = read_credentials(self.keys, self.folder)
        place = {"zone": ZONE, "cluster_id": CLUSTER}
        clock, opener = (lambda: datetime.now(UTC)), client_opener()
        return EhpcTarget(settings_of("gateway", place), Endpoint.parse(self.url), credentials, clock, opener)

    def signed(self, method: str, path: str, body: bytes) -> str:
        """The URL of a request, signed once, to be sent as often as wanted."""
        key, secret = self.keys["QY_ACCESS_KEY_ID"], self.keys["QY_SECRET_ACCESS_KEY"]
        query = signed_query(method, path, {}, body, key, secret, timestamp_of(datetime.now(UTC)))
        return f"http://127.0.0.1:{self.port}{path}?{query}"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@contextlib.contextmanager
def gateway_in(folder: Path) -> Iterator[Gateway]:
    """Nothing of it is left afterwards: the supervisor of its jobs would wait for more of them for a while."""
    folder.mkdir(exist_ok=True)
    gateway = Gateway(folder)
    jobs = Place(gateway.state / "local" / machine_id())
    try:
        yield gateway
    finally:
        if gateway.process.poll() is None:
            gateway.end(signal.SIGKILL)
        for process in jobs.processes():
            with contextlib.suppress(psutil.Error):
                process.kill()


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with gateway_in(tmp_path_factory.mktemp("gateway")) as gateway:
        yield gateway


def post(url: str, body: bytes) -> dict[str, Any]:
    return httpx.post(url, content=body, headers={"Content-Type": "application/json"}).json()


def ask(connection: HpcApiConnection, action: str, **parameters: Any) -> dict[str, Any]:
    """A call of the SDK, which prints what it signs."""
    with contextlib.redirect_stdout(io.StringIO()):
        return dict(connection.send_request(action, **parameters))


def job(**fields: object) -> dict[str, object]:
    return {"cluster_id": CLUSTER, "run_user": "usr-IuZxPyn2", "name": "作业 1", "cmd_line": "true", **fields}


def attempt(key: str = "0" * 32, **fields: object) -> Attempt:
    made = receive({**job(**fields), "zone": ZONE}, shipped_apis()["ehpc/v1"])
    assert isinstance(made, Payload)
    return Attempt(key, made, made.name)


def listed(connection: HpcApiConnection, **filters: object) -> list[dict[str, Any]]:
    answer = ask(connection, "HpcJobListJobs", cluster_id=CLUSTER, **filters)
    assert answer["ret_code"] == 0, answer
    return answer["hpc_job_set"]


def test_the_vendors_sdk_submits_lists_reads_and_stops(gateway: Gateway) -> None:
    sdk = gateway.sdk()
    answer = ask(sdk, "HpcJobSubmitJob", **job(name="sdk", cmd_line="echo from the job; sleep 60", core_limit=1))
    assert set(answer) == {"action", "job_status", "hpcjob_uuid", "job_id", "ret_code"}
    assert (answer["action"], answer["ret_code"]) == ("HpcJobSubmitJobResponse", 0)
    uuid = answer["hpcjob_uuid"]

    running = eventually(lambda: listed(sdk, search_word="sdk", job_status="running", limit=5))
    assert [entry["hpcjob_uuid"] for entry in running] == [uuid]
    assert running[0]["run_user"] == "usr-IuZxPyn2"

    (entry,) = ask(sdk, "HpcJobGetJobDetail", job_uuid=uuid, cluster_id=CLUSTER)["hpc_job_set"]
    assert (entry["job_name"], entry["job_status"]) == ("sdk", "running")
    eventually(lambda: Path(entry["stdout_redirect_path"]).read_text() == "from the job\n")

    stopped = ask(sdk, "HpcJobStopJobs", cluster_id=CLUSTER, job_ids=[uuid])
    assert stopped["ret_code"] == 0
    assert json.loads(stopped["custom_cmd_result"][0]) == {"job_ids": answer["job_id"], "ret_code": 0}
    eventually(lambda: listed(sdk, search_word="sdk", job_status="cancelled"))


def test_the_vendors_sdk_is_told_what_is_wrong(gateway: Gateway) -> None:
    sdk = gateway.sdk()
    assert ask(sdk, "HpcJobSubmitJob", **job(cluster_id="x", core_limit=10_000))["ret_code"] == 1101
    assert ask(sdk, "HpcJobSubmitJob", **job(cmd_line=""))["ret_code"] == 1100
    assert ask(sdk, "HpcJobGetJobDetail", job_uuid="hpcjob-nowhere", cluster_id=CLUSTER)["ret_code"] == 2100
    assert ask(sdk, "HpcJobStopJobs", cluster_id=CLUSTER, job_ids=["hpcjob-nowhere"])["ret_code"] == 2100
    sdk.config.qy_secret_access_key = "wrong"
    assert ask(sdk, "HpcJobListJobs", cluster_id=CLUSTER)["ret_code"] == 1200


def test_specc_submits_waits_and_reads_the_output(gateway: Gateway) -> None:
    target = gateway.target()
    outcome = target.submit(attempt(name="cavity", cmd_line="echo hello; exit 3", core_limit=1, mem_limit=200))
    assert isinstance(outcome, Accepted)
    assert outcome.echoed["action"] == "HpcJobSubmitJobResponse"
    ended = eventually(lambda: (r := target.status([outcome.uuid])[outcome.uuid]).state.is_final and r)
    assert (ended.state, ended.exit_code, ended.reason, ended.name) == (JobState.EXITED, 3, "exit code 3", "cavity")
    (path,) = [file.path for file in target.logs(outcome.uuid).files if file.stream == "stdout"]
    assert path is not None
    assert path.read_text() == "hello\n"


def test_specc_finds_a_job_whose_answer_it_did_not_get(gateway: Gateway) -> None:
    target = gateway.target()
    since = datetime.now(UTC)
    outcome = target.submit(attempt(name="lost answer"))
    assert isinstance(outcome, Accepted)
    (found,) = target.look_up([attempt(name="lost answer")], since, datetime.now(UTC))
    assert found.uuid == outcome.uuid
    body = attempt(name="lost answer").payload.body
    assert {name: value for name, value in body.items() if name in found.fields} == {
        name: value for name, value in found.fields.items() if name in body
    }


def test_specc_stops_a_sweep(gateway: Gateway) -> None:
    target = gateway.target()
    outcomes = [target.submit(attempt(name=f"sweep {number}", cmd_line="sleep 60")) for number in range(5)]
    uuids = [outcome.uuid for outcome in outcomes if isinstance(outcome, Accepted)]
    assert len(set(uuids)) == 5
    assert all(answer.done for answer in target.cancel(uuids))
    eventually(lambda: all(report.state is JobState.CANCELLED for report in target.status(uuids).values()))


def test_the_log_names_calls_and_no_secret(gateway: Gateway) -> None:
    gateway.target().status(["hpcjob-x"])
    text = gateway.log()
    assert " GET /api/job/jobdetail/hpcjob-x key=SPEC..." in text
    for hidden in ("signature", gateway.keys["QY_SECRET_ACCESS_KEY"], gateway.keys["QY_ACCESS_KEY_ID"]):
        assert hidden not in text


@pytest.mark.slow
def test_a_request_that_is_sent_again_after_kill_9_starts_no_second_job(tmp_path: Path) -> None:
    with gateway_in(tmp_path / "project") as gateway:
        body = json.dumps({**job(cmd_line="true", name="once"), "zone": ZONE}).encode()
        url = gateway.signed("POST", "/api/job/submitJob", body)
        first = post(url, body)
        assert first["ret_code"] == 0
        assert gateway.end(signal.SIGKILL) == -signal.SIGKILL
        gateway.start()
        assert post(url, body) == first
        assert [entry["hpcjob_uuid"] for entry in listed(gateway.sdk())] == [first["hpcjob_uuid"]]


@pytest.mark.slow
def test_kill_9_at_any_moment_loses_no_job_and_doubles_none(tmp_path: Path) -> None:
    with gateway_in(tmp_path / "project") as gateway:
        requests = []
        for number in range(9):
            body = json.dumps({**job(name=f"job {number}"), "zone": ZONE}).encode()
            requests.append((gateway.signed("POST", "/api/job/submitJob", body), body))
        for number, (url, body) in enumerate(requests):
            killer = threading.Timer(0.008 + number / 1000, gateway.process.kill)
            if number % 3 == 0:
                killer.start()
            with contextlib.suppress(httpx.HTTPError):
                post(url, body)
            killer.cancel()
            if gateway.process.poll() is not None:
                gateway.end(signal.SIGKILL)
                gateway.start()
        answers = [post(url, body) for url, body in requests]
        uuids = [answer["hpcjob_uuid"] for answer in answers]
        assert len(set(uuids)) == 9
        entries = listed(gateway.sdk(), limit=100)
        assert sorted(entry["hpcjob_uuid"] for entry in entries) == sorted(uuids)
        assert sorted(Place(gateway.state / "local" / machine_id()).all_states()) == sorted(uuids)


@pytest.mark.slow
def test_told_to_end_it_ends_after_what_it_has_begun(tmp_path: Path) -> None:
    with gateway_in(tmp_path / "project") as gateway:
        body = json.dumps({**job(name="last"), "zone": ZONE}).encode()
        url = gateway.signed("POST", "/api/job/submitJob", body)
        path = url.partition(str(gateway.port))[2]
        headers = f"Host: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        head = f"POST {path} HTTP/1.1\r\n{headers}\r\nConnection: close"
        with socket.create_connection(("127.0.0.1", gateway.port)) as connection:
            connection.sendall(f"{head}\r\n\r\n".encode() + body[:10])
            time.sleep(0.3)
            gateway.process.send_signal(signal.SIGTERM)
            eventually(lambda: refuses(gateway.port))
            connection.sendall(body[10:])
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        assert b'"ret_code": 0' in answer
        assert gateway.ended() == 0
        assert gateway.log().endswith("ended\n")


def refuses(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return True
    return False


@pytest.mark.parametrize(
    ("arguments", "message"),
    mostly_slow(
        [
            (["--target", "nowhere"], "there is no target `nowhere`"),
            (["--target", "cloud"], "`cloud` is an account of the EHPC API"),
            (["--host", "0.0.0.0"], "`--host 0.0.0.0` gives the server no name"),
            (["--host", "256.0.0.1"], "cannot listen on 256.0.0.1, port 8888: "),
            (["--port", "99999"], "99999"),
            (["--calls", "0"], "0"),
        ],
        quick=1,
    ),
)
def test_what_cannot_be_served(tmp_path: Path, arguments: list[str], message: str) -> None:
    (tmp_path / "specc.toml").write_text('[targets.cloud]\nkind = "ehpc"\n')
    result = subprocess.run(
        [sys.executable, "-m", "specc", "serve", *arguments],
        cwd=tmp_path,
        env={**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert result.returncode == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr


CLIENT = """project = "client"
target = "api"
[units]
mem_limit = "MiB"
time_limit = "s"
[targets.api]
kind = "ehpc"
endpoint = "{url}"
job = {{zone = "jn1a", cluster_id = "ehpc-8jqdq0mz", run_user = "ada"}}
"""
MEASURED = """specc: 1
matrix: {axes: {n: [1, 2]}}
job:
  name: m-{{ cell.slug }}
  core_limit: 1
  cmd_line: |
    echo "value = {{ matrix.n * 10 }}"
    echo '{"n": {{ matrix.n }}}' > out.json
results:
  value: {pattern: 'value = (\\S+)', type: integer}
  n_file: {from: out.json, key: n}
  none: {from: nope.json, key: n}
"""


def test_results_of_jobs_of_the_api(gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    """On one machine with the server, a client sees the files of the jobs; else it says where they are."""
    for name, value in gateway.keys.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "specc.toml").write_text(CLIENT.format(url=gateway.url))
    (tmp_path / "m.job.yaml").write_text(MEASURED)
    assert run(["submit", "--wait"]) == 0, capsys.readouterr()
    capsys.readouterr()
    assert run(["results", "--output", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [row["results"] for row in rows] == [{"value": 10 * n, "n_file": n, "none": None} for n in (1, 2)]
    assert rows[0]["missing"] == {"none": "cannot read `nope.json`: no such file or directory"}
    assert [row["state"] for row in rows] == ["finished", "finished"]

    def elsewhere(path: Path, submitted_at: datetime | None) -> bool:
        return False

    monkeypatch.setattr("specc.targets.ehpc.target._is_output", elsewhere)
    assert run(["results", "--output", "json"]) == 0
    missing = json.loads(capsys.readouterr().out)["rows"][0]["missing"]
    assert missing["value"].startswith("stdout is not visible from here: /")
    assert missing["n_file"] == "`out.json` is not visible from here: it is a file of the target `api`"
