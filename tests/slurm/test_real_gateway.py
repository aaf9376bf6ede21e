"""`specc serve --target hpc`: the vendor's SDK before a real Slurm."""

import contextlib
import io
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from qingcloud_hpc.HpcApiConnection import HpcApiConnection
from support.ehpc_server import settings_of
from support.real_slurm import Project, eventually

from specc.lowering import Payload, receive
from specc.project import Apis
from specc.targets import Accepted, Attempt, JobState
from specc.targets.ehpc.account import Endpoint
from specc.targets.ehpc.client import client_opener
from specc.targets.ehpc.credentials import read_credentials
from specc.targets.ehpc.target import EhpcTarget

CLUSTER, ZONE = "ehpc-8jqdq0mz", "jn1a"


class Gateway:
    def __init__(self, project: Project) -> None:
        self.project = project
        command = [sys.executable, "-m", "specc", "serve", "--target", "hpc", "--port", "0"]
        self.process = subprocess.Popen(
            command, cwd=project.folder, env=project.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().decode().strip()
        (keys,) = (project.folder.parent / "state").glob("specc/serve/*-hpc/keys.env")
        self.keys = dict(line.split("=", 1) for line in keys.read_text().splitlines())

    def sdk(self) -> HpcApiConnection:
        return HpcApiConnection(
            access_key_id=self.keys["QY_ACCESS_KEY_ID"],
            secret_access_key=self.keys["QY_SECRET_ACCESS_KEY"],
            host="127.0.0.1",
            port=int(self.url.split(":")[2].partition("/")[0]),
            zone=ZONE,
            protocol="http",
        )

    def target(self) -> EhpcTarget:
        credentials = read_credentials(self.keys, self.project.folder)
        place = {"zone": ZONE, "cluster_id": CLUSTER}
        clock, opener = (lambda: datetime.now(UTC)), client_opener()
        return EhpcTarget(settings_of("gateway", place), Endpoint.parse(self.url), credentials, clock, opener)


@pytest.fixture
def gateway(project: Project) -> Iterator[Gateway]:
    made = Gateway(project)
    yield made
    made.process.send_signal(signal.SIGTERM)
    made.process.wait(30)
    assert made.process.stdout is not None
    made.process.stdout.close()


def ask(connection: HpcApiConnection, action: str, **parameters: Any) -> dict[str, Any]:
    """A call of the SDK, which prints what it signs."""
    with contextlib.redirect_stdout(io.StringIO()):
        return dict(connection.send_request(action, **parameters))


def job(**fields: object) -> dict[str, object]:
    return {"cluster_id": CLUSTER, "run_user": "usr-IuZxPyn2", "name": "作业 1", "cmd_line": "true", **fields}


def listed(connection: HpcApiConnection, **filters: object) -> list[dict[str, Any]]:
    answer = ask(connection, "HpcJobListJobs", cluster_id=CLUSTER, **filters)
    assert answer["ret_code"] == 0, answer
    return list(answer["hpc_job_set"])


def test_the_vendors_sdk_submits_lists_reads_and_stops(gateway: Gateway) -> None:
    sdk = gateway.sdk()
    answer = ask(sdk, "HpcJobSubmitJob", **job(name="sdk", cmd_line="echo from $SLURM_JOB_ID; sleep 60", core_limit=2))
    assert answer["ret_code"] == 0, answer
    uuid = answer["hpcjob_uuid"]
    running = eventually(lambda: listed(sdk, job_status="running"))
    assert [entry["hpcjob_uuid"] for entry in running] == [uuid]
    number = uuid.partition("-")[0]
    assert "JobName=sdk" in gateway.project.slurm.run("scontrol", "show", "job", number)
    (entry,) = ask(sdk, "HpcJobGetJobDetail", job_uuid=uuid, cluster_id=CLUSTER)["hpc_job_set"]
    out = Path(entry["stdout_redirect_path"])
    eventually(lambda: out.exists() and out.read_text() == f"from {number}\n")
    stopped = ask(sdk, "HpcJobStopJobs", cluster_id=CLUSTER, job_ids=[uuid])
    assert json.loads(stopped["custom_cmd_result"][0])["ret_code"] == 0
    eventually(lambda: listed(sdk, job_status="cancelled"))


def test_the_vendors_sdk_is_told_what_slurm_refuses(gateway: Gateway) -> None:
    sdk = gateway.sdk()
    answer = ask(sdk, "HpcJobSubmitJob", **job(scheduler_queue_name="nowhere"))
    assert answer["ret_code"] == 1101
    assert "Invalid partition name specified" in answer["message"]
    assert ask(sdk, "HpcJobSubmitJob", **job(name="a\n#SBATCH --uid=0"))["ret_code"] != 0
    assert listed(sdk) == []


def test_specc_before_specc_before_slurm(gateway: Gateway) -> None:
    target = gateway.target()
    made = receive({**job(cmd_line="echo hello; exit 3", mem_limit=100), "zone": ZONE}, Apis()["ehpc/v1"])
    assert isinstance(made, Payload)
    outcome = target.submit(Attempt("0" * 32, made, made.name))
    assert isinstance(outcome, Accepted), outcome
    ended = eventually(lambda: (r := target.status([outcome.uuid])[outcome.uuid]).state.is_final and r)
    assert ended
    assert (ended.state, ended.exit_code, ended.reason) == (JobState.EXITED, 3, "exit code 3")
