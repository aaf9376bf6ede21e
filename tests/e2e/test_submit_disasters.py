"""Real processes that are killed, stopped, run twice at once, or find the disk full: nothing twice, nothing lost."""

import json
import os
import pty
import resource
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from chaos.hostile import Hostile
from support import uncovered
from support.sampling import mostly_slow
from support.submitting import record

from specc.cli.main import run
from specc.errors import SpeccError
from specc.submission import Ledger, State

SETTINGS = """project = "demo"
target = "cloud"
[ledger]
path = "ledger.sqlite"
[targets.cloud]
kind = "ehpc"
endpoint = "ENDPOINT"
job = {zone = "z", cluster_id = "c", run_user = "u"}
"""
SWEEP = """specc: 1
matrix: {axes: {n: {from: 1, to: COUNT}}}
job: {name: "run-{{ matrix.n }}", cmd_line: ./run, core_limit: 1}
"""


class Site:
    """A project, its server, and the command: as a process with `start`, within this one with `run`."""

    def __init__(self, root: Path, server: Hostile, capture: pytest.CaptureFixture[str]) -> None:
        self.root = root
        self.server = server
        self._capture = capture
        self.environment = {
            **{n: value for n, value in uncovered.environment().items() if "proxy" not in n.lower() and n != "CI"},
            "HOME": str(root),
            "QY_ACCESS_KEY_ID": "KEYKEYKEYKEY",
            "QY_SECRET_ACCESS_KEY": "s3cr3t",
        }
        (root / "specc.toml").write_text(SETTINGS.replace("ENDPOINT", server.endpoint))
        with Ledger.open(root / "ledger.sqlite"):
            pass

    def sweep(self, count: int) -> None:
        (self.root / "a.job.yaml").write_text(SWEEP.replace("COUNT", str(count)))

    def start(self, *arguments: str, **how: object) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-m", "specc", *arguments],
            **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **how},
            cwd=self.root,
            env=self.environment,
        )

    def run(self, *arguments: str) -> tuple[int, str, str]:
        code = run(list(arguments))
        return code, *self._capture.readouterr()

    def states(self, *, recover: bool = False) -> list[str]:
        with Ledger.open(self.root / "ledger.sqlite") as ledger:
            if recover:
                ledger.recover()
            return [str(one.state) for one in ledger.all()]

    def nothing_is_lost(self) -> bool:
        """Every job of the server is in the ledger, as accepted or as unknown."""
        with Ledger.open(self.root / "ledger.sqlite") as ledger:
            ledger.recover()
            records = ledger.all()
        accepted = {one.uuid for one in records}
        unknown = {one.digest for one in records if one.state is State.UNKNOWN}
        return all(job.uuid in accepted or job.digest in unknown for job in self.server.jobs)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Site]:
    server = Hostile(calm=True, patience=10)
    site = Site(tmp_path, server, capsys)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CI", raising=False)
    for name in ("HOME", "QY_ACCESS_KEY_ID", "QY_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, site.environment[name])
    yield site
    server.close()


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.01)


def test_killed_between_the_intent_and_the_answer(site: Site) -> None:
    site.sweep(3)
    site.server.script = ["hang-after-accepting"]
    with site.start("submit", "--max-in-flight", "1") as process:
        until(lambda: site.server.jobs)
        process.kill()
    assert site.states() == ["intent"]
    code, out, err = site.run("submit")
    assert code == 4
    assert "died, so their outcome is unknown now: a.job.yaml@" in err
    assert sorted(line.split("\t")[0] for line in out.splitlines()) == ["accepted", "accepted", "unknown"]
    assert site.run("ledger", "resolve")[0] == 4
    code, out, _ = site.run("ledger", "resolve", "--yes")
    assert (code, out.split("\t")[1]) == (0, site.server.jobs[0].uuid)
    assert len(site.server.jobs) == 3


def test_interrupted_it_writes_down_what_is_in_flight(site: Site) -> None:
    site.sweep(5)
    site.server.script = ["drip"]
    site.server.patience = 10.0  # some seconds for the whole answer
    with site.start("submit", "--max-in-flight", "1") as process:
        until(lambda: site.server.jobs or site.server.faults)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "stopping; waiting for 1 payload in flight" in err
    assert [line.split("\t")[0] for line in out.splitlines()][1:] == ["not tried"] * 4
    assert len(site.states()) == 1
    assert site.states()[0] in ("accepted", "rejected")
    assert site.run("submit")[0] == 0


@pytest.mark.slow
def test_interrupted_twice_it_leaves_and_says_what_is_open(site: Site) -> None:
    site.sweep(2)
    site.server.script = ["hang-after-accepting", "hang-after-accepting"]
    with site.start("submit", "--max-in-flight", "2") as process:
        until(lambda: len(site.server.jobs) == 2)
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=5)
    assert process.returncode == 130
    assert err.count("in flight, so its outcome is unknown: a.job.yaml@") == 2
    assert site.states(recover=True) == ["unknown", "unknown"]


@pytest.mark.parametrize(("command", "listed"), [("submit --wait", "results"), ("wait", "jobs")])
@pytest.mark.slow
def test_interrupted_while_it_waits_it_says_what_it_knows(site: Site, command: str, listed: str) -> None:
    site.sweep(2)
    assert command != "wait" or site.run("submit")[0] == 0
    with site.start(*command.split(), "--output", "json") as process:
        assert process.stderr is not None
        while "pending" not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "2 jobs still running; `specc wait a.job.yaml` waits again" in err
    jobs = {(job["uuid"], job["job_state"]) for job in json.loads(out)[listed]}
    assert jobs == {(job.uuid, "pending") for job in site.server.jobs}


@pytest.mark.slow
def test_a_reader_that_goes_away_leaves_a_true_ledger(site: Site) -> None:
    site.sweep(30)
    with site.start("submit", "--max-in-flight", "4") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        process.wait(30)
    assert set(site.states()) == {"accepted"}
    assert len(site.states()) == len(site.server.jobs)
    assert site.run("submit")[0] == 0
    assert len(site.server.jobs) == 30


@pytest.mark.slow
def test_two_at_once_send_each_payload_once(site: Site) -> None:
    site.sweep(30)
    with site.start("submit") as one, site.start("submit", "--max-in-flight", "1") as other:
        ends = [process.communicate(timeout=60) for process in (one, other)]
    assert (one.returncode, other.returncode) == (0, 0), ends
    assert len(site.server.jobs) == 30 == len(site.states())
    for out, _ in ends:
        assert len({line.split("\t")[1] for line in out.splitlines()}) == 30


@pytest.mark.slow
def test_two_at_once_with_one_plan(site: Site) -> None:
    site.sweep(20)
    assert site.run("plan", "--out", "plan.json")[0] == 0
    with site.start("submit", "--plan", "plan.json") as one, site.start("submit", "--plan", "plan.json") as other:
        errors = [process.communicate(timeout=60)[1] for process in (one, other)]
    assert sorted((one.returncode, other.returncode)) == [0, 1], errors
    assert len(site.server.jobs) == 20 == len(site.states())


@pytest.mark.parametrize("kilobytes", mostly_slow([56, 80], quick=1))
def test_a_full_disk(site: Site, kilobytes: int) -> None:
    """No file can grow beyond so much, as on a disk without room."""
    site.sweep(60)
    size = kilobytes * 1024

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    with site.start("submit", preexec_fn=limit) as process:
        _, err = process.communicate(timeout=60)
    assert process.returncode in (2, 4), err
    assert "the ledger" in err
    assert "cannot be used" in err
    assert len(site.server.jobs) < 60
    assert site.nothing_is_lost()
    assert site.run("submit")[0] in (0, 4)
    assert site.run("ledger", "resolve", "--yes")[0] == 0
    assert site.server.duplicates() == 0
    assert len(site.server.jobs) == 60
    assert site.run("ledger", "verify")[0] == 0


@pytest.mark.parametrize("path", ["/proc/specc/ledger.sqlite", "/dev/null", "/"])
def test_a_place_that_cannot_hold_a_ledger(site: Site, path: str) -> None:
    site.sweep(1)
    settings = site.root / "specc.toml"
    settings.write_text(settings.read_text().replace('"ledger.sqlite"', json.dumps(path)))
    code, _, err = site.run("submit")
    assert code == 2, err
    assert "Traceback" not in err
    assert site.server.jobs == []


@pytest.mark.parametrize("content", [b"", b"garbage " * 999])
def test_a_damaged_ledger_stops_everything_and_is_left_as_it_is(site: Site, content: bytes) -> None:
    site.sweep(1)
    (site.root / "ledger.sqlite").write_bytes(content)
    for command in (("submit",), ("status",), ("plan",), ("ledger", "list")):
        assert site.run(*command)[0] == 2
    assert (site.root / "ledger.sqlite").read_bytes() == content
    assert site.server.jobs == []


def test_a_ledger_that_is_read_only_can_be_read_and_sends_nothing() -> None:
    """As another user, because the superuser may write anywhere."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.sqlite"
        os.chmod(folder, 0o755)
        with Ledger.open(path) as ledger:
            ledger.begin(record())
        for file in (path, path.with_name("ledger.sqlite-journal")):
            os.chmod(file, 0o444)
        is_root = os.geteuid() == 0
        if is_root:
            os.seteuid(65534)
        else:
            os.chmod(folder, 0o555)
        try:
            with Ledger.read(path) as ledger:
                assert len(ledger.all()) == 1
            with pytest.raises(SpeccError, match="cannot be used"), Ledger.open(path) as ledger:
                ledger.begin(record("a2", key=record().key._replace(cell="x")))
        finally:
            if is_root:
                os.seteuid(0)
            os.chmod(folder, 0o755)


@pytest.mark.slow
def test_a_person_at_a_terminal(site: Site) -> None:
    """Is asked, sees a bar and a table, and can say no."""
    site.sweep(12)
    outcomes = []
    for answer in (b"n\n", b"y\n"):
        outer, inner = pty.openpty()
        with site.start("submit", stdin=inner, stdout=inner, stderr=inner) as process:
            os.close(inner)
            seen = read_until(outer, b"[y/N]")
            os.write(outer, answer)
            seen += read_until(outer, None)
            process.wait(30)
        os.close(outer)
        outcomes.append((process.returncode, len(site.server.jobs)))
    assert outcomes == [(1, 0), (0, 12)]
    text = seen.decode()
    assert "send 12 payloads to `cloud`?" in text
    assert "sending" in text
    assert "12/12" in text
    assert "uuid" in text
    assert text.count("accepted") >= 12


@pytest.mark.slow
def test_a_person_who_waits(site: Site) -> None:
    """Sees how far the jobs are."""
    site.sweep(2)
    assert site.run("submit")[0] == 0
    outer, inner = pty.openpty()
    with site.start("wait", "--timeout", "1", stdin=inner, stdout=inner, stderr=inner) as process:
        os.close(inner)
        seen = read_until(outer, None).decode()
        process.wait(30)
    os.close(outer)
    assert process.returncode == 6
    assert "0/2" in seen
    assert "2 pending" in seen


def read_until(terminal: int, end: bytes | None) -> bytes:
    """What comes from a terminal, up to `end`, or to its hanging up."""
    seen = b""
    while end is None or end not in seen:
        ready, _, _ = select.select([terminal], [], [], 20)
        assert ready, seen
        try:
            block = os.read(terminal, 4096)
        except OSError:
            return seen
        if not block:
            return seen
        seen += block
    return seen
