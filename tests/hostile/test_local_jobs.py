"""A job runs as its user, so it can stop or kill what watches it, and write what specc writes about it.

What can be noticed is noticed; a job's own word about itself is not believed.
"""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from support.local_jobs import Place, eventually, place_at

from specc.errors import SpeccError
from specc.targets import JobState
from specc.targets.local import supervisor, wakeup
from specc.targets.local.jobs import Ended
from specc.targets.local.processes import born
from specc.targets.local.supervisor import Oversight

STOPS_LATER = "until [ -e go ]; do sleep 0.05; done; kill -STOP $PPID; sleep 30"

FORGE = """
runner=$PPID
read -r stat < /proc/$runner/stat
set -- ${{stat##*) }}
born=${{20}}
printf '{{"uuid":"%s","boot":"%s","pid":%s,"born":%s,"state":"finished","exit_code":0,"reason":""{more}}}' \
    $SPECC_JOB_ID $(cat /proc/sys/kernel/random/boot_id) $runner $born > $SPECC_JOB_DIR/exit.json
echo forged > forged
kill -KILL {victims}
read -r -t 20 <> $SPECC_JOB_DIR/never
"""


def commands_of(place: Place) -> list[str]:
    """The commands of jobs that are still there, as a process that ends meanwhile is not."""
    names = []
    for process in place.processes():
        with contextlib.suppress(psutil.Error):
            names.append(process.name())
    return [name for name in names if name in ("bash", "sleep")]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with place_at(tmp_path / "state") as place:
        yield place


def stopped(place: Place) -> str:
    """A job that has stopped its runner, while the supervisor is stopped, too: a supervisor wakes it at once."""
    uuid = place.submit(STOPS_LATER)
    runner = place.started(uuid)
    place.supervisor().suspend()
    (place.folder(uuid).work / "go").touch()
    eventually(lambda: runner.status() == "stopped", "the runner is not stopped")
    return uuid


def test_a_job_that_stops_its_runner_once_meets_its_time_limit(place: Place) -> None:
    report = place.run("kill -STOP $PPID; sleep 30", time_limit=1)
    assert (report.state, report.reason) == (JobState.EXITED, "time limit of 1 s reached")
    assert "its runner was stopped, and is woken" in place.log()


def test_a_job_that_stops_its_runner_again_and_again_is_ended_with_it(place: Place) -> None:
    report = place.run("while kill -STOP $PPID; do sleep 0.05; done", time_limit=60)
    assert report.state is JobState.EXITED
    assert report.reason == "ended by the supervisor: its runner was stopped again and again"
    assert "sleep" not in [process.name() for process in place.processes()]


def test_a_stopped_runner_hears_that_its_job_is_cancelled(place: Place) -> None:
    uuid = stopped(place)
    place.target.cancel([uuid])
    (report,) = place.wait(uuid)
    assert (report.state, report.reason) == (JobState.CANCELLED, "cancelled while it ran")


def test_a_status_says_that_a_runner_is_stopped(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    uuid = stopped(place)
    with monkeypatch.context() as patched:
        patched.setattr(wakeup, "resume", lambda state: None)
        assert place.report(uuid).reason.startswith("something has stopped its runner, so its limits are not kept")
    place.target.cancel([uuid])
    assert place.wait(uuid)[0].state is JobState.CANCELLED


def test_a_stopped_supervisor_is_woken_by_the_next_client(place: Place) -> None:
    first = place.submit("sleep 0.5")
    place.started(first)
    supervisor = place.supervisor()
    supervisor.suspend()
    assert place.run("kill -STOP $(cat $SPECC_JOB_DIR/../../supervisor.lock); sleep 0.5").state is JobState.FINISHED
    eventually(lambda: not supervisor.is_running() or supervisor.status() != "stopped", "it stays stopped")


@pytest.mark.parametrize("more", ["", ',"secret":"guessed"', ',"secret":null', ',"secret":1'])
@pytest.mark.parametrize("victims", ["$runner", "$(cat $SPECC_JOB_DIR/../../supervisor.lock) $runner"])
def test_a_forged_record_of_a_killed_runner_is_not_believed(place: Place, more: str, victims: str) -> None:
    uuid = place.submit(FORGE.format(more=more, victims=victims))
    place.written(uuid, "forged")
    (report,) = place.wait(uuid)
    assert report.state is JobState.LOST, report
    assert report.reason.endswith("a record was there that is not the runner's")


def test_a_record_that_never_ends_blocks_nobody(place: Place) -> None:
    for make in ("mkfifo", "mkdir", "ln -s /dev/zero"):
        report = place.run(f"{make} $SPECC_JOB_DIR/exit.json; kill -KILL $PPID; sleep 20")
        assert report.state is JobState.LOST
        assert place.run(f"{make} $SPECC_JOB_DIR/exit.json; exit 3").exit_code == 3


def test_an_end_that_the_job_wrote_into_the_store_itself_is_corrected(place: Place) -> None:
    python = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit()"
    change = "UPDATE jobs SET state = 'finished', exit_code = 0 WHERE state = 'running'"
    uuid = place.submit(f'python3 -c "{python}" {place.state.store} "{change}"; echo x > told; exit 7')
    place.written(uuid, "told")
    report = eventually(lambda: (found := place.report(uuid)).exit_code == 7 and found, "it is not corrected")
    assert report.state is JobState.EXITED
    assert report.reason == "exit code 7; while it ran, something else than its runner wrote another end"


def test_what_leaves_its_group_and_session_is_ended_with_its_job(place: Place) -> None:
    """Two forks, a session of its own, and no mark in the environment: the runner is still its ancestor."""
    leave = "setsid env -i /bin/bash -c 'setsid sleep 300 & echo $! > pid' & wait; sleep 0.2"
    uuid = place.submit(leave)
    pid = int(place.written(uuid, "pid"))
    assert place.wait(uuid)[0].state is JobState.FINISHED
    assert born(pid) is None


def test_what_left_a_job_whose_runner_is_killed_is_ended_by_the_supervisor(place: Place) -> None:
    uuid = place.submit("env -i setsid sleep 300 & echo $! > pid; sleep 0.3; kill -KILL $PPID; sleep 20")
    pid = int(place.written(uuid, "pid"))
    assert place.wait(uuid)[0].state is JobState.LOST
    eventually(lambda: born(pid) is None, "it is left")


def test_jobs_that_kill_their_runners_do_not_hold_up_the_queue(place: Place) -> None:
    uuids = [place.submit("kill -KILL $PPID; sleep 20") for _ in range(8)]
    assert place.run().state is JobState.FINISHED
    assert {report.state for report in place.wait(*uuids)} == {JobState.LOST}
    assert "starting no job" not in place.log()


def test_a_bell_or_a_trouble_that_is_something_else_is_named_and_blocks_nobody(place: Place) -> None:
    place.run()
    eventually(lambda: not place.supervisors(), "the supervisor stays")
    place.state.bell.unlink()
    victim = place.state.root / "victim"
    victim.write_text("mine")
    place.state.bell.symlink_to(victim)
    with pytest.raises(SpeccError, match="is not a FIFO"):
        wakeup.wake(place.state)
    assert victim.read_text() == "mine"
    place.state.start_error.unlink(missing_ok=True)
    os.mkfifo(place.state.start_error)
    assert place.report(place.submit()).state is JobState.PENDING
    place.state.bell.unlink()
    place.state.start_error.unlink()


@pytest.mark.parametrize("asked", ["cancel", "limit"])
def test_the_supervisor_does_what_a_runner_does_not(place: Place, asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A runner that is held some other way than by a signal, as by a debugger, misses its deadline."""
    monkeypatch.setattr(supervisor, "KILL_SECONDS", 0.0)
    uuid = place.submit("trap '' TERM; while :; do sleep 0.1; done", time_limit=1 if asked == "limit" else None)
    runner = place.started(uuid)
    place.supervisor().kill()
    runner.suspend()
    job = place.store.with_uuids([uuid])[uuid]
    if asked == "cancel":
        place.store.cancel([uuid])
        job = place.store.with_uuids([uuid])[uuid]
    monkeypatch.setattr(type(job.runner), "is_stopped", False)
    looks = Oversight(place.state, place.store.run_of, slack=0.0)

    def ended() -> Ended | None:
        return looks.look([job]).get(uuid)

    found = eventually(ended, "the job is not ended")
    assert found.state is (JobState.CANCELLED if asked == "cancel" else JobState.EXITED)
    assert found.reason.endswith("its runner did not end it, the supervisor did")
    eventually(lambda: not commands_of(place), "the command is left")


def test_a_runner_does_its_own_work_while_it_can(place: Place) -> None:
    uuid = place.submit("sleep 20", time_limit=30)
    place.started(uuid)
    job = place.store.with_uuids([uuid])[uuid]
    assert Oversight(place.state, place.store.run_of, slack=0.0).look([job]) == {}
    assert job.runner is not None
    job.runner.send(signal.SIGTERM)
    assert place.wait(uuid)[0].reason.startswith("its runner was told to end")
