"""A system that gives no thread, and signals that end: nothing hangs, and what was never sent does not look sent."""

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty
from types import SimpleNamespace

import pytest
from chaos.hostile import Hostile
from support.ehpc_server import ACCEPTED, Server, serving
from support.gateway_client import BODY, SUBMIT
from support.gateway_client import Place as Gateway
from support.projects import SETTINGS, Place

from specc.app.submitting import Stop
from specc.cli.drawing import bar
from specc.submission import Ledger, Record, State
from specc.targets.ehpc.ret_codes import BUSY

HERE = """project = "demo"
[units]
time_limit = "min"
[targets.local]
run_as = "caller"
job = {zone = "z", cluster_id = "c", run_user = "me"}
"""
NO_THREAD = "can't start new thread"  # Python's own words


@pytest.fixture
def server() -> Iterator[Hostile]:
    server = Hostile(calm=True)
    yield server
    server.close()


@pytest.fixture
def cloud(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("XDG_STATE_HOME", str(place.root / "state"))
    monkeypatch.setenv("QY_ACCESS_KEY_ID", "KEYKEYKEYKEY")
    monkeypatch.setenv("QY_SECRET_ACCESS_KEY", "s3cr3t")
    monkeypatch.delenv("CI", raising=False)
    return place


def at(place: Place, endpoint: str) -> None:
    place.put("specc.toml", SETTINGS.replace('"ehpc"', f'"ehpc"\nendpoint = "{endpoint}"', 1).encode())


def attempts(place: Place) -> list[Record]:
    with Ledger.read(next((place.root / "state").rglob("ledger.sqlite"))) as ledger:
        return ledger.all()


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Lets specc start so many threads from now on, and no more. The threads of test servers are not counted."""
    left = [0]
    start = threading.Thread.start

    def limited(thread: threading.Thread) -> None:
        if thread.name == "send" or isinstance(thread, threading.Timer):
            if left[0] <= 0:
                raise RuntimeError(NO_THREAD)
            left[0] -= 1
        start(thread)

    def allow(count: int) -> None:
        left[0] = count

    monkeypatch.setattr(threading.Thread, "start", limited)
    allow(sys.maxsize)
    return allow


class TestNoThread:
    @pytest.mark.parametrize("count", range(10))
    def test_what_was_not_sent_is_sent_by_the_next_run_and_nothing_twice(
        self, cloud: Place, server: Hostile, threads: Callable[[int], None], count: int
    ) -> None:
        """Four payloads at once need four threads to send, and four that watch the time."""
        at(cloud, server.endpoint)
        threads(count)
        assert cloud.run("submit", "--max-in-flight", "4") in ((2,) if count < 8 else (0, 2))
        assert count >= 8 or "error: the system does not let specc start a thread" in cloud.err
        if count:
            states = {one.state for one in attempts(cloud)}
            assert states <= {State.ACCEPTED, State.NOT_SENT}
        threads(sys.maxsize)
        assert cloud.run("submit") == 0
        assert len(server.jobs) == 4
        assert not server.duplicates()

    def test_without_any_nothing_is_begun(self, cloud: Place, server: Hostile, threads: Callable[[int], None]) -> None:
        at(cloud, server.endpoint)
        threads(0)
        assert cloud.run("submit") == 2
        assert attempts(cloud) == []
        assert cloud.out.count("not tried, because of an error") == 4
        assert "that `ulimit -u` shows" in cloud.err

    def test_so_it_is_on_this_machine(self, cloud: Place, threads: Callable[[int], None]) -> None:
        cloud.put("specc.toml", HERE.encode())
        cloud.write(base="specc: 1\nabstract: true\njob: {core_limit: 1}\n")
        threads(0)
        assert cloud.run("submit") == 2, cloud.out + cloud.err
        assert attempts(cloud) == []

    def test_fewer_threads_send_one_after_the_other(
        self, cloud: Place, server: Hostile, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        at(cloud, server.endpoint)
        start, names = threading.Thread.start, []

        def only_one(thread: threading.Thread) -> None:
            names.append(thread.name)
            if names.count("send") > 1 and thread.name == "send":
                raise RuntimeError(NO_THREAD)
            start(thread)

        monkeypatch.setattr(threading.Thread, "start", only_one)
        assert cloud.run("submit", "--max-in-flight", "8") == 0
        assert len(server.jobs) == 4

    def test_questions_about_jobs_are_not_answered(
        self, cloud: Place, server: Hostile, threads: Callable[[int], None]
    ) -> None:
        at(cloud, server.endpoint)
        assert cloud.run("submit") == 0
        threads(0)
        assert cloud.run("status") == 2
        assert "the system does not let specc start a thread" in cloud.err
        assert cloud.run("cancel", "--all", "--yes") == 2
        assert cloud.run("wait", "--timeout", "0.1") == 6

    def test_a_bar_is_drawn_without_a_thread(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def refuse(thread: threading.Thread) -> None:
            raise RuntimeError(NO_THREAD)

        monkeypatch.setattr(threading.Thread, "start", refuse)
        with bar("sending", 2) as drawn:
            drawn.show(1, "1 accepted")
            drawn.say("a line")
        assert "a line" in capsys.readouterr().err

    def test_a_gateway_says_that_nothing_was_started(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        gateway = Gateway(tmp_path)

        async def refuse(*arguments: object) -> None:
            raise RuntimeError(NO_THREAD)

        with monkeypatch.context() as patched:
            patched.setattr("specc.gateway.app.run_in_threadpool", refuse)
            assert gateway.post(SUBMIT, BODY)["ret_code"] == BUSY
        assert gateway.target.submissions == 0
        assert gateway.post(SUBMIT, BODY)["ret_code"] == 0

    @pytest.mark.slow
    def test_a_real_limit(self, cloud: Place, server: Hostile) -> None:
        """Each thread would need a stack of a tebibyte, and there are eight gibibytes."""
        at(cloud, server.endpoint)
        ended = subprocess.run(
            [sys.executable, "-m", "specc", "submit"],
            cwd=cloud.root,
            preexec_fn=leave_no_room_for_threads,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ended.returncode == 2, ended.stderr
        assert "the system does not let specc start a thread" in ended.stderr
        assert server.jobs == []
        assert attempts(cloud) == []


def leave_no_room_for_threads() -> None:
    resource.setrlimit(resource.RLIMIT_STACK, (1 << 40, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_AS, (1 << 33, 1 << 33))


class TestSignals:
    @pytest.fixture(autouse=True)
    def heard(self) -> Iterator[None]:
        """Whoever runs the tests may have had SIGHUP ignored."""
        before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
        yield
        signal.signal(signal.SIGHUP, before)

    def interrupted(self, place: Place, *signals: int) -> tuple[int, Server]:
        """A submission that gets these signals while its first request is on its way."""

        def answer(connection: object, request: object) -> None:
            for number in signals:
                os.kill(os.getpid(), number)
                time.sleep(0.05)
            ACCEPTED(connection, request)  # type: ignore[arg-type]

        with serving(answer, ACCEPTED) as server:
            at(place, server.url)
            code = place.run("submit", "--max-in-flight", "1")
        return code, server

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_the_first_stops_in_good_order(self, cloud: Place, number: int) -> None:
        code, server = self.interrupted(cloud, number)
        assert code == 130
        assert len(server.requests) == 1
        assert [one.state for one in attempts(cloud)] == [State.ACCEPTED]
        assert cloud.out.count("stopped before it was sent") == 3

    def test_a_terminal_that_closes_sends_hup_twice(self, cloud: Place) -> None:
        assert self.interrupted(cloud, signal.SIGHUP, signal.SIGHUP)[0] == 130
        assert [one.state for one in attempts(cloud)] == [State.ACCEPTED]

    def test_a_session_that_ends_sends_hup_and_term_at_once(self, cloud: Place) -> None:
        assert self.interrupted(cloud, signal.SIGHUP, signal.SIGTERM)[0] == 130
        assert [one.state for one in attempts(cloud)] == [State.ACCEPTED]

    def test_a_person_who_insists_leaves_at_once(self, cloud: Place) -> None:
        assert self.interrupted(cloud, signal.SIGHUP, signal.SIGINT)[0] == 130
        assert [one.state for one in attempts(cloud)] == [State.INTENT]
        assert cloud.run("submit", "--only", "mesh=nothing") == 1

    def test_under_nohup_it_goes_on(self, cloud: Place) -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        code, server = self.interrupted(cloud, signal.SIGHUP)
        assert code != 130
        assert len(server.requests) == 4
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN

    def test_handlers_are_put_back(self, cloud: Place) -> None:
        self.interrupted(cloud, signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL

    def test_a_signal_that_comes_just_before_a_pause_waits_does_not_wait_to_its_end(self, monkeypatch) -> None:
        """The handler of such a signal runs when the system call has returned."""
        stop, waits = Stop(), []

        def missed(timeout: float) -> None:
            waits.append(timeout)
            stop.set()
            raise Empty

        monkeypatch.setattr(stop, "_awake", SimpleNamespace(get=missed, put=lambda item: None))
        stop.wait(30)
        assert waits == [0.5]

    @pytest.mark.slow
    def test_a_pause_can_be_ended_at_any_moment(self) -> None:
        """A handler runs in the middle of the pause itself, again and again at another point of it."""
        before = signal.getsignal(signal.SIGALRM)
        try:
            for turn in range(300):
                stop = Stop()
                signal.signal(signal.SIGALRM, lambda *_, stop=stop: stop.set())
                signal.setitimer(signal.ITIMER_REAL, 0.00002 * (turn % 30 + 1))
                stop.wait(30)
                assert stop.is_set()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
