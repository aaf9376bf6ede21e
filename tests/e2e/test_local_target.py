"""The local target with real processes: what a job finds, what it leaves, and how it is asked about."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.local_jobs import Place, attempt, eventually, place_at

from specc.errors import SpeccError
from specc.targets import Accepted, Cancelled, JobState, Rejected

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One for all tests that need no supervisor of their own."""
    with place_at(tmp_path_factory.mktemp("local") / "state") as place:
        yield place


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Place]:
    with place_at(tmp_path / "state") as place:
        yield place


@pytest.mark.parametrize(
    ("command", "state", "exit_code", "reason"),
    [
        ("true", JobState.FINISHED, 0, ""),
        ("exit 3", JobState.EXITED, 3, "exit code 3"),
        ("kill -USR1 $$", JobState.EXITED, 138, "killed by SIGUSR1"),
        ("kill -40 $$", JobState.EXITED, 168, "killed by signal 40"),
        ("no-such-program", JobState.EXITED, 127, "exit code 127"),
    ],
)
def test_how_a_command_ends(place: Place, command: str, state: JobState, exit_code: int, reason: str) -> None:
    report = place.run(command)
    assert (report.state, report.raw, report.exit_code, report.reason) == (state, state.value, exit_code, reason)
    assert report.name == "job"


def test_the_streams_go_to_files_of_the_job_unless_told_otherwise(place: Place, tmp_path: Path) -> None:
    plain = place.submit("echo out; echo err >&2")
    named = place.submit("echo out; echo err >&2", stdout_redirect_path="logs/%j-%x.out")
    absolute = place.submit("echo out; echo err >&2", stderr_redirect_path=str(tmp_path / "far" / "away.err"))
    place.wait(plain, named, absolute)
    assert place.printed(plain) == "out\n"
    assert place.printed(plain, "stderr") == "err\n"
    assert (place.folder(named).work / "logs" / "%j-%x.out").read_text() == place.printed(named) == "out\n"
    assert place.printed(named, "stderr") == "err\n", "it has its own file"
    assert (tmp_path / "far" / "away.err").read_text() == "err\n"


@pytest.mark.parametrize("second", ["both.log", "./both.log", "x/../both.log"])
def test_two_streams_in_one_file_do_not_write_over_each_other(place: Place, second: str) -> None:
    uuid = place.submit(
        "mkdir -p x; echo one; echo two >&2; echo three", stdout_redirect_path="both.log", stderr_redirect_path=second
    )
    place.wait(uuid)
    assert place.printed(uuid) == "one\ntwo\nthree\n"


def test_an_input_file_is_standard_input(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in.txt").write_text("from the file")
    monkeypatch.chdir(tmp_path)
    uuid = place.submit("cat", input_file="in.txt")
    monkeypatch.chdir("/")
    place.wait(uuid)
    assert place.printed(uuid) == "from the file"


def test_an_input_file_alone_is_the_script(place: Place, tmp_path: Path) -> None:
    script = tmp_path / "run.sh"
    script.write_text('echo "$0"; cat')
    uuid = place.submit(None, input_file=str(script))
    assert place.wait(uuid)[0].state is JobState.FINISHED
    assert place.printed(uuid) == f"{script}\n"


def test_a_job_finds_a_small_environment_without_credentials(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QY_SECRET_ACCESS_KEY", "s3cret")
    monkeypatch.setenv("LC_TIME", "C")
    uuid = place.submit(
        f"{sys.executable} -c 'import json, os; print(json.dumps(dict(os.environ)))'; cat /proc/$PPID/environ >&2",
        core_limit=2,
        name="na me",
    )
    place.wait(uuid)
    found = json.loads(place.printed(uuid))
    folder = place.folder(uuid)
    assert found["PATH"] == os.environ["PATH"]
    assert found["LC_TIME"] == "C"
    assert found["PWD"] == str(folder.work)
    assert {name: value for name, value in found.items() if name.startswith(("SPECC", "OMP"))} == {
        "SPECC_JOB_ID": uuid,
        "SPECC_JOB_NAME": "na me",
        "SPECC_JOB_DIR": str(folder.root),
        "SPECC_CORES": "2",
        "OMP_NUM_THREADS": "2",
    }
    assert not {name for name in found if name.startswith(("QY", "PYTEST"))}
    assert "s3cret" not in place.printed(uuid, "stderr"), "nor could it read them from its runner"


def test_a_job_has_a_session_without_terminal_its_own_group_and_default_signals(place: Place) -> None:
    code = (
        "import os, signal; print(os.getppid() == os.getpgrp(), os.getpgrp() != os.getsid(0), "
        "[s.name for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD) "
        "if signal.getsignal(s) == signal.SIG_IGN], signal.pthread_sigmask(signal.SIG_BLOCK, []))"
    )
    uuid = place.submit(f'{sys.executable} -c "{code}"; ls /proc/self/fd | wc -l')
    place.wait(uuid)
    assert place.printed(uuid) == "True True [] set()\n4\n", "three streams, and the one that ls opened"


def test_a_job_has_the_umask_of_who_submits_it(place: Place) -> None:
    old = os.umask(0o027)
    try:
        uuid = place.submit("umask")
    finally:
        os.umask(old)
    place.wait(uuid)
    assert place.printed(uuid) == "0027\n"


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        ("file", "cannot make the folder {0}: {0} is a file, and not a folder"),
        ("loop", "cannot make the folder {0}: {0}: Too many levels of symbolic links"),
        ("nowhere", "cannot make the folder {0}: {0} is a symbolic link that leads nowhere"),
        ("folder", "cannot open {0}/out: Is a directory"),
    ],
)
def test_a_job_whose_files_cannot_be_opened_says_so(place: Place, tmp_path: Path, odd: str, reason: str) -> None:
    """They could when it was submitted."""
    gate = tmp_path / "gate"
    first = place.submit(f"while [ ! -e {gate} ]; do sleep 0.02; done", core_limit=2)
    where = tmp_path / odd
    second = place.submit("true", stdout_redirect_path=f"{where}/out")
    if odd == "file":
        where.touch()
    elif odd == "folder":
        (where / "out").mkdir(parents=True)
    else:
        where.symlink_to(where if odd == "loop" else tmp_path / "none")
    gate.touch()
    report = place.wait(first, second)[1]
    assert (report.state, report.exit_code) == (JobState.EXITED, None)
    assert report.reason == f"never started: {reason.format(where)}"


def test_jobs_wait_for_cores_in_their_order(place: Place) -> None:
    first = place.submit("sleep 0.3", core_limit=2)
    place.started(first)
    second, third = place.submit("true", core_limit=2), place.submit("true")
    reports = place.target.status([second, third])
    assert [report.state for report in reports.values()] == [JobState.PENDING, JobState.PENDING]
    assert [report.reason for report in reports.values()] == ["waiting for 2 cores", "waiting for a core"]
    place.wait(first, second, third)


def test_no_more_cores_are_used_than_there_are(place: Place, tmp_path: Path) -> None:
    """Each job notes how many were at work when it was, itself among them."""
    busy = tmp_path / "busy"
    busy.mkdir()
    command = f"touch {busy}/$SPECC_JOB_ID; ls {busy} | wc -l; sleep 0.05; rm {busy}/$SPECC_JOB_ID"
    uuids = [place.submit(command) for _ in range(12)]
    place.wait(*uuids)
    assert {int(place.printed(uuid)) for uuid in uuids} <= {1, 2}


def test_a_job_too_large_for_a_machine_that_has_shrunk_runs_alone(place: Place) -> None:
    uuid = place.submit("sleep 0.1", core_limit=2)
    place.wait(uuid)
    place.sql("UPDATE jobs SET state = 'pending', cores = 3, pid = NULL WHERE uuid = ?", uuid)
    place.folder(uuid).record.unlink()
    assert place.wait(uuid)[0].state is JobState.FINISHED


def test_a_pending_job_is_cancelled_at_once_and_never_runs(place: Place) -> None:
    blocking = place.submit("sleep 30", core_limit=2)
    place.started(blocking)
    waiting = place.submit("touch ran")
    assert place.target.cancel([waiting, "hpcjob-00000000"]) == [
        Cancelled(waiting, True, "it had not started"),
        Cancelled("hpcjob-00000000", False, "there is no such job on this machine"),
    ]
    assert place.report(waiting).state is JobState.CANCELLED
    assert place.target.cancel([blocking]) == [Cancelled(blocking, True, "its processes were told to end")]
    (report,) = place.wait(blocking)
    assert (report.state, report.reason) == (JobState.CANCELLED, "cancelled while it ran")
    assert place.target.cancel([waiting, blocking]) == [
        Cancelled(uuid, False, "it has ended: cancelled") for uuid in (waiting, blocking)
    ]
    assert not place.folder(waiting).root.exists()


def test_a_job_that_ignores_the_request_to_end_is_killed(place: Place) -> None:
    uuid = place.submit("trap '' TERM; echo ready > ready; while true; do sleep 0.05; done")
    place.written(uuid, "ready")
    place.target.cancel([uuid])
    (report,) = place.wait(uuid)
    assert (report.state, report.exit_code) == (JobState.CANCELLED, 137)


def test_a_job_may_end_in_good_order(place: Place) -> None:
    uuid = place.submit("trap 'echo saved; exit 0' TERM; echo ready > ready; while true; do sleep 0.05; done")
    place.written(uuid, "ready")
    place.target.cancel([uuid])
    (report,) = place.wait(uuid)
    assert (report.state, report.exit_code) == (JobState.CANCELLED, 0)
    assert place.printed(uuid) == "saved\n"


def test_a_runner_told_to_end_by_somebody_else_says_so(place: Place) -> None:
    uuid = place.submit("sleep 30")
    place.started(uuid).terminate()
    (report,) = place.wait(uuid)
    assert report.state is JobState.EXITED
    assert report.reason == "its runner was told to end, perhaps by a shutdown"


def test_the_same_key_gives_the_first_job_and_runs_once(place: Place, tmp_path: Path) -> None:
    once = attempt(f"echo x >> {tmp_path}/runs", key="k")
    outcomes = [place.target.submit(once) for _ in range(3)]
    (uuid,) = {outcome.uuid for outcome in outcomes if isinstance(outcome, Accepted)}
    place.wait(uuid)
    again = place.target.submit(once)
    assert again == Accepted(
        uuid, {"job_status": "finished", "job_id": str(place.store.with_uuids([uuid])[uuid].number)}
    )
    assert (tmp_path / "runs").read_text() == "x\n"
    other = place.target.submit(attempt("false", key="k"))
    assert isinstance(other, Rejected)
    assert other.code == "key-used"


def test_look_up_finds_attempts_by_their_keys(place: Place) -> None:
    sent, other = attempt(key="sent"), attempt(key="not-sent")
    outcome = place.target.submit(sent)
    assert isinstance(outcome, Accepted)
    place.wait(outcome.uuid)
    (found,) = place.target.look_up([sent, other], NOW, NOW)
    assert (found.uuid, found.tag, found.fields) == (outcome.uuid, "sent", sent.payload.body)
    assert found.submitted_at is not None
    assert found.submitted_at.tzinfo is not None


def test_jobs_outlive_who_submitted_them(place: Place) -> None:
    """Another process submits and is gone before anything can have started."""
    code = f"""
from pathlib import Path
from support.local_jobs import Place
print(Place(Path({str(place.state.root)!r})).submit("sleep 0.2; echo done"))
"""
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    made = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    uuid = made.stdout.strip()
    assert place.wait(uuid)[0].state is JobState.FINISHED
    assert place.printed(uuid) == "done\n"


@pytest.mark.slow
def test_many_clients_at_once_get_one_job_for_one_key(place: Place, tmp_path: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from support.local_jobs import Place, attempt
place = Place(Path({str(place.state.root)!r}))
sys.stdin.read()
print(place.target.submit(attempt("echo x >> {tmp_path}/runs", key="many")).uuid)
"""
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    clients = [
        subprocess.Popen(
            [sys.executable, "-c", code], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    for client in clients:
        assert client.stdin is not None
        client.stdin.close()
        client.stdin = None
    (uuid,) = {client.communicate()[0].strip() for client in clients}
    place.wait(uuid)
    assert (tmp_path / "runs").read_text() == "x\n"


def test_threads_may_share_a_target(place: Place) -> None:
    uuids: list[str] = []
    threads = [threading.Thread(target=lambda: uuids.append(place.submit("true"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {report.state for report in place.wait(*uuids)} == {JobState.FINISHED}
    assert place.log() == ""


def test_the_supervisor_ends_when_idle_and_comes_again(fresh: Place) -> None:
    fresh.run("true")
    eventually(lambda: not fresh.processes(), "the supervisor does not end")
    assert fresh.run("true").state is JobState.FINISHED


def test_a_supervisor_whose_folder_is_taken_away_ends(tmp_path: Path) -> None:
    with place_at(tmp_path / "state") as place:
        place.run("true")
        place.state.root.rename(tmp_path / "elsewhere")
        eventually(lambda: not place.processes(), "the supervisor does not end")
        (tmp_path / "elsewhere").rename(place.state.root)


def test_logs_of_an_unknown_job_are_an_error(place: Place) -> None:
    with pytest.raises(SpeccError, match="there is no job hpcjob-00000000"):
        place.target.logs("hpcjob-00000000")
    assert place.report("hpcjob-00000000").state is JobState.UNKNOWN


def test_logs_are_known_before_the_job_starts(place: Place) -> None:
    blocking = place.submit("sleep 30", core_limit=2)
    waiting = place.submit("true", stdout_redirect_path="out/a.txt")
    paths = [file.path for file in place.target.logs(waiting).files]
    assert paths == [place.folder(waiting).work / "out/a.txt", place.folder(waiting).root / "stderr"]
    place.target.cancel([waiting, blocking])


def test_within_a_job_others_can_be_submitted(place: Place) -> None:
    """The supervisor is there already, so the inner job does not hang on the outer one."""
    code = f"""
from pathlib import Path
from support.local_jobs import Place
print(Place(Path({str(place.state.root)!r})).submit("sleep 0.2; echo inner"))
"""
    outer = place.submit(f"PYTHONPATH={Path(__file__).parent.parent} {sys.executable} - <<'END'\n{code}\nEND")
    assert place.wait(outer)[0].state is JobState.FINISHED
    inner = place.printed(outer).strip()
    assert place.wait(inner)[0].state is JobState.FINISHED
    assert place.printed(inner) == "inner\n"


def test_no_submission_waits_for_a_supervisor_to_be_up(fresh: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("time.sleep", lambda seconds: pytest.fail("it waits"))
        uuid = fresh.submit("true")
    fresh.wait(uuid)
