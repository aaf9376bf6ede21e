"""A real Slurm on this machine: one controller and two nodes on loopback ports, in a folder of its own.

No systemd, no cgroups, accounting only if asked for, and a munge key of its own. The nodes claim more cores than the
machine has. The folder is short, because a path of a Unix socket has to be. Whatever a cluster starts has its folder in
the variable SLURM_CONF, and by that its processes are known when it ends, or when a later run finds them left over.
"""

import contextlib
import getpass
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from support.slurm_accounting import Accounting

PROGRAMS = ("slurmctld", "slurmd", "munged", "munge", "sbatch", "squeue", "scancel", "scontrol", "sinfo")
SBIN = ("/usr/sbin", "/sbin", "/usr/local/sbin")
NODES = 2
START_SECONDS = 60.0
STARTS = 3
"""How often a start is tried: between the search for a free port and its use another may take it."""

PREFIX = "slurm"
OWNER = "owner"
FOREIGN = ("SLURM_", "SBATCH_", "SQUEUE_", "SACCT_", "SCANCEL_", "SINFO_")
LOOPBACK = "127.0.0.1"

CONF = """\
ClusterName=Specctest
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.sock
CredType=cred/munge
{communication}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
MpiDefault=none
SwitchType=switch/none
ReturnToService=2
EnforcePartLimits=ALL
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,sched_interval=1,bf_interval=1
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU={memory_per_core}
SlurmdParameters=config_overrides
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool.%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.%n.log
SlurmctldTimeout=30
SlurmdTimeout=30
MessageTimeout=5
MinJobAge={remembered}
MaxJobCount=20000
KillWait=10
OverTimeLimit=0
JobRequeue=0
"""
NO_ACCOUNTING = "AccountingStorageType=accounting_storage/none\n"
ONLY_LOOPBACK = "CommunicationParameters=NoInAddrAny,NoCtldInAddrAny"
"""Daemons then listen at the address of the machine's name. Where that is another one, they listen everywhere: who does
not have their munge key gets no answer."""


def need(programs: Iterable[str], packages: str) -> None:
    """Skips a test where one of the programs is missing, or lets it fail with `make slurm NEEDED=1`, as CI has it."""
    missing = [name for name in programs if program(name) is None]
    if missing:
        reason = f"{', '.join(missing)} not installed (Debian: apt-get install {packages})"
        (pytest.fail if os.environ.get("SLURM_NEEDED") else pytest.skip)(reason)


def program(name: str) -> str | None:
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", os.defpath), *SBIN]))


class Cluster:
    """`cores` and `memory` (MiB) are what each node claims, `remembered` for how many seconds the controller knows an
    ended job. `accounting` is none, or whether it stores the comments of jobs. `settings` are lines of slurm.conf in
    place of those here or beside them, `partitions` lines of more partitions, and `beside` files beside slurm.conf, by
    name."""

    def __init__(
        self,
        folder: Path,
        cores: int = 8,
        memory: int = 8000,
        remembered: int = 300,
        accounting: bool | None = None,
        settings: Mapping[str, str] = MappingProxyType({}),
        partitions: tuple[str, ...] = (),
        beside: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.folder = folder
        self.conf = folder / "slurm.conf"
        host, (dbd, database, *ports) = _host(), _free_ports(NODES + 3)
        self.accounting = None if accounting is None else Accounting(folder, (dbd, database), accounting)
        text = CONF.format(
            host=host,
            communication=ONLY_LOOPBACK if _is_loopback() else "",
            port=ports[0],
            user=getpass.getuser(),
            folder=folder,
            memory_per_core=memory // cores,
            remembered=remembered,
        )
        text += self.accounting.of_controller if self.accounting else NO_ACCOUNTING
        names = [f"n{number}" for number in range(1, NODES + 1)]
        for name, port in zip(names, ports[1:], strict=True):
            (folder / f"spool.{name}").mkdir()
            text += f"NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs={cores} "
            text += f"RealMemory={memory} State=UNKNOWN\n"
        text += f"PartitionName=debug Nodes={','.join(names)} Default=YES MaxTime=INFINITE DefaultTime=60 State=UP\n"
        text += "PartitionName=short Nodes=n1 MaxTime=30 State=UP\n"
        text += "".join(f"{line}\n" for line in partitions)
        (folder / "state").mkdir()
        self.conf.write_text(_with(text, settings))
        for name, content in beside.items():
            (folder / name).write_text(content)
        self.nodes = names

    @property
    def environment(self) -> dict[str, str]:
        path = os.pathsep.join([os.environ.get("PATH", os.defpath), *SBIN])
        own = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        return {**own, "SLURM_CONF": str(self.conf), "PATH": path}

    def run(self, *command: str, seconds: float = 60) -> str:
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=seconds, check=False
        )
        assert done.returncode == 0, (command, done.stderr)
        return done.stdout

    def start(self) -> None:
        (self.folder / "munge.key").write_bytes(secrets.token_bytes(128))
        (self.folder / "munge.key").chmod(0o600)
        files = {"key-file": "munge.key", "socket": "munge.sock", "pid-file": "munged.pid", "log-file": "munged.log"}
        named = [f"--{option}={self.folder / name}" for option, name in (files | {"seed-file": "munged.seed"}).items()]
        self.run("munged", "--force", *named)
        if self.accounting:
            self.accounting.start(self.run, self._until)
        self.start_controller("-c")
        for name in self.nodes:
            self.start_node(name)
        self.until_idle()

    def start_node(self, name: str) -> None:
        self.run("slurmd", "-N", name, "-f", str(self.conf))

    def until_idle(self) -> None:
        idle = ("sinfo", "-h", "-N", "-p", "debug", "-t", "idle", "-o", "%N")
        self._until(lambda: self.run(*idle).split() == self.nodes)

    def undrain(self) -> None:
        """Give drained nodes back, as staff do: Slurm drains a node with a job that it lost in a crash."""
        drained = sorted({*self.run("sinfo", "-h", "-N", "-t", "drain", "-o", "%N").split()})
        if drained:
            self.run("scontrol", "update", f"nodename={','.join(drained)}", "state=resume")

    def is_up(self) -> bool:
        pid = self.folder / "slurmctld.pid"
        return pid.exists() and Path(f"/proc/{pid.read_text().strip()}").exists()

    def start_controller(self, *options: str) -> None:
        self.run("slurmctld", *options, "-f", str(self.conf))
        self._until(lambda: "UP" in self.run("scontrol", "ping"))

    def stop_controller(self) -> None:
        _end([self.controller()])

    def kill_controller(self) -> None:
        """End the controller as a crash of its machine does."""
        pid = self.controller()
        os.kill(pid, signal.SIGKILL)
        while _lives(pid):
            time.sleep(0.05)

    @contextlib.contextmanager
    def with_settings(self, **settings: str) -> Iterator[None]:
        """Set other lines of slurm.conf for a while. The controller is started anew with them, and knows its jobs."""
        before = self.conf.read_text()
        self.conf.write_text(_with(before, settings))
        self._start_anew()
        try:
            yield
        finally:
            self.conf.write_text(before)
            self._start_anew()

    def _start_anew(self) -> None:
        if self.is_up():
            self.stop_controller()
        self.start_controller()
        self.until_idle()

    def stop_node(self, name: str) -> None:
        _end([int((self.folder / f"slurmd.{name}.pid").read_text())])

    def controller(self) -> int:
        return int((self.folder / "slurmctld.pid").read_text())

    def stop(self) -> None:
        """Jobs first: else their processes outlive the nodes."""
        with contextlib.suppress(subprocess.TimeoutExpired, AssertionError):
            self.run("scancel", f"--user={getpass.getuser()}", seconds=10)
            self._until(lambda: not self.run("squeue", "-h", "-o", "%i", "-t", "R,CG", seconds=5).strip(), 10)
        end_all(self.folder)

    def _until(self, look: Callable[[], bool], seconds: float = START_SECONDS) -> None:
        end = time.monotonic() + seconds
        while True:
            with contextlib.suppress(AssertionError, subprocess.TimeoutExpired):
                if look():
                    return
            assert time.monotonic() < end, self.log()
            time.sleep(0.1)

    def log(self) -> str:
        return "\n".join(path.read_text(errors="replace")[-2000:] for path in self.folder.glob("*.log"))


@contextlib.contextmanager
def cluster(small: Mapping[str, str] = MappingProxyType({}), **options: Any) -> Iterator[Cluster]:
    """Start a cluster, and end it. `small` are folders of it that get a file system of their own, each of that size."""
    _end_leftovers()
    with contextlib.ExitStack() as stack:
        yield _started(stack, small, options)


def _mounted(stack: contextlib.ExitStack, folder: Path, size: str) -> None:
    """Mount a file system in memory, which only root may do."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"cannot mount a small file system: {done.stderr.strip()}")
    stack.callback(subprocess.run, ["umount", "-l", str(folder)], check=False)


def _started(stack: contextlib.ExitStack, small: Mapping[str, str], options: dict[str, Any]) -> Cluster:
    for left in range(STARTS - 1, -1, -1):
        name = stack.enter_context(tempfile.TemporaryDirectory(prefix=PREFIX, dir="/tmp", ignore_cleanup_errors=True))
        Path(name).chmod(0o755)
        Path(name, OWNER).write_text(str(os.getpid()))
        made = Cluster(Path(name), **options)
        for folder, size in small.items():
            _mounted(stack, made.folder / folder, size)
        stack.callback(made.stop)
        try:
            made.start()
        except AssertionError:
            if not left:
                raise
        else:
            return made
    raise AssertionError("no start was tried")


def end_all(folder: Path) -> None:
    """Ends every process that a cluster started: its daemons, and what is left of its jobs."""
    _end(_processes(folder))


def _end(pids: list[int]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
                os.kill(pid, number)
        end = time.monotonic() + 15
        while any(map(_lives, pids)) and time.monotonic() < end:
            time.sleep(0.05)


def _lives(pid: int) -> bool:
    """A zombie does not: whoever started it is to collect it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _processes(folder: Path) -> list[int]:
    wanted, found = f"SLURM_CONF={folder}/slurm.conf".encode(), []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if wanted in path.read_bytes().split(b"\0") and int(path.parent.name) != os.getpid():
                found.append(int(path.parent.name))
    return found


def _end_leftovers() -> None:
    """Clusters of a test run that was killed."""
    for owner in Path("/tmp").glob(f"{PREFIX}*/{OWNER}"):
        with contextlib.suppress(OSError, ValueError):
            if owner.stat().st_uid == os.getuid() and not _lives(int(owner.read_text())):
                end_all(owner.parent)
                shutil.rmtree(owner.parent, ignore_errors=True)


def _with(text: str, settings: Mapping[str, str]) -> str:
    """Return a slurm.conf with other settings: a name that stands in it twice is an error that every program tells."""
    kept = [line for line in text.splitlines() if line.partition("=")[0] not in settings]
    return "\n".join([*(f"{name}={value}" for name, value in settings.items()), *kept, ""])


def _host() -> str:
    return socket.gethostname().partition(".")[0]


def _is_loopback() -> bool:
    try:
        return {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None)} == {LOOPBACK}
    except OSError:
        return False


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        return [stack.enter_context(socket.create_server((LOOPBACK, 0))).getsockname()[1] for _ in range(count)]
