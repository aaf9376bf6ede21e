"""A real Slurm on this machine: one controller and two nodes on loopback ports, in a folder of its own.

No systemd, no cgroups, no accounting, and a munge key of its own. The nodes claim more cores than the machine has. The
folder is short, because a path of a Unix socket has to be.
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
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

PROGRAMS = ("slurmctld", "slurmd", "munged", "munge", "sbatch", "squeue", "scancel", "scontrol", "sinfo")
SBIN = ("/usr/sbin", "/sbin", "/usr/local/sbin")
NODES = 2
START_SECONDS = 30.0

CONF = """\
ClusterName=Specctest
SlurmctldHost={host}({address})
SlurmctldPort={port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.sock
CredType=cred/munge
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
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
KillWait=2
OverTimeLimit=0
JobRequeue=0
AccountingStorageType=accounting_storage/none
"""


def why_not() -> str | None:
    """What this machine lacks for a Slurm of its own."""
    missing = [name for name in PROGRAMS if program(name) is None]
    if missing:
        return f"{', '.join(missing)} not installed (Debian: apt-get install slurm-wlm munge)"
    return None if _loopback() else f"the name of this machine, {_host()}, is no loopback address in /etc/hosts"


def program(name: str) -> str | None:
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", os.defpath), *SBIN]))


class Cluster:
    """`cores` and `memory` (MiB) are what each node claims, `remembered` for how many seconds the controller knows an
    ended job."""

    def __init__(self, folder: Path, cores: int = 8, memory: int = 8000, remembered: int = 300) -> None:
        self.folder = folder
        self.conf = folder / "slurm.conf"
        self.pids: list[Path] = []
        host, address, ports = _host(), _loopback(), _free_ports(NODES + 1)
        text = CONF.format(
            host=host,
            address=address,
            port=ports[0],
            user=getpass.getuser(),
            folder=folder,
            memory_per_core=memory // cores,
            remembered=remembered,
        )
        names = [f"n{number}" for number in range(1, NODES + 1)]
        for name, port in zip(names, ports[1:], strict=True):
            (folder / f"spool.{name}").mkdir()
            text += f"NodeName={name} NodeHostname={host} NodeAddr={address} Port={port} CPUs={cores} "
            text += f"RealMemory={memory} State=UNKNOWN\n"
        text += f"PartitionName=debug Nodes={','.join(names)} Default=YES MaxTime=INFINITE DefaultTime=60 State=UP\n"
        text += "PartitionName=short Nodes=n1 MaxTime=30 State=UP\n"
        (folder / "state").mkdir()
        self.conf.write_text(text)
        self.nodes = names

    @property
    def environment(self) -> dict[str, str]:
        path = os.pathsep.join([os.environ.get("PATH", os.defpath), *SBIN])
        return {**os.environ, "SLURM_CONF": str(self.conf), "PATH": path}

    def run(self, *command: str, seconds: float = 30) -> str:
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
        self.pids.append(self.folder / "munged.pid")
        self.start_controller("-c")
        for name in self.nodes:
            self.run("slurmd", "-N", name, "-f", str(self.conf))
            self.pids.append(self.folder / f"slurmd.{name}.pid")
        self.until_idle()

    def until_idle(self) -> None:
        idle = ("sinfo", "-h", "-N", "-p", "debug", "-t", "idle", "-o", "%N")
        self._until(lambda: self.run(*idle).split() == self.nodes)

    def is_up(self) -> bool:
        pid = self.folder / "slurmctld.pid"
        return pid.exists() and Path(f"/proc/{pid.read_text().strip()}").exists()

    def start_controller(self, *options: str) -> None:
        self.run("slurmctld", *options, "-f", str(self.conf))
        pid = self.folder / "slurmctld.pid"
        self.pids = [pid, *(each for each in self.pids if each != pid)]
        self._until(lambda: "UP" in self.run("scontrol", "ping"))

    def stop_controller(self) -> None:
        _end(self.folder / "slurmctld.pid")

    def controller(self) -> int:
        return int((self.folder / "slurmctld.pid").read_text())

    def stop(self) -> None:
        """Jobs first: else their processes outlive the nodes."""
        with contextlib.suppress(subprocess.TimeoutExpired, AssertionError):
            self.run("scancel", f"--user={getpass.getuser()}", seconds=10)
            self._until(lambda: not self.run("squeue", "-h", "-o", "%i", "-t", "R,CG", seconds=5).strip(), 10)
        for path in [*reversed(self.pids)]:
            _end(path)

    def _until(self, look: Callable[[], bool], seconds: float = START_SECONDS) -> None:
        end = time.monotonic() + seconds
        while True:
            with contextlib.suppress(AssertionError, subprocess.TimeoutExpired):
                if look():
                    return
            assert time.monotonic() < end, self.log()
            time.sleep(0.1)

    def log(self) -> str:
        path = self.folder / "slurmctld.log"
        return path.read_text(errors="replace")[-3000:] if path.exists() else "no log"


@contextlib.contextmanager
def cluster(**options: int) -> Iterator[Cluster]:
    with tempfile.TemporaryDirectory(prefix="slurm", dir="/tmp", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        made = Cluster(Path(name), **options)
        try:
            made.start()
            yield made
        finally:
            made.stop()


def _end(path: Path) -> None:
    """Ends the daemon of a pid file, if it is one: another process may have its number by now."""
    try:
        pid = int(path.read_text())
        comm = Path(f"/proc/{pid}/comm").read_text().strip()
    except (OSError, ValueError):
        return
    if not comm.startswith(("slurm", "munged")):
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        end = time.monotonic() + 10
        while Path(f"/proc/{pid}").exists() and time.monotonic() < end:
            time.sleep(0.05)


def _host() -> str:
    return socket.gethostname().partition(".")[0]


def _loopback() -> str | None:
    """Where the daemons listen: what the machine's own name stands for."""
    try:
        found: Sequence[str] = sorted({str(info[4][0]) for info in socket.getaddrinfo(_host(), None, socket.AF_INET)})
    except OSError:
        return None
    return next((address for address in found if address.startswith("127.")), None)


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        return [stack.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1] for _ in range(count)]
