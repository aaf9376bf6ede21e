"""Running the programs of a scheduler: found on the PATH, with limits of time and output, out of reach of Ctrl-C."""

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Protocol

from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.system.programs import find_program

MOST_OUTPUT = 64 << 20
"""More than the list of all jobs of a user."""

MOST_SHOWN = 1000
PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class Ran:
    """A program that ended by itself. `code` is negative for a signal."""

    code: int
    out: str
    err: str

    @property
    def error_text(self) -> str:
        """Its error, on one line."""
        lines = [line.strip() for line in self.err.splitlines() if line.strip()]
        return "; ".join(dict.fromkeys(lines)) or f"exit code {self.code}"


@dataclass(frozen=True, slots=True)
class TimedOut:
    """A program that was killed because it took too long, with its output until then."""

    seconds: float
    err: str


class Programs(Protocol):
    def __call__(
        self, command: Sequence[str], environment: Mapping[str, str], seconds: float, stdin: bytes = b""
    ) -> Ran | TimedOut:
        """Run a program. Raises SpeccError where it is missing or cannot be started: then nothing was asked."""


class Installed:
    """The programs of this machine, none from the checkout of the folder `outside`. `count` is called for each call.

    `help` says what to do where a program is missing.
    """

    def __init__(
        self, count: Callable[[], object] = lambda: None, *, outside: Path | None = None, help: str | None = None
    ) -> None:
        self._count = count
        self._outside = outside
        self._help = help

    def __call__(
        self, command: Sequence[str], environment: Mapping[str, str], seconds: float, stdin: bytes = b""
    ) -> Ran | TimedOut:
        name = command[0]
        path = find_program(name, environment, outside=self._outside)
        if path is None:
            where = "not a program that may be run" if os.sep in name else "not on the PATH"
            raise SpeccError(f"`{name}` is {where}", help=self._help)
        self._count()
        try:
            with _whole(stdin) as file:
                process = subprocess.Popen(
                    [path, *command[1:]],
                    env=dict(environment),
                    cwd="/",
                    stdin=file,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    # Else a Ctrl-C in the terminal would reach it, and nobody would know what it had done by then.
                    start_new_session=True,
                )
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise SpeccError(f"cannot run {path}: {reason}") from error
        with process:
            return _conversation(process, seconds)


@contextlib.contextmanager
def _whole(data: bytes) -> Iterator[IO[bytes]]:
    """Give an open file of no name with the data.

    A pipe would end early where this process is killed, and a scheduler would take half a script for the whole.
    """
    with os.fdopen(os.memfd_create("input"), "w+b") if sys.platform == "linux" else tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        yield file


def _conversation(process: subprocess.Popen[bytes], seconds: float) -> Ran | TimedOut:
    """Return what a process said.

    One that takes too long, or that says too much, is killed with all that it started: a program of a scheduler may be
    the child of a site's wrapper. Whoever holds its outputs open as well is not waited for.
    """
    pipes = _Pipes(process)
    end = time.monotonic() + seconds
    while pipes.are_open and not pipes.is_flooded and (left := end - time.monotonic()) > 0:
        pipes.turn(left)
    is_late = pipes.are_open and not pipes.is_flooded
    if not is_late and not pipes.is_flooded:
        try:
            process.wait(max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            is_late = True
    if is_late or pipes.is_flooded:
        _kill(process)
        rest = time.monotonic() + 1
        while pipes.are_open and not pipes.is_flooded and time.monotonic() < rest:
            pipes.turn(0.1)
    out, err = (pipes.said[pipe].decode(errors="replace") for pipe in (process.stdout, process.stderr))
    pipes.close()
    if is_late:
        return TimedOut(seconds, err)
    if pipes.is_flooded:
        return Ran(
            -signal.SIGKILL, "", f"{err[:MOST_SHOWN]}\nit wrote more than {MOST_OUTPUT >> 20} MiB, and was stopped"
        )
    return Ran(process.returncode, out, err)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


class _Pipes:
    """The pipes of a process, read as far as they are ready. `said` is what came through each so far."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.said: dict[object, bytearray] = {process.stdout: bytearray(), process.stderr: bytearray()}
        self._selector = selectors.DefaultSelector()
        for pipe in (process.stdout, process.stderr):
            assert pipe is not None
            self._selector.register(pipe, selectors.EVENT_READ)

    @property
    def are_open(self) -> bool:
        return bool(self._selector.get_map())

    @property
    def is_flooded(self) -> bool:
        return any(len(text) > MOST_OUTPUT for text in self.said.values())

    def turn(self, seconds: float) -> None:
        """Wait until a pipe is ready, and read all that are."""
        for key, _ in self._selector.select(seconds):
            if data := os.read(key.fd, PIECE):
                self.said[key.fileobj] += data
            else:
                self._selector.unregister(key.fileobj)

    def close(self) -> None:
        self._selector.close()
