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

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
MACHINE_IDS = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))
INTERFACES = Path("/sys/class/net")
MADE_UP = 0b11
"""Bits of the first byte of addresses that no card has: those of groups, and those that software has chosen."""


@cache
def boot_id() -> str:
    """Return a name for the time since the machine was started, which is another after a reboot."""
    if sys.platform == "darwin":
        answer = subprocess.run(["/usr/sbin/sysctl", "-n", "kern.bootsessionuuid"], capture_output=True, check=False)
        return answer.stdout.decode().strip()
    return BOOT_ID.read_text(encoding="ascii").strip()


@cache
def machine_id() -> str:
    """Return a name for the machine that survives reboots and new host names, and hides the system's id."""
    for path in MACHINE_IDS:
        if path.is_file() and (text := path.read_text(encoding="ascii", errors="replace").strip()):
            return _digest(text)
    return _digest(_hardware_address() or platform.node())


def _hardware_address() -> str | None:
    """Return the first address of a network card. `uuid.getnode` would ask programs on the PATH."""
    found = []
    for path in INTERFACES.glob("*/address"):
        with suppress(OSError, ValueError):  # an interface that has gone, or has no such address
            address = bytes.fromhex(path.read_text(encoding="ascii").strip().replace(":", ""))
            if any(address) and not address[0] & MADE_UP:
                found.append(address.hex())
    return min(found, default=None)


def cores() -> int:
    """Return the cores that this process may use, at least one."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _digest(text: str) -> str:
    return sha256(f"specc local {text}".encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Options:
    """Options of the local target. `cores` None stands for those of the machine.

    `grace` is the time between TERM and KILL, `idle` the time after which a supervisor without jobs ends; both in
    seconds.
    """

    cores: int | None = None
    grace: float = 5.0
    idle: float = 10.0

    @property
    def total_cores(self) -> int:
        return self.cores or cores()
