"""The local target in a bad world: processes killed at any moment, a reboot, a full disk.

Nothing is lost in silence, and nothing runs twice.
"""

import contextlib
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from support.local_jobs import Place, attempt, eventually, place_at

from specc.errors import SpeccError
from specc.targets import JobState, NotSent
from specc.targets.local.processes import ProcessId, born, this_process

ANYTHING = resource.RLIM_INFINITY
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="limits of another process can be set only on Linux")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with place_at(tmp_path / "state") as place:
        yield place


def test_jobs_outlive_their_supervisor_and_the_next_one_takes_them_up(place: Place) -> None:
    running = place.submit("sleep 1; echo done", core_limit=2)
    waiting = place.submit("echo done")
    place.started(running)
    place.supervisor().kill()
    reports = place.target.status([running, waiting])
    assert [report.state for report in reports.values()] == [JobState.RUNNING, JobState.PENDING]
    assert [report.state for report in place.wait(running, waiting)] == [JobState.FINISHED, JobState.FINISHED]
    assert place.printed(running) == place.printed(waiting) == "done\n"


def test_the_queue_goes_on_without_any_client(place: Place) -> None:
    """The job that ends finds no supervisor, and starts one."""
    running = place.submit("sleep 0.6", core_limit=2)
    waiting = place.submit("true")
    place.started(running)
    place.supervisor().kill()
    eventually(lambda: place.all_states()[waiting] is JobState.FINISHED, "nobody takes up the queue")


@pytest.mark.slow
def test_a_killed_supervisor_at_random_moments_loses_nothing_and_runs_nothing_twice(
    place: Place, tmp_path: Path
) -> None:
    chance = random.Random(7)
    uuids = [place.submit(f"echo x >> {tmp_path}/$SPECC_JOB_ID; sleep 0.1") for _ in range(30)]
    kills = 0
    while not all(state.is_final for state in place.all_states().values()):
        time.sleep(chance.uniform(0, 0.1))
        for process in place.supervisors() if kills < 8 else []:
            process.kill()
            kills += 1
        place.target.status(uuids[:1])
    assert {report.state for report in place.wait(*uuids)} == {JobState.FINISHED}
    assert {(tmp_path / uuid).read_text() for uuid in uuids} == {"x\n"}
    assert kills == 8


def test_two_supervisors_never_serve_one_queue(place: Place) -> None:
    place.submit("sleep 60")
    first = place.supervisor()
    second = subprocess.run(
        [sys.executable, "-m", "specc.targets.local.supervisor", place.state.root], check=True, timeout=20
    )
    assert second.returncode == 0
    assert place.supervisor() == first


def test_a_supervisor_can_be_started_by_hand(place: Place) -> None:
    command = [sys.executable, "-m", "specc.targets.local.supervisor", place.state.root, "--idle", "0.2"]
    assert subprocess.run(command, check=False, timeout=20).returncode == 0


RUNNERS = """
import os, sys
from pathlib import Path
from specc.targets.local.machine import Options
from specc.targets.local import runner
from specc.targets.local.paths import StateDir
pids = []
for _ in range(8):
    pid = os.fork()
    if not pid:
        os._exit(runner.attend(StateDir(Path(sys.argv[1])), sys.argv[2], Options(cores=2), supervisor=os.getppid()))
    pids.append(pid)
sys.exit(sum(os.waitpid(pid, 0)[1] for pid in pids))
"""


def test_only_one_of_many_runners_runs_the_job(place: Place, tmp_path: Path) -> None:
    """As when a supervisor died after its fork, and the next one forked, too."""
    uuid = place.submit(f"echo x >> {tmp_path}/runs")
    place.wait(uuid)
    eventually(lambda: not place.processes())
    place.sql("UPDATE jobs SET state = 'pending', pid = NULL WHERE uuid = ?", uuid)
    (tmp_path / "runs").unlink()
    subprocess.run([sys.executable, "-c", RUNNERS, place.state.root, uuid], check=True, timeout=30)
    assert place.all_states() == {uuid: JobState.FINISHED}
    assert (tmp_path / "runs").read_text() == "x\n"
    assert sorted(path.name for path in place.folder(uuid).root.iterdir()) == [
        "command.sh", "exit.json", "stderr", "stdout", "work",
    ]  # fmt: skip


def test_a_killed_runner_leaves_a_lost_job_and_no_process(place: Place) -> None:
    """Not even one that nothing connects with the job any more."""
    uuid = place.submit("(setsid sleep 60 &); (env -i setsid sleep 57 &); echo x >> runs; sleep 60")
    place.written(uuid, "runs")
    unmarked = eventually(lambda: [p for p in psutil.process_iter(["cmdline"]) if p.info["cmdline"] == ["sleep", "57"]])
    place.started(uuid).kill()
    (report,) = place.wait(uuid)
    assert (report.state, report.exit_code) == (JobState.LOST, None)
    assert report.reason == "its runner died without a record of how it ended"
    eventually(lambda: not [process for process in place.processes() if process.name() == "sleep"])
    eventually(lambda: not any(p.is_running() for p in unmarked))
    assert place.run("true").state is JobState.FINISHED
    assert place.written(uuid, "runs") == "x\n", "a lost job is not started again"


def test_runner_and_supervisor_killed_at_once(place: Place) -> None:
    uuid = place.submit("sleep 60")
    killed = [place.started(uuid), place.supervisor()]
    for process in killed:
        process.send_signal(signal.SIGSTOP)
    for process in killed:
        process.kill()
    # One that is dying has no command line any more by which `processes` knows it, and is there for a moment longer.
    eventually(lambda: not any(born(process.pid) for process in killed))
    assert place.report(uuid).state is JobState.LOST
    assert not [process for process in place.processes() if process.name() == "sleep"]


def test_an_exit_record_is_believed_when_the_store_never_heard(place: Place) -> None:
    uuid = place.submit("exit 3")
    place.wait(uuid)
    eventually(lambda: not place.processes(), "its runner is still there")
    place.sql("UPDATE jobs SET state = 'running', exit_code = NULL, reason = '' WHERE uuid = ?", uuid)
    assert (place.report(uuid).state, place.report(uuid).exit_code) == (JobState.EXITED, 3)
    place.sql("UPDATE jobs SET state = 'running', exit_code = NULL WHERE uuid = ?", uuid)
    place.folder(uuid).record.write_text('{"state": "fini')
    assert place.report(uuid).state is JobState.LOST, "half a record is none"


def as_if_running(place: Place, runner: ProcessId) -> str:
    """A job that the store says runs, under a runner that is not its own."""
    uuid = place.submit("true")
    place.wait(uuid)
    place.folder(uuid).record.unlink()
    place.sql("UPDATE jobs SET state = 'running', boot = ?, pid = ?, born = ? WHERE uuid = ?", *runner, uuid)
    return uuid


def test_after_a_reboot_a_job_is_lost_even_if_its_pid_is_taken(place: Place) -> None:
    uuid = as_if_running(place, this_process()._replace(boot="an earlier one"))
    assert place.report(uuid).reason == "the machine was restarted while it ran"
    assert place.all_states()[uuid] is JobState.LOST


def test_a_pid_that_was_used_again_is_no_runner_and_gets_no_signal(place: Place) -> None:
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        known = ProcessId(this_process().boot, stranger.pid, 1)
        uuid = as_if_running(place, known)
        assert not known.send(signal.SIGKILL)
        place.target.cancel([uuid])
        assert place.report(uuid).state is JobState.LOST
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_supervisor_told_to_end_ends_and_its_jobs_go_on(place: Place) -> None:
    uuid = place.submit("until [ -e go ]; do sleep 0.05; done")
    runner = place.started(uuid)
    supervisor = place.supervisor()
    supervisor.terminate()
    eventually(lambda: supervisor not in place.processes())
    assert runner in place.processes()
    (place.folder(uuid).work / "go").touch()
    assert place.wait(uuid)[0].state is JobState.FINISHED


def test_a_job_whose_directory_is_deleted_still_ends_as_it_ends(place: Place) -> None:
    uuid = place.submit("echo yes > ready; while [ -e $SPECC_JOB_DIR ]; do sleep 0.02; done; exit 6")
    place.written(uuid, "ready")
    shutil.rmtree(place.folder(uuid).root)
    assert place.wait(uuid)[0].exit_code == 6
    assert "its exit record cannot be written" in place.log()


def test_a_cancellation_is_repeated_for_a_client_that_died_before_it_told_the_runner(place: Place) -> None:
    uuid = place.submit("sleep 60")
    place.started(uuid)
    place.store.cancel([uuid])
    assert place.wait(uuid)[0].state is JobState.CANCELLED


@LINUX
def test_jobs_wait_while_nothing_can_be_written(place: Place) -> None:
    blocking = place.submit("sleep 0.5", core_limit=2)
    place.started(blocking)
    waiting = place.submit("true")
    supervisor = place.supervisor()
    supervisor.rlimit(psutil.RLIMIT_FSIZE, (0, ANYTHING))
    eventually(lambda: place.report(blocking).state.is_final)
    time.sleep(0.5)
    assert supervisor.is_running()
    assert place.report(waiting).state is JobState.PENDING
    supervisor.rlimit(psutil.RLIMIT_FSIZE, (ANYTHING, ANYTHING))
    assert [report.state for report in place.wait(blocking, waiting)] == [JobState.FINISHED, JobState.FINISHED]


@LINUX
def test_the_end_of_a_job_is_kept_until_it_can_be_written(place: Place) -> None:
    uuid = place.submit("while [ ! -e go ]; do sleep 0.02; done; exit 4")
    attending = place.started(uuid)
    attending.rlimit(psutil.RLIMIT_FSIZE, (0, ANYTHING))
    (place.folder(uuid).work / "go").touch()
    eventually(lambda: not attending.children())
    time.sleep(0.2)
    assert place.report(uuid).state is JobState.RUNNING
    attending.rlimit(psutil.RLIMIT_FSIZE, (ANYTHING, ANYTHING))
    assert place.wait(uuid)[0].exit_code == 4


@LINUX
def test_a_submission_on_a_full_disk_is_not_sent(place: Place) -> None:
    place.run("true")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    large = attempt(f"# {'x' * 50_000}")
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, hard))
    try:
        outcome = place.target.submit(large)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert isinstance(outcome, NotSent), outcome
    assert "cannot be used" in outcome.reason
    assert len(place.all_states()) == 1


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="mounts a small disk")
def test_a_job_that_fills_the_disk_ends_as_it_ends(tmp_path: Path) -> None:
    """The room for its record was taken before it started."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], check=True)
    try:
        with place_at(disk / "state") as place:
            uuid = place.submit("cat /dev/zero > fill; exit 5")
            (report,) = place.wait(uuid)
            assert (report.state, report.exit_code) == (JobState.EXITED, 5)
            refused = place.target.submit(attempt(f"# {'x' * 50_000}"))
            assert isinstance(refused, NotSent)
            (place.folder(uuid).work / "fill").unlink()
            assert place.run("true").state is JobState.FINISHED
            assert place.all_states()[uuid] is JobState.EXITED
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="mounts a small disk")
def test_a_full_disk_is_told_and_jobs_start_once_there_is_room(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", disk], check=True)
    try:
        with place_at(disk / "state") as place:
            first = place.submit("sleep 1", core_limit=2)
            place.started(first)
            waiting = place.submit("true")
            assert place.report(waiting).reason == "waiting for a core"
            fill(disk / "fill")
            said = eventually(lambda: (r := place.report(waiting).reason) and "No space" in r and r, "nothing is said")
            assert said.startswith("no job can be started now: ")
            assert place.report(waiting).state is JobState.PENDING
            (disk / "fill").unlink()
            assert [report.state for report in place.wait(first, waiting)] == [JobState.FINISHED, JobState.FINISHED]
            assert "No space" not in place.report(place.submit("true")).reason
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="mounts a folder")
def test_a_state_folder_that_became_read_only_still_answers(tmp_path: Path) -> None:
    with place_at(tmp_path / "state") as place:
        uuid = place.submit("echo x; sleep 1")
        place.started(uuid)
        subprocess.run(["mount", "--bind", place.state.root, place.state.root], check=True)
        try:
            subprocess.run(["mount", "-o", "remount,ro,bind", place.state.root], check=True)
            assert place.open().status([uuid])[uuid].state is JobState.RUNNING
            with pytest.raises(SpeccError, match="cannot be used"):
                place.open().cancel([uuid])
        finally:
            subprocess.run(["umount", "-l", place.state.root], check=True)
        assert place.wait(uuid)[0].state is JobState.FINISHED


def fill(path: Path) -> None:
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(512))


def test_a_damaged_store_stops_everything_and_is_not_made_anew(tmp_path: Path) -> None:
    with place_at(tmp_path / "state") as place:
        place.run("true")
        eventually(lambda: not place.processes())
        whole = place.state.store.read_bytes()
        place.state.store.write_bytes(b"no database at all, but long enough to look like one" * 100)
        with pytest.raises(SpeccError, match="cannot be used: file is not a database"):
            place.open()
        with pytest.raises(SpeccError, match="cannot be used"):
            place.target.status(["x"])
        assert isinstance(place.target.submit(attempt()), NotSent)
        place.state.store.write_bytes(whole)
        assert place.run("true").state is JobState.FINISHED


def test_a_store_that_is_taken_away_is_not_made_anew(place: Place, tmp_path: Path) -> None:
    place.run("true")
    shutil.move(place.state.store, tmp_path / "away")
    assert isinstance(place.target.submit(attempt()), NotSent)
    assert not place.state.store.exists()
    shutil.move(tmp_path / "away", place.state.store)


def test_a_supervisor_gives_up_on_a_broken_store_and_a_client_starts_another(place: Place) -> None:
    uuid = place.submit("sleep 0.3")
    place.started(uuid)
    supervisor = place.supervisor()
    whole = place.state.store.read_bytes()
    place.state.store.write_bytes(b"x" * 5000)
    eventually(lambda: "file is not a database; starting no job for" in place.log())
    supervisor.kill()
    place.state.store.write_bytes(whole)
    assert place.wait(uuid)[0].state is JobState.FINISHED
