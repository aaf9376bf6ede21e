"""Runs `specc` as processes that can be killed, without paying for the imports each time.

Reads command lines as JSON from standard input. Each becomes a fork of this process, which is killed when its time has
come; its exit status is answered. The client's waiting times are cut, or a storm would take a day.
"""

import json
import os
import signal
import sys
import time
from importlib import import_module

from specc.cli.main import run
from specc.submission import retry
from specc.targets.ehpc import Patience


def main() -> None:
    patience = float(sys.argv[1])
    import_module("specc.cli.app")
    target = import_module("specc.cli.target_ehpc")
    target.PATIENCE = Patience(connect=patience, read=patience, total=patience * 2)
    retry.FIRST_SECONDS = 0.02
    for line in sys.stdin:
        call = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _be(call)
        print(os.waitstatus_to_exitcode(_ended(pid, call["kill_after"])), flush=True)


def _ended(pid: int, kill_after: float | None) -> int:
    """The status of a child. As long as it is not waited for, its pid is nobody else's."""
    if kill_after is None:
        return os.waitpid(pid, 0)[1]
    until = time.monotonic() + kill_after
    while time.monotonic() < until:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return status
        time.sleep(0.002)
    os.kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)[1]


def _be(call: dict) -> None:
    out = os.open(call["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(out, 2)
    code = run(call["arguments"])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
