"""Kill a process at its N-th system call that changes anything.

A process is traced together with everything that it starts. A seccomp filter stops each of them before every system
call that writes, syncs, renames, removes, locks, sends, signals or starts something; the tracer counts these stops in
the order in which they come, and sends SIGKILL at the chosen one, before the call is carried out. The kernel does the
filtering, so all other calls run at full speed, and a run takes hardly longer than without the tracer.

What is written to mapped memory is no system call. SQLite maps only the index of its write-ahead log, which it makes
anew after a crash.
"""

import contextlib
import ctypes
import os
import platform
import signal
import struct
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

PTRACE_CONT, PTRACE_SEIZE, PTRACE_LISTEN, PTRACE_GET_SYSCALL_INFO = 7, 0x4206, 0x4208, 0x420E
EVENT_SECCOMP, EVENT_STOP = 7, 128
FOLLOW = 0x02 | 0x04 | 0x08 | 0x10 | 0x80 | 0x100000
"""Follow fork, vfork and clone; stop at exec and at the filter's calls; end the traced with the tracer."""

NUMBER_AT = 24
"""Where the number of the call is in what PTRACE_GET_SYSCALL_INFO gives."""

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
RET_TRACE, RET_ALLOW = 0x7FF00000, 0x7FFF0000
LOAD, EQUAL, ANY_BIT, RETURN = 0x20, 0x15, 0x45, 0x06

O_CREAT_OR_TRUNC = os.O_CREAT | os.O_TRUNC
SET_LOCKS = (6, 7, 37, 38)
"""F_SETLK, F_SETLKW, F_OFD_SETLK and F_OFD_SETLKW."""

X86_64 = {
    "write": 1, "pwrite64": 18, "writev": 20, "pwritev": 296, "pwritev2": 328, "sendfile": 40, "copy_file_range": 326,
    "fsync": 74, "fdatasync": 75, "sync_file_range": 277, "msync": 26,
    "truncate": 76, "ftruncate": 77, "fallocate": 285,
    "rename": 82, "renameat": 264, "renameat2": 316, "link": 86, "linkat": 265, "symlink": 88, "symlinkat": 266,
    "unlink": 87, "unlinkat": 263, "mkdir": 83, "mkdirat": 258, "rmdir": 84, "mknod": 133, "mknodat": 259,
    "chmod": 90, "fchmod": 91, "fchmodat": 268, "utimensat": 280,
    "connect": 42, "bind": 49, "listen": 50, "sendto": 44, "sendmsg": 46, "sendmmsg": 307, "shutdown": 48,
    "flock": 73, "clone": 56, "clone3": 435, "fork": 57, "vfork": 58, "execve": 59, "execveat": 322,
    "kill": 62, "tkill": 200, "tgkill": 234, "pidfd_send_signal": 424, "setsid": 112, "setpgid": 109,
    "open": 2, "creat": 85, "openat": 257, "fcntl": 72,
}  # fmt: skip
AARCH64 = {
    "write": 64, "pwrite64": 68, "writev": 66, "pwritev": 70, "pwritev2": 287, "sendfile": 71, "copy_file_range": 285,
    "fsync": 82, "fdatasync": 83, "sync_file_range": 84, "msync": 227,
    "truncate": 45, "ftruncate": 46, "fallocate": 47,
    "renameat": 38, "renameat2": 276, "linkat": 37, "symlinkat": 36, "unlinkat": 35, "mkdirat": 34, "mknodat": 33,
    "fchmod": 52, "fchmodat": 53, "utimensat": 88,
    "connect": 203, "bind": 200, "listen": 201, "sendto": 206, "sendmsg": 211, "sendmmsg": 269, "shutdown": 210,
    "flock": 32, "clone": 220, "clone3": 435, "execve": 221, "execveat": 281,
    "kill": 129, "tkill": 130, "tgkill": 131, "pidfd_send_signal": 424, "setsid": 157, "setpgid": 154,
    "openat": 56, "fcntl": 25,
}  # fmt: skip
CALLS = {"x86_64": X86_64, "aarch64": AARCH64}.get(platform.machine(), {})
NAMES = {number: name for name, number in CALLS.items()}
FLAGS_AT = {"open": 1, "openat": 2}
"""Which argument holds the flags: a file that is only opened is not changed."""

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long


@dataclass
class Traced:
    """The result of a run. `killed_at` is the call at which the process `killed` was killed; empty without a kill."""

    status: int = 0
    killed_at: str = ""
    killed: str = ""
    calls: Counter[str] = field(default_factory=Counter)


class Tracer:
    """Run a function in a fork, and kill at the call with the number `kill_at`, counted from 1; None lets it run.

    `everything` kills all traced processes at once, as the end of a session or of a container does. The calls of
    programs that `ignores` names are not counted: what a job does is not specc's.
    """

    def __init__(self, kill_at: int | None, *, everything: bool = False, ignores: tuple[str, ...] = ()) -> None:
        self._kill_at = kill_at
        self._everything = everything
        self._ignores = ignores
        self._alive: set[int] = set()
        self._count = 0
        self._result = Traced()

    def run(self, start: Callable[[], None], started: Callable[[int], None] = lambda pid: None) -> Traced:
        """Return when everything that was started has ended. `started` is given the pid of the fork."""
        ready, go = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(go)
            os.read(ready, 1)
            _install_filter()
            try:
                start()
            finally:
                os._exit(70)
        os.close(ready)
        if _ptrace(PTRACE_SEIZE, pid, FOLLOW) != 0:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise OSError(ctypes.get_errno(), "this system does not let one process trace another")
        self._alive.add(pid)
        os.write(go, b"x")
        os.close(go)
        started(pid)
        self._attend(pid)
        return self._result

    def _attend(self, main: int) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, 0x40000000)  # __WALL: threads, too
            except ChildProcessError:
                return
            if not os.WIFSTOPPED(status):
                self._alive.discard(pid)
                if pid == main:
                    self._result.status = os.waitstatus_to_exitcode(status)
                continue
            self._alive.add(pid)
            self._resume(pid, os.WSTOPSIG(status), status >> 16)

    def _resume(self, pid: int, number: int, event: int) -> None:
        if event == EVENT_SECCOMP:
            self._count_call(pid)
            _ptrace(PTRACE_CONT, pid, 0)
        elif event == EVENT_STOP and number in (signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU):
            _ptrace(PTRACE_LISTEN, pid, 0)
        else:
            _ptrace(PTRACE_CONT, pid, 0 if event else number)

    def _count_call(self, pid: int) -> None:
        info = ctypes.create_string_buffer(96)
        _ptrace(PTRACE_GET_SYSCALL_INFO, pid, 96, ctypes.addressof(info))
        name = NAMES.get(struct.unpack_from("=Q", info, NUMBER_AT)[0], "?")
        if _program(pid) in self._ignores:
            return
        self._count += 1
        self._result.calls[name] += 1
        if self._count == self._kill_at:
            self._result.killed_at = name
            self._result.killed = _command(pid)
            for victim in list(self._alive) if self._everything else [pid]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(victim, signal.SIGKILL)


def _ptrace(request: int, pid: int, data: int, address: int = 0) -> int:
    """Which fails when the process was killed meanwhile; then its end is the next that is heard of it."""
    if request == PTRACE_GET_SYSCALL_INFO:
        return int(libc.ptrace(request, pid, data, address))
    return int(libc.ptrace(request, pid, 0, data))


def _program(pid: int) -> str:
    try:
        return os.path.basename(os.readlink(f"/proc/{pid}/exe"))
    except OSError:
        return ""


def _command(pid: int) -> str:
    """The command line, which tells a supervisor from a client. Its folder can have a long name."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return " ".join(file.read().decode(errors="replace").split("\0"))[-4000:].strip()
    except OSError:
        return ""


def _install_filter() -> None:
    """Has the calls that change anything stop for the tracer, in this process and in all that it starts."""
    program = b"".join(struct.pack("=HBBI", *step) for step in _filter())
    steps = ctypes.create_string_buffer(program)
    pointer = struct.pack("=HxxxxxxQ", len(program) // 8, ctypes.addressof(steps))
    description = ctypes.create_string_buffer(pointer)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.c_void_p(ctypes.addressof(description)), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "this system does not take a filter of system calls")


def _filter() -> list[tuple[int, int, int, int]]:
    """The steps of the filter: code, how many to skip when true, when false, and a number."""
    trace, allow = (RETURN, 0, 0, RET_TRACE), (RETURN, 0, 0, RET_ALLOW)
    steps = [(LOAD, 0, 0, 0)]
    for name, number in CALLS.items():
        if name in FLAGS_AT:
            given = (LOAD, 0, 0, 16 + 8 * FLAGS_AT[name])
            test = [given, (ANY_BIT, 0, 1, O_CREAT_OR_TRUNC), trace, allow]
        elif name == "fcntl":
            test = [(LOAD, 0, 0, 16 + 8)]
            for command in SET_LOCKS:
                test += [(EQUAL, 0, 1, command), trace]
            test.append(allow)
        else:
            test = [trace]
        steps += [(EQUAL, 0, len(test), number), *test]
    return [*steps, allow]
