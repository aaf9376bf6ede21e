"""A real Grid Engine on this machine, from Debian's packages: one qmaster and one node on loopback ports.

Everything lies in a folder of its own, which is SGE_ROOT: no file of /var or /etc is used, no service is started. The
daemons and jobs have that variable, and by it they are known when the cell ends. A qmaster takes a client only where
the name of the machine is the one that its address leads to; where /etc/hosts gives 127.0.0.1 several names, the file
`host_aliases` says that they are one.
"""

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import pytest

from support.slurm_cluster import _free_ports, _lives

LIBRARY = Path("/usr/lib/gridengine")
SHARE = Path("/usr/share/gridengine")
PROGRAMS = ("qsub", "qstat", "qdel", "qacct", "qconf", "sge_qmaster", "sge_execd")
PACKAGES = "gridengine-master gridengine-exec gridengine-client"
SBIN = ("/usr/sbin", "/sbin")
PREFIX = "ge"
OWNER = "owner"
SLOTS = 8
START_SECONDS = 60.0

BOOTSTRAP = """\
admin_user              none
default_domain          none
ignore_fqdn             true
spooling_method         classic
spooling_lib            libspoolc
spooling_params         {root}/default/common;{root}/spool/qmaster
binary_path             {root}/bin
qmaster_spool_dir       {root}/spool/qmaster
security_mode           none
listener_threads        2
worker_threads          2
scheduler_threads       1
"""
CONFIGURATION = {
    "execd_spool_dir": "{root}/spool/exec",
    "mailer": "none",
    "shell_start_mode": "unix_behavior",
    "min_uid": "0",
    "min_gid": "0",
    "load_report_time": "00:00:01",
    "reporting_params": "accounting=true reporting=false flush_time=00:00:15 joblog=false sharelog=00:00:00 "
    "accounting_flush_time=00:00:00",
}
SCHEDULER = {"schedule_interval": "0:0:1", "flush_submit_sec": "1", "flush_finish_sec": "1"}
PARALLEL = """\
pe_name            smp
slots              999
user_lists         NONE
xuser_lists        NONE
start_proc_args    NONE
stop_proc_args     NONE
allocation_rule    $pe_slots
control_slaves     FALSE
job_is_first_task  TRUE
urgency_slots      min
accounting_summary FALSE
qsort_args         NONE
"""

T = TypeVar("T")


def need() -> None:
    """Skip a test where Grid Engine is missing, or let it fail with `make gridengine NEEDED=1`, as CI has it."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *SBIN])
    missing = [name for name in PROGRAMS if shutil.which(name, path=path) is None]
    if missing:
        reason = f"{', '.join(missing)} not installed (Debian: apt-get install {PACKAGES})"
        (pytest.fail if os.environ.get("GRID_ENGINE_NEEDED") else pytest.skip)(reason)


def eventually(look: Callable[[], T], seconds: float = START_SECONDS, what: str = "it did not come about") -> T:
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, what
        time.sleep(0.2)
    return found


class Cell:
    """A cell of Grid Engine with one queue, `all.q`, and the parallel environment `smp`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.host = socket.gethostname().partition(".")[0]
        self.qmaster_port, self.execd_port = _free_ports(2)
        self.common = root / "default" / "common"

    @property
    def environment(self) -> dict[str, str]:
        path = os.pathsep.join([os.environ.get("PATH", os.defpath), *SBIN])
        own = {name: value for name, value in os.environ.items() if not name.startswith("SGE_")}
        ports = {"SGE_QMASTER_PORT": str(self.qmaster_port), "SGE_EXECD_PORT": str(self.execd_port)}
        return {**own, **ports, "SGE_ROOT": str(self.root), "SGE_CELL": "default", "PATH": path}

    def run(self, *command: str, stdin: str = "") -> str:
        done = subprocess.run(
            command, env=self.environment, input=stdin, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout

    def start(self) -> None:
        shutil.copytree("/var/lib/gridengine", self.root, symlinks=True, dirs_exist_ok=True)
        for folder in (self.common, self.root / "spool" / "qmaster" / "job_scripts", self.root / "spool" / "exec"):
            folder.mkdir(parents=True, exist_ok=True)
        (self.common / "bootstrap").write_text(BOOTSTRAP.format(root=self.root))
        (self.common / "act_qmaster").write_text(f"{self.host}\n")
        (self.common / "host_aliases").write_text(" ".join(self._names()) + "\n")
        spooling = f"{self.common};{self.root}/spool/qmaster"
        self.run(str(LIBRARY / "spoolinit"), "classic", "libspoolc", spooling, "init")
        defaults = {
            "configuration": SHARE / "default-configuration",
            "complexes": SHARE / "util/resources/centry",
            "usersets": SHARE / "util/resources/usersets",
        }
        for name, path in defaults.items():
            self.run(str(LIBRARY / "spooldefaults"), name, str(path))
        self.run(str(LIBRARY / "spooldefaults"), "managers", _user())
        self.start_qmaster()
        usual = (SHARE / "default-configuration").read_text()
        self._change("global", usual, {name: text.format(root=self.root) for name, text in CONFIGURATION.items()})
        self.run("qconf", "-Mconf", str(self.root / "global"))
        self._change("scheduler", self.run("qconf", "-ssconf"), SCHEDULER)
        self.run("qconf", "-Msconf", str(self.root / "scheduler"))
        self.run("qconf", "-as", self.host)
        (self.root / "smp").write_text(PARALLEL)
        self.run("qconf", "-Ap", str(self.root / "smp"))
        self.start_node()
        queue = {"qname": "all.q", "hostlist": self.host, "slots": str(SLOTS), "load_thresholds": "NONE"}
        queue |= {"shell": "/bin/bash", "pe_list": "smp"}
        self._change("queue", self.run("qconf", "-sq"), queue)
        self.run("qconf", "-Aq", str(self.root / "queue"))
        eventually(self._is_up, what=self.log())

    def _is_up(self) -> bool:
        return any(line.startswith(f"{self.host} ") and " - " not in line for line in self.run("qhost").splitlines())

    def start_qmaster(self) -> None:
        self.run("sge_qmaster")
        eventually(self._answers, what="the qmaster does not answer")

    def start_node(self) -> None:
        self.run("sge_execd")

    def _answers(self) -> bool:
        with contextlib.suppress(AssertionError):
            return bool(self.run("qconf", "-sh"))
        return False

    def _names(self) -> list[str]:
        """All names of the machine, its own first: a qmaster and its clients have to agree on one."""
        names = {self.host: None}
        with contextlib.suppress(OSError):
            first, others, _ = socket.gethostbyaddr(socket.gethostbyname(self.host))
            names |= dict.fromkeys([first, *others])
        return list(names)

    def _change(self, name: str, text: str, values: Mapping[str, str]) -> None:
        kept = [line for line in text.splitlines() if not line.startswith("#") and line.split(None, 1)[:1]]
        own = {*values, "conf_version"}  # which the qmaster writes itself, and reads only once
        lines = [line for line in kept if line.split(None, 1)[0] not in own]
        lines += [f"{key} {value}" for key, value in values.items()]
        (self.root / name).write_text("\n".join(lines) + "\n")

    def pid_of(self, daemon: str) -> int:
        (pid,) = (pid for pid in self.processes() if _name(pid) == daemon)
        return pid

    def stop_qmaster(self) -> None:
        pid = self.pid_of("sge_qmaster")
        os.kill(pid, signal.SIGTERM)
        eventually(lambda: not _lives(pid), what="the qmaster does not end")

    def jobs(self) -> list[str]:
        return [line.split()[0] for line in self.run("qstat").splitlines()[2:]]

    def accounts(self) -> int:
        """How many jobs have ended, by the accounting."""
        path = self.common / "accounting"
        return sum(not line.startswith("#") for line in path.read_text().splitlines()) if path.exists() else 0

    def processes(self) -> list[int]:
        wanted, found = f"SGE_ROOT={self.root}".encode(), []
        for path in Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):
                if wanted in path.read_bytes().split(b"\0") and int(path.parent.name) != os.getpid():
                    found.append(int(path.parent.name))
        return found

    def end(self) -> None:
        """End the daemons, and what is left of jobs."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            pids = self.processes()
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
                    os.kill(pid, number)
            end = time.monotonic() + 10
            while any(map(_lives, pids)) and time.monotonic() < end:
                time.sleep(0.1)

    def log(self) -> str:
        return "\n".join(path.read_text(errors="replace")[-2000:] for path in self.root.glob("spool/**/messages"))


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _user() -> str:
    import getpass

    return getpass.getuser()


@contextlib.contextmanager
def cell() -> Iterator[Cell]:
    """A cell of its own, and nothing left of it afterwards, nor of one whose tests were killed."""
    for owner in Path("/tmp").glob(f"{PREFIX}*/{OWNER}"):
        with contextlib.suppress(OSError, ValueError):
            if owner.stat().st_uid == os.getuid() and not _lives(int(owner.read_text())):
                Cell(owner.parent).end()
                shutil.rmtree(owner.parent, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir="/tmp", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        Path(name, OWNER).write_text(str(os.getpid()))
        made = Cell(Path(name))
        try:
            made.start()
            yield made
        finally:
            made.end()


SETTINGS = """\
project = "grid"
target = "ge"
[units]
mem_limit = "MiB"
time_limit = "s"
[targets.ge]
kind = "command"
adapter = "gridengine"
run_as = "caller"
directory = "{jobs}"
settings = {{parallel_environment = "smp"}}
"""
SPEC = """\
specc: 1
job:
  cluster_id: c
  zone: z
  run_user: me
  name: {name}
  cmd_line: |
"""


class Project:
    """A project whose default target is a cell."""

    def __init__(self, cell: Cell, folder: Path) -> None:
        self.cell = cell
        self.folder = folder / "project"
        self.folder.mkdir()
        self.jobs = folder / "jobs"
        self.environment = {**cell.environment, "XDG_STATE_HOME": str(folder / "state"), "HOME": str(folder)}
        self.environment.pop("CI", None)
        self.write("specc.toml", SETTINGS.format(jobs=self.jobs))

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def spec(self, name: str, command: str, **fields: object) -> None:
        """A spec of one job, or of a sweep where `matrix` is among the fields."""
        text = SPEC.format(name=json.dumps(name))
        matrix = fields.pop("matrix", None)
        text += "".join(f"    {line}\n" for line in command.splitlines())
        text += "".join(f"  {field}: {json.dumps(value)}\n" for field, value in fields.items())
        text += f"matrix: {json.dumps(matrix)}\n" if matrix else ""
        self.write("a.job.yaml", text)

    def process(self, *words: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "specc", *words]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, cwd=self.folder, env=self.environment, stdout=pipe, stderr=pipe, text=True)

    def __call__(self, *words: str, seconds: float = 240) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "specc", *words]
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def all(self) -> list[dict[str, Any]]:
        done = self("status", "--output", "json")
        assert done.returncode == 0, done.stderr
        return list(json.loads(done.stdout)["jobs"])

    def job(self) -> dict[str, Any]:
        (job,) = self.all()
        return job

    def ended(self, seconds: float = 120) -> list[dict[str, Any]]:
        done = self("wait", seconds=seconds)
        assert done.returncode in (0, 5), done.stderr
        return self.all()

    def folders(self) -> list[Path]:
        return sorted((self.jobs / "jobs").iterdir())


def new_key() -> str:
    return secrets.token_hex(16)
