"""A local target with a state folder of its own, and nothing left of it afterwards."""

import contextlib
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TypeVar

import psutil

from specc.lowering import Payload, receive
from specc.project import shipped_apis
from specc.schema import ApiSchema
from specc.settings import Target
from specc.targets import Accepted, Attempt, JobReport, JobState
from specc.targets.local.environment import JOB_DIR
from specc.targets.local.machine import Options
from specc.targets.local.paths import JobDir, StateDir
from specc.targets.local.store import Store
from specc.targets.local.target import LocalTarget

CALLER = "ada"
UNITS = {"mem_limit": "MiB", "time_limit": "s"}
OPTIONS = Options(cores=2, grace=0.4, idle=0.3)
PATIENCE = 20.0

T = TypeVar("T")


@cache
def api(name: str = "ehpc/v1") -> ApiSchema:
    return shipped_apis()[name]


def payload(command: str | None = "true", **fields: object) -> Payload:
    """A payload of the API's first version; a field that is None is left out."""
    usual = {"cluster_id": "c", "zone": "z", "run_user": CALLER, "name": "job", "cmd_line": command}
    body = {name: value for name, value in {**usual, **fields}.items() if value is not None}
    received = receive(body, api())
    assert isinstance(received, Payload), received
    return received


def attempt(command: str | None = "true", key: str = "", **fields: object) -> Attempt:
    made = payload(command, **fields)
    return Attempt(key or secrets.token_hex(16), made, made.name)


def eventually(look: Callable[[], T], what: str = "it did not come about") -> T:
    """The first true answer of `look`, which is asked again and again, and less often what takes longer."""
    end, pause = time.monotonic() + PATIENCE, 0.02
    while not (found := look()):
        assert time.monotonic() < end, what
        time.sleep(pause)
        pause = min(1.3 * pause, 0.1)
    return found


class Place:
    """A target on a state folder. Everything that runs for it can be found, and is ended with it."""

    def __init__(self, root: Path, options: Options = OPTIONS) -> None:
        self.state = StateDir(root)
        self.options = options
        self.target = self.open()
        self.store = Store(self.state.store)

    def open(self, run_as: str | None = None, caller: str = CALLER) -> LocalTarget:
        settings = Target("local", "local", run_as="caller" if run_as else None)
        return LocalTarget.open(settings, UNITS, self.state.root, caller, self.options)

    def submit(self, command: str | None = "true", **fields: object) -> str:
        outcome = self.target.submit(attempt(command, **fields))
        assert isinstance(outcome, Accepted), outcome
        return outcome.uuid

    def report(self, uuid: str) -> JobReport:
        return self.target.status([uuid])[uuid]

    def wait(self, *uuids: str) -> list[JobReport]:
        """The reports once all have ended."""

        def ended() -> list[JobReport]:
            reports = self.target.status(uuids)
            return [reports[uuid] for uuid in uuids] if all(r.state.is_final for r in reports.values()) else []

        return eventually(ended, "the jobs do not end")

    def run(self, command: str | None = "true", **fields: object) -> JobReport:
        """Submits and waits."""
        return self.wait(self.submit(command, **fields))[0]

    def started(self, uuid: str) -> psutil.Process:
        """The runner of a job, once it has one and the command is on its way."""
        job = eventually(lambda: (j := self.store.with_uuids([uuid])[uuid]).runner and j, "the job does not start")
        assert job.runner is not None
        runner = psutil.Process(job.runner.pid)
        eventually(lambda: runner.children(), "the command does not start")
        return runner

    def folder(self, uuid: str) -> JobDir:
        return self.state.job(uuid)

    def written(self, uuid: str, name: str) -> str:
        """What the job wrote to a file in its directory, once it is there and not empty."""
        path = self.folder(uuid).work / name
        return eventually(lambda: path.is_file() and path.read_text(), f"{name} is not written")

    def printed(self, uuid: str, stream: str = "stdout") -> str:
        (path,) = [file.path for file in self.target.logs(uuid).files if file.stream == stream]
        assert path is not None
        return path.read_text()

    def sql(self, statement: str, *values: object) -> None:
        with contextlib.closing(sqlite3.connect(self.state.store)) as connection, connection:
            connection.execute(statement, values)

    def supervisors(self) -> list[psutil.Process]:
        """The one that listens, by the pid it left in its lock, if there is one."""
        with contextlib.suppress(OSError, ValueError, psutil.NoSuchProcess):
            process = psutil.Process(int(self.state.lock.read_text()))
            return [process] if process in self.processes() and self.state.bell.exists() else []
        return []

    def supervisor(self) -> psutil.Process:
        return eventually(self.supervisors, "no supervisor comes up")[0]

    def processes(self) -> list[psutil.Process]:
        """Supervisors, runners, and what belongs to jobs."""
        return [process for process in psutil.process_iter() if is_ours(process) and belongs(process, self.state.root)]

    def log(self) -> str:
        return self.state.log.read_text() if self.state.log.exists() else ""

    def all_states(self) -> dict[str, JobState]:
        with contextlib.closing(sqlite3.connect(self.state.store)) as connection:
            return {uuid: JobState(state) for uuid, state in connection.execute("SELECT uuid, state FROM jobs")}


BEGAN = psutil.Process().create_time()


def is_ours(process: psutil.Process) -> bool:
    """Whether a process began after the tests. What the others are takes long to ask again and again."""
    try:
        return process.create_time() >= BEGAN
    except psutil.Error:
        return False


def belongs(process: psutil.Process, root: Path) -> bool:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return str(root) in process.cmdline() or process.environ().get(JOB_DIR, "").startswith(f"{root}/")
    except (psutil.Error, OSError):
        return False


@contextlib.contextmanager
def place_at(root: Path, options: Options = OPTIONS) -> Iterator[Place]:
    """A place of which nothing may be left: jobs that still run at the end are cancelled, and all processes must end by
    themselves."""
    place = Place(root, options)
    try:
        yield place
        still_open = [uuid for uuid, state in place.all_states().items() if not state.is_final]
        if still_open:
            place.target.cancel(still_open)
            place.wait(*still_open)
        eventually(lambda: not place.processes(), f"left behind: {place.processes()}")
    finally:
        for process in place.processes():
            with contextlib.suppress(psutil.Error):
                process.kill()
