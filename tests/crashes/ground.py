"""What crashes are tried on: a project with its state, an honest server, and clients that can be killed."""

import contextlib
import fcntl
import json
import os
import queue
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import psutil
from chaos.hostile import Hostile, Job
from crashes.tracing import Traced
from support.fake_cluster import Cluster
from support.fake_site import Site

from specc.submission import Ledger, Record, State, verify_ledger
from specc.targets.local.machine import machine_id
from specc.targets.local.paths import StateDir
from specc.targets.trust import TrustedCommands

T = TypeVar("T")
PATIENCE = 30.0
COUNT = 3
SETTINGS = """
project = "crashes"
[units]
mem_limit = "MiB"
time_limit = "s"
[targets.cloud]
kind = "ehpc"
endpoint = "{endpoint}"
job = {{zone = "z", cluster_id = "c", run_user = "u"}}
[targets.site]
kind = "command"
run_as = "caller"
job = {{zone = "z", cluster_id = "c", run_user = "u"}}
{site}[targets.cluster]
kind = "slurm"
run_as = "caller"
job = {{zone = "z", cluster_id = "c", run_user = "u"}}
[targets.local]
run_as = "caller"
job = {{zone = "z", cluster_id = "c", run_user = "u"}}
"""
THREE = f"""
specc: 1
matrix: {{axes: {{n: {{from: 1, to: {COUNT}}}}}}}
job: {{name: "three-{{{{ matrix.n }}}}", cmd_line: "echo {{{{ matrix.n }}}}", core_limit: 1}}
"""
TRIED = THREE.replace("three-", "tried-").replace("echo {{ matrix.n }}", "echo {{ matrix.n }} {{ cell.attempt }}")
"""Three payloads that are others as second attempts."""

SITED = f"""
specc: 1
matrix: {{axes: {{n: {{from: 1, to: {COUNT}}}}}}}
job: {{name: "sited-{{{{ matrix.n }}}}", cmd_line: "echo {{{{ matrix.n }}}} >> FOLDER/ran", core_limit: 1}}
"""
ONE = """
specc: 1
job: {{name: one, cmd_line: "echo ran >> {folder}/ran\\necho done\\n{more}", core_limit: 1, time_limit: 60}}
"""
WAITS = "read -r -t 20 <> {folder}/never || true"
"""A job that waits without starting a program: a FIFO that nobody writes to."""


class Clients:
    """`specc` in a project, one command at a time."""

    def __init__(self, folder: Path, endpoint: str, commands: str, cluster: Mapping[str, str]) -> None:
        self.log = folder / "log"
        trusted = {"SPECC_TRUSTED_HOSTS": endpoint, "SPECC_TRUSTED_COMMANDS": commands}
        kept = {**cluster, "HOME": str(folder), "LANG": "C.UTF-8"}
        keys = {"QY_ACCESS_KEY_ID": "KEYKEYKEYKEY", "QY_SECRET_ACCESS_KEY": "secret"}
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("client.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=folder,
            env={**kept, **keys, **trusted, "XDG_STATE_HOME": str(folder / "state")},
        )
        self._answers: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._hear, daemon=True).start()

    def begin(
        self,
        *arguments: str,
        traced: bool = False,
        kill_at: int | None = None,
        everything: bool = False,
        variables: Mapping[str, str] | None = None,
    ) -> int:
        """Start a command and return its pid. With `variables` it is a task of a job, and not specc."""
        call = {"arguments": arguments, "log": str(self.log), "variables": variables}
        how = {"traced": traced, "kill_at": kill_at, "everything": everything}
        assert self._process.stdin is not None
        print(json.dumps({**call, **how}), file=self._process.stdin, flush=True)
        return int(self._answers.get(timeout=PATIENCE))

    @property
    def has_ended(self) -> bool:
        """Whether the command and all that it started have ended."""
        return not self._answers.empty()

    def end(self) -> Traced:
        """Wait for the end of the command and of all that it has started."""
        return Traced(**json.loads(self._answers.get(timeout=PATIENCE)))

    def run(self, *arguments: str) -> int:
        """Run a command that nothing kills, and return its exit status."""
        self.begin(*arguments)
        return self.end().status

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _hear(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._answers.put(line)


class Ground:
    """One project, whose state can be saved and restored."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = Hostile(calm=True)
        self.state = folder / "state"
        self._site_folder = Path(f"{folder}.site")  # no command of a target lies in its project
        self.site = Site(self._site_folder)
        self._trusted = TrustedCommands.digest(self.site.commands)
        self._cluster_folder = Path(f"{folder}.cluster")
        self.cluster = Cluster(self._cluster_folder)
        self.clients = Clients(folder, self.server.endpoint, self._trusted, self.cluster.variables)
        self.local = StateDir(self.state / "specc" / "local" / machine_id()[:12])
        self._saved: list[Job] = []
        self._supervisor_lock: int | None = None
        os.mkfifo(folder / "never")
        (folder / "specc.toml").write_text(SETTINGS.format(endpoint=self.server.endpoint, site=self.site.table))
        (folder / "sited.job.yaml").write_text(SITED.replace("FOLDER", str(folder)))
        (folder / "three.job.yaml").write_text(THREE)
        (folder / "tried.job.yaml").write_text(TRIED)
        self.write_one("")

    @cached_property
    def others(self) -> Clients:
        """For commands beside one that is traced."""
        return Clients(self.folder, self.server.endpoint, self._trusted, self.cluster.variables)

    def write_one(self, more: str) -> None:
        (self.folder / "one.job.yaml").write_text(ONE.format(folder=self.folder, more=more))

    def close(self) -> None:
        self.clients.close()
        if "others" in vars(self):
            self.others.close()
        self.server.close()
        shutil.rmtree(self._site_folder, ignore_errors=True)
        shutil.rmtree(self._cluster_folder, ignore_errors=True)
        self.keep_supervisors_out(False)
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                process.kill()

    def empty(self) -> None:
        """No state at all, as on a new machine."""
        self.keep_supervisors_out(False)
        shutil.rmtree(self.state, ignore_errors=True)
        self.state.mkdir()
        shutil.rmtree(self._site_folder, ignore_errors=True)
        self.site = Site(self._site_folder)
        self.site.set("hold")
        shutil.rmtree(self._cluster_folder, ignore_errors=True)
        self.cluster = Cluster(self._cluster_folder)
        self.server.jobs.clear()
        self.server.stopped.clear()

    def save(self) -> None:
        shutil.rmtree(self.folder / "saved", ignore_errors=True)
        shutil.copytree(self.state, self.folder / "saved", symlinks=True)
        shutil.rmtree(self.folder / "saved-site", ignore_errors=True)
        shutil.copytree(self._site_folder, self.folder / "saved-site")
        shutil.rmtree(self.folder / "saved-cluster", ignore_errors=True)
        shutil.copytree(self._cluster_folder, self.folder / "saved-cluster")
        self._saved = list(self.server.jobs)

    def restore(self, *, is_served: bool) -> None:
        """Bring the saved state back; unless `is_served`, no supervisor can start."""
        self.empty()
        shutil.rmtree(self.state)
        (self.folder / "ran").unlink(missing_ok=True)
        shutil.copytree(self.folder / "saved", self.state, symlinks=True, copy_function=_copy)
        shutil.copytree(self.folder / "saved-site", self._site_folder, dirs_exist_ok=True)
        shutil.copytree(self.folder / "saved-cluster", self._cluster_folder, dirs_exist_ok=True)
        self.server.jobs.extend(self._saved)
        self.keep_supervisors_out(not is_served)

    def keep_supervisors_out(self, wanted: bool) -> None:
        """Hold the supervisor's lock, or give it back."""
        if self._supervisor_lock is not None:
            os.close(self._supervisor_lock)
            self._supervisor_lock = None
        if wanted:
            for folder in (self.local.root.parent.parent, self.local.root.parent, self.local.root):
                folder.mkdir(mode=0o700, exist_ok=True)
            self._supervisor_lock = os.open(self.local.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._supervisor_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    @property
    def ran(self) -> int:
        """How often the job of one.job.yaml has run."""
        path = self.folder / "ran"
        return path.read_text().count("\n") if path.exists() else 0

    def processes(self) -> list[psutil.Process]:
        """Supervisors, runners and jobs of this ground."""
        return [process for process in psutil.process_iter() if _belongs(process, str(self.local.root))]

    @contextlib.contextmanager
    def ledger(self) -> Iterator[Ledger | None]:
        """The ledger, with the intents of the dead made unknown; None where there is none yet."""
        paths = sorted(self.state.glob("specc/*/ledger.sqlite"))
        if not paths:
            yield None
            return
        with Ledger.open(paths[0]) as ledger:
            ledger.recover()
            yield ledger

    def records(self) -> Sequence[Record]:
        with self.ledger() as ledger:
            return ledger.all() if ledger is not None else []

    def damage(self) -> list[str]:
        """What `ledger verify` says."""
        with self.ledger() as ledger:
            return [str(one) for one in verify_ledger(ledger, time.time())] if ledger is not None else []

    def unsettled(self) -> list[Record]:
        return [record for record in self.records() if record.state in (State.UNKNOWN, State.INTENT)]


def eventually(look: Callable[[], T], what: str) -> T:
    """The first true answer of `look`."""
    end = time.monotonic() + PATIENCE
    while not (found := look()):
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.02)
    return found


def read_keys(path: Path) -> Mapping[str, str]:
    lines = [line.partition("=") for line in path.read_text().splitlines()]
    return {name: value for name, _, value in lines}


def _copy(source: str, target: str) -> object:
    """A FIFO is made anew by whoever needs it."""
    return shutil.copy2(source, target)


def _belongs(process: psutil.Process, root: str) -> bool:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return root in process.cmdline() or process.environ().get("SPECC_JOB_DIR", "").startswith(f"{root}/")
    except (psutil.Error, OSError):
        return False
