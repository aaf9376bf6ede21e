"""Runs `specc` as processes that can be killed, without paying for the imports each time.

Reads command lines as JSON from standard input. Each becomes a fork of this process, or several at once, which get a
signal when their time has come, or kill themselves at a moment that `moments` names; their exit statuses are answered.
The client's waiting times are cut, or a storm would take a day.
"""

import json
import os
import signal
import sys
import threading
import time
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from chaos.moments import die_at

from specc.cli.main import run
from specc.submission import clock
from specc.targets.ehpc.client import Patience

COMMANDS = ("submit", "retry", "clean", "ledger", "cancel", "status", "wait")
"""What is imported before it is needed."""


def main() -> None:
    patience = float(sys.argv[1])
    for name in ("dispatch", *(f"commands.{name}" for name in COMMANDS)):
        import_module(f"specc.cli.{name}")
    target = import_module("specc.targets.ehpc.opening")
    target.PATIENCE = Patience(connect=patience, read=patience, total=patience * 2)
    import_module("specc.targets.slurm.target").SUBMIT_SECONDS = patience * 10
    import_module("specc.targets.slurm.queries").SECONDS = patience * 10
    clock.FIRST_SECONDS = 0.02
    import_module("specc.submission.follow").FIRST_SECONDS = 0.02
    for line in sys.stdin:
        call = json.loads(line)
        pids = []
        for _ in range(call["at_once"]):
            pid = os.fork()
            if pid == 0:
                _be(call)
            pids.append(pid)
            call["dies_at"] = None
        statuses = [_ended(pid, call["kill_after"], call["signal"]) for pid in pids]
        print(*map(os.waitstatus_to_exitcode, statuses), flush=True)


def _ended(pid: int, kill_after: float | None, number: int) -> int:
    """The status of a child, which gets this signal when its time has come. As long as it is not waited for, its pid is
    nobody else's."""
    if kill_after is None:
        return os.waitpid(pid, 0)[1]
    until = time.monotonic() + kill_after
    while time.monotonic() < until:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return status
        time.sleep(0.002)
    os.kill(pid, number)
    return os.waitpid(pid, 0)[1]


def _be(call: dict) -> None:
    out = os.open(call["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(out, 2)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    if call["threads"] is not None:
        _leave_threads(call["threads"])
    if call["dies_at"] is not None:
        die_at(*call["dies_at"])
    code = run(call["arguments"])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _leave_threads(count: int) -> None:
    """Lets this process start so many threads more."""
    start = threading.Thread.start
    left = [count]

    def limited(thread: threading.Thread) -> None:
        if left[0] <= 0:
            raise RuntimeError("can't start new thread")
        left[0] -= 1
        start(thread)

    threading.Thread.start = limited  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
