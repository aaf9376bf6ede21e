import sqlite3
import threading
from pathlib import Path

import pytest

from specc.errors import SpeccError
from specc.targets import JobState
from specc.targets.local import store as store_module
from specc.targets.local.jobs import Ended, Request, Run
from specc.targets.local.processes import ProcessId
from specc.targets.local.store import Store

RUNNER = ProcessId("boot", 17, 4711)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "state" / "jobs.db", clock=lambda: 1000.0)
    made.prepare()
    return made


def request(key: str = "k", cores: int = 1) -> Request:
    return Request(key, "digest", '{"name": "job"}', "job", Run(cores, 1.0, {"PATH": "/bin"}, 0o22, command="true"))


def test_a_job_from_queue_to_end(store: Store) -> None:
    job = store.add(request())
    assert (job.number, job.name, job.state, job.runner, job.submitted_at) == (1, "job", JobState.PENDING, None, 1000)
    assert job.uuid.startswith("hpcjob-")
    assert len(job.uuid) == 15
    assert store.run_of(job.uuid) == request().run
    assert store.body_of(job.uuid) == {"name": "job"}
    assert store.pending(9) == [job]
    claimed = store.claim(job.uuid, RUNNER, 1)
    assert claimed is not None
    assert store.running() == [claimed]
    assert store.claim(job.uuid, RUNNER, 1) is None
    assert store.settle(job.uuid, RUNNER, Ended(JobState.EXITED, 2, "exit code 2"))
    ended = store.with_uuids([job.uuid])[job.uuid]
    assert (ended.state, ended.exit_code, ended.reason, ended.runner) == (JobState.EXITED, 2, "exit code 2", RUNNER)
    assert store.with_keys(["k", "other"]) == [ended]


def test_what_is_not_there(store: Store) -> None:
    assert store.run_of("x") is None
    assert store.with_uuids(["x"]) == {}
    assert store.claim("x", RUNNER, 1) is None
    store.cancel(["x"])


def test_thousands_of_jobs_in_one_question(store: Store) -> None:
    uuids = [f"hpcjob-{number:08}" for number in range(5000)]
    assert store.with_uuids(uuids) == {}


def test_a_uuid_that_is_taken_is_not_given_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    letters = iter("a" * 16 + "b" * 8)
    monkeypatch.setattr(store_module.secrets, "choice", lambda _: next(letters))
    assert [store.add(request(key)).uuid for key in "12"] == ["hpcjob-aaaaaaaa", "hpcjob-bbbbbbbb"]


def test_claims_at_once_are_one_claim(store: Store) -> None:
    uuid = store.add(request()).uuid
    claims: list[object] = []
    threads = [
        threading.Thread(target=lambda pid=pid: claims.append(store.claim(uuid, ProcessId("b", pid, 0), 9)))
        for pid in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([claim for claim in claims if claim is not None]) == 1


def test_the_store_is_nobody_elses(store: Store) -> None:
    assert store.path.stat().st_mode & 0o777 == 0o600
    assert store.path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("PRAGMA user_version = 99", "was written by a newer specc"),
        ("UPDATE place SET machine = 'other'", "belongs to another machine"),
    ],
)
def test_a_foreign_store_is_left_alone(store: Store, change: str, message: str) -> None:
    connection = sqlite3.connect(store.path, isolation_level=None)
    connection.execute(change)
    connection.close()
    with pytest.raises(SpeccError, match=message):
        store.prepare()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SpeccError, match="cannot be used"):
        Store(tmp_path / "file" / "jobs.db").prepare()


def test_names_of_folders_that_a_uri_must_escape(tmp_path: Path) -> None:
    odd = Store(tmp_path / "a b?c#d%e" / "jobs.db")
    odd.prepare()
    assert odd.add(request()).number == 1
    assert [path.name for path in (tmp_path / "a b?c#d%e").iterdir()] == ["jobs.db"]
