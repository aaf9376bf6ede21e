"""Run `specc` in forks of a process that has imported it already, traced or not.

Each line of standard input is a command line as JSON; with `variables` it is that of a task, not of specc. Two lines
answer it: the pid when it has been started, and the result when it and everything that it has started have ended. The
waiting times are cut: a run that waits shows nothing.
"""

import functools
import json
import os
import sys
from importlib import import_module

from tracing import Traced, Tracer

from specc.cli.main import run
from specc.submission import clock
from specc.targets.ehpc.client import Patience
from specc.targets.local.machine import Options

IGNORED = ("bash",)
"""Jobs are run by bash. The shell that starts a supervisor is sh."""


def main() -> None:
    _import_everything()
    for line in sys.stdin:
        call = json.loads(line)
        is_task = call["variables"] is not None
        start = functools.partial(_be, call["arguments"], call["log"])
        if is_task:
            start = functools.partial(_run_task, call["arguments"], call["variables"])
        if call["traced"]:
            tracer = Tracer(call["kill_at"], everything=call["everything"], ignores=() if is_task else IGNORED)
            _say(vars(tracer.run(start, _say)))
        else:
            _say(vars(_untraced(start)))


def _import_everything() -> None:
    """Import what commands import late, and set what they would wait for."""
    for name in (
        "cli.dispatch",
        *(f"cli.commands.{name}" for name in ("submit", "retry", "clean", "ledger", "cancel", "status", "serve")),
        "gateway",
    ):
        import_module(f"specc.{name}")
    for name in ("uvicorn.loops.asyncio", "uvicorn.protocols.http.h11_impl", "uvicorn.lifespan.off", "rfc8785"):
        import_module(name)
    import_module("specc.targets.command.opening")
    import_module("specc.targets.slurm.opening")
    import_module("specc.targets.ehpc.opening").PATIENCE = Patience(connect=2, read=2, total=4)
    local = import_module("specc.targets.local.opening").LocalTarget
    local.open = functools.partial(local.open, options=Options(cores=2, grace=0.2, idle=0.1))
    clock.FIRST_SECONDS = 0.02
    import_module("specc.submission.follow").FIRST_SECONDS = 0.02


def _untraced(start: functools.partial[None]) -> Traced:
    pid = os.fork()
    if pid == 0:
        start()
    _say(pid)
    return Traced(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def _be(arguments: list[str], log: str) -> None:
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.closerange(3, 64)
    code = run(arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _run_task(words: list[str], variables: dict[str, str]) -> None:
    """Become a task, in the environment that a node gives it."""
    for number in (1, 2):
        os.dup2(os.open(os.devnull, os.O_RDWR), number)
    os.closerange(3, 64)
    os.chdir("/")
    os.execvpe(words[0], words, {"PATH": os.defpath, **variables})


def _say(data: object) -> None:
    print(json.dumps(data), flush=True)


if __name__ == "__main__":
    main()
