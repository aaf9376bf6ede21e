"""Small parts of the local target: processes, records, environment, waking, verdicts."""

import ast
import contextlib
import os
import platform
import resource
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from support.local_jobs import Place
from support.tables import each

import specc.targets.local
from specc.errors import SpeccError
from specc.targets import JobState
from specc.targets.local import environment, machine, paths, processes, record, wakeup, watch
from specc.targets.local.jobs import Ended, Measured, Request, Run
from specc.targets.local.machine import Options, boot_id, machine_id
from specc.targets.local.paths import StateDir
from specc.targets.local.processes import ProcessId, born, this_process
from specc.targets.local.refusals import leaves
from specc.targets.local.supervisor import Supervisor
from specc.targets.local.watch import NOTICED, Cause, Signals, drain, verdict

ME = this_process()


@pytest.fixture
def default_signals() -> Iterator[None]:
    """Undoes what a supervisor or runner in this process does to its signals."""
    before = {number: signal.getsignal(number) for number in NOTICED}
    wakeup = signal.set_wakeup_fd(-1)
    yield
    signal.set_wakeup_fd(wakeup)
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_process_is_known_by_boot_pid_and_start() -> None:
    assert ME.is_alive
    assert not ME._replace(boot="another").is_alive
    assert not ME._replace(born=ME.born + 1).is_alive
    assert born(2**22 + 1) is None


def test_a_zombie_is_gone() -> None:
    child = subprocess.Popen(["true"])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert born(child.pid) is None
    child.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="reads what Linux says of a process")
def test_a_program_may_have_any_name(tmp_path: Path) -> None:
    (tmp_path / "a) R 1 (b").symlink_to("/bin/sleep")
    child = subprocess.Popen([tmp_path / "a) R 1 (b", "60"])
    try:
        began = born(child.pid)
        assert began is not None
        assert abs(began - ME.born) < 100 * 3600 * 24
        assert ProcessId(boot_id(), child.pid, began).send(signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
        assert not ProcessId(boot_id(), child.pid, began).send(signal.SIGKILL)
    finally:
        child.kill()


def test_no_signal_goes_to_a_process_with_another_start() -> None:
    assert not ME._replace(born=1).send(signal.SIGKILL)


def test_elsewhere_the_start_comes_from_psutil() -> None:
    found = processes._born_elsewhere(os.getpid())
    assert found == int(psutil.Process().create_time() * 1e6)
    assert processes._born_elsewhere(2**22 + 1) is None


def test_the_machine_has_a_name_that_gives_nothing_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "machine-id"
    file.write_text("0123456789abcdef\n")
    monkeypatch.setattr(machine, "MACHINE_IDS", (tmp_path / "none", file))
    named = machine_id.__wrapped__()
    assert len(named) == 12
    assert named not in file.read_text()
    monkeypatch.setattr(machine, "MACHINE_IDS", ())
    for name, address in {"eth0": "04:23:45:67:89:ab", "eth1": "08:23:45:67:89:ab", "lo": "00:00:00:00:00:00"}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "address").write_text(f"{address}\n")
    monkeypatch.setattr(machine, "INTERFACES", tmp_path)
    monkeypatch.setattr(platform, "node", lambda: "host")
    by_address = machine_id.__wrapped__()
    (tmp_path / "eth1" / "address").write_text("02:23:45:67:89:ab\n")  # made up, as in a container
    assert machine_id.__wrapped__() == by_address
    (tmp_path / "eth0" / "address").unlink()
    assert len({named, by_address, machine_id.__wrapped__()}) == 3


def test_there_is_a_core() -> None:
    assert machine.cores() >= 1
    assert Options().total_cores == machine.cores()
    assert Options(cores=7).total_cores == 7


def test_a_record_is_read_back_by_its_runner_only(tmp_path: Path) -> None:
    path = tmp_path / "exit.json"
    record.reserve(path, ME)
    assert [file.stat().st_size for file in tmp_path.iterdir()] == [record.RESERVED]
    secret = record.new_secret()
    seal = record.seal_of(secret)
    assert record.read(path, ME, seal) is None
    measured = Measured(1.5, 2 << 30, 0.25, 1e9)
    ended = Ended(JobState.EXITED, 3, "ö" * 5000, measured)
    record.write(path, "hpcjob-1", ME, ended, secret)
    for known in (seal, None):
        assert record.read(path, ME, known) == replace(ended, reason="ö" * record.LONGEST_REASON)
        assert record.read(path, ME._replace(pid=1), known) is None
    assert record.read(path, ME, record.seal_of(record.new_secret())) is None
    assert [file.name for file in tmp_path.iterdir()] == ["exit.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "\xff", '{"boot": "x"}'])
def test_no_text_makes_reading_a_record_fail(tmp_path: Path, text: str) -> None:
    (tmp_path / "exit.json").write_text(text, encoding="latin-1")
    assert record.read(tmp_path / "exit.json", ME, None) is None
    assert record.read(tmp_path / "exit.json", ME, record.seal_of("x")) is None


def test_what_never_ends_is_no_record(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("/dev/zero")
    (tmp_path / "folder").mkdir()
    for name in ("fifo", "link", "folder"):
        assert record.read(tmp_path / name, ME, None) is None


def test_a_released_record_leaves_no_file(tmp_path: Path) -> None:
    record.reserve(tmp_path / "exit.json", ME)
    record.release(tmp_path / "exit.json", ME)
    record.release(tmp_path / "exit.json", ME)
    assert list(tmp_path.iterdir()) == []


def test_credentials_are_not_taken_over() -> None:
    given = {"HOME": "/h", "LC_ALL": "C", "QY_SECRET_ACCESS_KEY": "s", "PYTHONPATH": "/p", "BASH_ENV": "x"}
    assert environment.kept(given) == {"PATH": os.defpath, "HOME": "/h", "LC_ALL": "C"}
    assert environment.of_supervisor(given) == {"PATH": os.defpath, "HOME": "/h", "LC_ALL": "C", "PYTHONPATH": "/p"}


@each("path, out", [("a", False), ("a/../b", False), ("..", True), ("a/../../b", True), ("..a", False)])
def test_which_paths_lead_out(path: str, out: bool) -> None:
    assert leaves(path) is out


@each(
    "status, cause, ended",
    [
        (0, None, Ended(JobState.FINISHED, 0)),
        (2, None, Ended(JobState.EXITED, 2, "exit code 2")),
        (-9, None, Ended(JobState.EXITED, 137, "killed by SIGKILL")),
        (0, Cause(JobState.EXITED, "time limit", 1), Ended(JobState.EXITED, 0, "time limit")),
        (-15, Cause(JobState.CANCELLED, "cancelled", 1), Ended(JobState.CANCELLED, 143, "cancelled")),
        (None, Cause(JobState.CANCELLED, "cancelled", 1), Ended(JobState.CANCELLED, None, "cancelled")),
    ],
)
def test_what_a_job_came_to(status: int | None, cause: Cause | None, ended: Ended) -> None:
    assert verdict(status, cause) == ended


def test_knocking_where_nobody_listens(tmp_path: Path) -> None:
    state = StateDir(tmp_path)
    assert not wakeup.wake(state)
    os.mkfifo(state.bell)
    assert not wakeup.wake(state)
    bell = wakeup.listen(state)
    assert wakeup.wake(state)
    assert wakeup.wake(state, ring=False)
    assert drain(bell) == b"!"
    os.set_blocking(bell, False)
    with contextlib.suppress(BlockingIOError):
        while os.write(bell, b"!" * 65536):
            pass
    assert wakeup.wake(state), "a full pipe wakes, too"
    os.close(bell)


def test_only_one_has_the_lock(tmp_path: Path) -> None:
    state = StateDir(tmp_path)
    first = wakeup.try_lock(state)
    assert first is not None
    assert wakeup.try_lock(state) is None
    os.close(first)
    again = wakeup.try_lock(state)
    assert again is not None
    os.close(again)


def test_within_a_job_of_the_same_state_no_supervisor_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(environment.JOB_DIR, str(StateDir(tmp_path).job("hpcjob-1").root))
    assert not wakeup.ensure(StateDir(tmp_path), Options())
    assert list(tmp_path.iterdir()) == []


def test_a_state_folder_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(SpeccError, match="cannot write"):
        wakeup.try_lock(StateDir(tmp_path / "none"))
    (tmp_path / "supervisor.bell").touch()
    with pytest.raises(SpeccError, match="is not a FIFO"):
        wakeup.listen(StateDir(tmp_path))


def test_a_supervisor_that_cannot_be_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*given: object, **options: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "run", fail)
    with pytest.raises(SpeccError, match="cannot start the supervisor of"):
        wakeup.ensure(StateDir(tmp_path), Options(cores=1))
    lock = wakeup.try_lock(StateDir(tmp_path))
    assert lock is not None, "the lock is free again"
    os.close(lock)


def test_processes_that_are_gone_do_no_harm() -> None:
    gone = subprocess.Popen(["sleep", "60"])
    known = psutil.Process(gone.pid)
    gone.kill()
    gone.wait()
    processes.terminate([known])
    processes.kill(lambda: [known])
    assert processes.memory([known]) == 0
    assert processes.memory([psutil.Process()]) > 10**6
    assert processes.marked(Path("/no/such/job")) == []
    assert processes._process(2**22 + 1) is None


def test_a_note_is_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    paths.note("what \udc80 happened")
    assert capfd.readouterr().err.endswith(f"[{os.getpid()}] what \\udc80 happened\n")


def test_no_decision_rests_on_the_wall_clock() -> None:
    """A clock that jumps must not end a job, or start one: only the store, for people, and the log ask for the time."""
    asks = {"time.time", "datetime.now", "datetime.utcnow"}
    for path in Path(specc.targets.local.__path__[0]).glob("*.py"):
        named = {ast.unparse(node) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}
        assert not named & asks or path.name in ("store.py", "paths.py"), path


def test_what_cannot_be_killed_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, default_signals: None) -> None:
    """A child that never ends, whatever it is sent: here a system that never reports one."""
    waited = iter([(17, 0)])
    unused = resource.getrusage(resource.RUSAGE_CHILDREN)
    monkeypatch.setattr(os, "wait4", lambda pid, flags: (*next(waited, (0, 0)), unused))
    monkeypatch.setattr(processes, "descendants", list)
    monkeypatch.setattr(watch, "KILL_SECONDS", 0.05)
    attended = watch.Watch(
        17,
        Run(1, 0.05, {}, 0o22, command="true"),
        StateDir(tmp_path).job("hpcjob-1"),
        Signals(),
        subreaper=True,
        is_cancelled=lambda: False,
    )
    ended = attended.to_the_end()
    assert replace(ended, measured=None) == Ended(JobState.FINISHED, 0, "some of its processes could not be killed")


def test_the_memory_of_a_runner_is_not_the_peak_of_its_command() -> None:
    """What a runner takes between making its meter and starting the command is its own, too."""
    meter = watch.Meter()
    ballast = b"x" * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
    command = os.posix_spawn("/bin/true", ["true"], {})
    meter.has_begun()
    meter.reaped(os.wait4(command, 0)[2])
    assert meter.measured().peak_memory is None
    del ballast


def test_without_a_subreaper_processes_are_known_by_their_mark(tmp_path: Path, default_signals: None) -> None:
    """As on macOS. The marked process is no child of the watched command."""
    folder = StateDir(tmp_path).job("hpcjob-1")
    stranger = subprocess.Popen(["sleep", "60"], env={environment.JOB_DIR: str(folder.root)})
    try:
        assert processes.marked(folder.root) == [psutil.Process(stranger.pid)]
        processes.kill(lambda: processes.marked(folder.root))
        assert stranger.wait() == -signal.SIGKILL
        assert processes.marked(folder.root) == []
    finally:
        stranger.kill()


def test_a_supervisor_that_leaves_looks_once_more(tmp_path: Path, default_signals: None) -> None:
    """A client wrote a job, and found the supervisor's lock still taken."""
    place = Place(tmp_path)
    lock = wakeup.try_lock(place.state)
    assert lock is not None
    supervisor = Supervisor(place.state, Options(cores=1, idle=0.0), lock)
    run = Run(1, 1.0, {}, 0o22, command="true")
    uuid = place.store.add(Request("k", "d", "{}", "job", run)).uuid
    assert not supervisor._leave()
    assert wakeup.wake(place.state)
    assert wakeup.try_lock(place.state) is None
    place.store.cancel([uuid])
    assert supervisor._leave()
    assert not wakeup.wake(place.state)
    other = wakeup.try_lock(place.state)
    assert other is not None
    os.close(other)


def test_a_supervisor_that_leaves_may_find_its_place_taken(tmp_path: Path, default_signals: None) -> None:
    place = Place(tmp_path)
    lock = wakeup.try_lock(place.state)
    assert lock is not None
    supervisor = Supervisor(place.state, Options(cores=1), lock)
    place.store.add(Request("k", "d", "{}", "job", Run(1, 1.0, {}, 0o22, command="true")))
    duplicate = os.dup(lock)
    assert supervisor._leave()
    os.close(duplicate)


def test_the_bell_is_a_pipe_for_the_owner_only(tmp_path: Path) -> None:
    os.close(wakeup.listen(StateDir(tmp_path)))
    mode = StateDir(tmp_path).bell.stat().st_mode
    assert stat.S_ISFIFO(mode)
    assert stat.S_IMODE(mode) == 0o600
