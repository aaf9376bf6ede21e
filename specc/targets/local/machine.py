"""This machine: its identity, this start of it, the cores that a process may use, and options of the local target."""

import os
import platform
import subprocess
import sys
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path

from specc.fast_dataclass import dataclass
from specc.targets.local import machine

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
MACHINE_IDS = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))
INTERFACES = Path("/sys/class/net")
MADE_UP = 0b11
"""Bits of the first byte of an address that no hardware has: it is for several machines, or was chosen by software."""


@cache
def boot_id() -> str:
    """A name for the time since the machine was started: after a reboot it is another one."""
    if sys.platform == "darwin":
        answer = subprocess.run(["/usr/sbin/sysctl", "-n", "kern.bootsessionuuid"], capture_output=True, check=False)
        return answer.stdout.decode().strip()
    return BOOT_ID.read_text(encoding="ascii").strip()


@cache
def machine_id() -> str:
    """A name for the machine that outlives reboots and new host names. The system's own id is not given away."""
    for path in MACHINE_IDS:
        if path.is_file() and (text := path.read_text(encoding="ascii", errors="replace").strip()):
            return _digest(text)
    return _digest(_hardware_address() or platform.node())


def _hardware_address() -> str | None:
    """Return the first address of a network card. `uuid.getnode` would ask programs on the PATH for it."""
    found = []
    for path in INTERFACES.glob("*/address"):
        with suppress(OSError, ValueError):
            address = bytes.fromhex(path.read_text(encoding="ascii").strip().replace(":", ""))
            if any(address) and not address[0] & MADE_UP:
                found.append(address.hex())
    return min(found, default=None)


def cores() -> int:
    """The cores that this process may use, at least one."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _digest(text: str) -> str:
    return sha256(f"specc local {text}".encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Options:
    """`cores` None: what the machine has. `grace` is the time between TERM and KILL, `idle` the time after which a
    supervisor without jobs ends; both in seconds."""

    cores: int | None = None
    grace: float = 5.0
    idle: float = 10.0

    @property
    def total_cores(self) -> int:
        return self.cores or machine.cores()
