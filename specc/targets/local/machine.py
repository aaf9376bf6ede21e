"""This machine: which one it is, which start of it this is, and how many cores a process may use."""

import os
import platform
import subprocess
import sys
import uuid
from functools import cache
from hashlib import sha256
from pathlib import Path

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
MACHINE_IDS = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))
MULTICAST = 1 << 40
"""Set in a made-up hardware address: `uuid.getnode` gives one where it finds none."""


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
    address = uuid.getnode()
    return _digest(platform.node() if address & MULTICAST else f"{address:012x}")


def cores() -> int:
    """The cores that this process may use, at least one."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _digest(text: str) -> str:
    return sha256(f"specc local {text}".encode()).hexdigest()[:12]
