"""A whole `specc` before the commands of a site: what a user sees of a target of kind `command`."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.desk import Desk


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    made = Desk(tmp_path, capsys)
    yield made
    made.site.end()


def eventually(look: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not look():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_job_is_submitted_once_watched_and_read(desk: Desk) -> None:
    desk.trusted()
    done = desk("submit", "-y", "--wait")
    assert done.returncode == 0, done.stderr
    assert "accepted\t1-" in done.stdout
    (asked,) = desk.site.calls("submit")
    uuid = done.stdout.split("\t")[1]
    assert uuid == f"1-{Path(asked['folder']).name}"
    assert desk("logs", "--stream", "stdout").stdout.startswith(f"hello 1@server {uuid} ")
    again = desk("submit", "-y")
    assert again.returncode == 0
    assert len(desk.site.calls("submit")) == 1
    assert desk.job()["job_state"] == "finished"


def test_what_the_commands_are_asked(desk: Desk) -> None:
    desk.spec(more="  core_limit: 2\n  mem_limit: 64MiB\n  time_limit: 30s\n  scheduler_queue_name: long\n")
    desk.trusted()
    assert desk("submit", "-y", "--wait").returncode == 0
    (asked,) = desk.site.calls("submit")
    assert asked["specc"] == 1
    assert asked["settings"] == {"flavour": "plain", "weights": [1, 2]}
    assert (asked["cores"], asked["memory_bytes"], asked["time_seconds"], asked["queue"]) == (2, 64 << 20, 30, "long")
    payload = asked["payload"]
    assert payload["name"] == asked["name"] == "hello"
    assert Path(asked["script"]).parent == Path(asked["folder"])
    assert (asked["argv"], asked["cwd"]) == ([], "/")
    variables = asked["variables"]
    assert variables["MY_LICENSE"] == "1@server"
    assert "AWS_SECRET" not in variables
    assert all(call["jobs"] == ["1"] for call in desk.site.calls("status"))


def test_a_lost_answer_is_adopted_by_its_key(desk: Desk) -> None:
    desk.site.set("silent")
    desk.site.set("hold")
    desk.trusted()
    done = desk("submit", "-y")
    assert done.returncode == 0, done.stderr
    assert "accepted\t1-" in done.stdout
    assert os.access(desk.site.calls("submit")[0]["script"], os.X_OK)
    (found,) = desk.site.calls("find")
    assert found["keys"] == [desk.site.calls("submit")[0]["key"]]


def test_a_failure_ends_the_wait(desk: Desk) -> None:
    desk.spec("exit 4")
    desk.trusted()
    assert desk("submit", "-y", "--wait").returncode == 5
    assert "exit code 4" in desk("status").stdout
    folder = Path(desk.site.calls("submit")[0]["folder"])
    assert sorted(path.name for path in folder.iterdir()) == ["claim", "job", "stderr", "stdout"], "four files with it"


def test_a_refusal_is_shown_where_it_is_written(desk: Desk) -> None:
    desk.spec(more="  scheduler_queue_name: nope\n")
    desk.trusted()
    done = desk("submit", "-y")
    assert done.returncode == 3
    assert "a.job.yaml:10:25" in done.stderr
    assert "no such queue" in done.stderr


def test_no_command_runs_without_trust(desk: Desk) -> None:
    for words in (["check"], ["plan"], ["submit", "--dry-run"], ["render"], ["explain", "a.job.yaml"], ["config"]):
        assert desk(*words).returncode == 0, words
    done = desk("submit", "-y")
    assert done.returncode == 2
    assert "runs commands that you have not trusted" in done.stderr
    assert "specc trust --target site" in done.stderr
    assert not desk.site.calls()
