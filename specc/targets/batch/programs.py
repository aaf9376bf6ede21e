"""Running the programs of a scheduler: found on the PATH, with limits of time and output, out of reach of Ctrl-C."""

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

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
            process = subprocess.Popen(
                [path, *command[1:]],
                env=dict(environment),
                cwd="/",
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                # Else a Ctrl-C in the terminal would reach it, and nobody would know what it had done by then.
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise SpeccError(f"cannot run {path}: {reason}") from error
        with process:
            return _conversation(process, stdin, seconds)


def _conversation(process: subprocess.Popen[bytes], stdin: bytes, seconds: float) -> Ran | TimedOut:
    """Give a process its input, and return what it said.

    One that takes too long, or that says too much, is killed with all that it started: a program of a scheduler may be
    the child of a site's wrapper. Whoever holds its outputs open as well is not waited for.
    """
    pipes = _Pipes(process, stdin)
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
    """The pipes of a process, read and written as far as they are ready. `said` is what came through each so far."""

    def __init__(self, process: subprocess.Popen[bytes], stdin: bytes) -> None:
        self._input, self._left = process.stdin, memoryview(stdin)
        self.said: dict[object, bytearray] = {process.stdout: bytearray(), process.stderr: bytearray()}
        self._selector = selectors.DefaultSelector()
        for pipe in (process.stdout, process.stderr):
            assert pipe is not None
            self._selector.register(pipe, selectors.EVENT_READ)
        assert self._input is not None
        os.set_blocking(self._input.fileno(), False)
        self._selector.register(self._input, selectors.EVENT_WRITE)

    @property
    def are_open(self) -> bool:
        return bool(self._selector.get_map())

    @property
    def is_flooded(self) -> bool:
        return any(len(text) > MOST_OUTPUT for text in self.said.values())

    def turn(self, seconds: float) -> None:
        """Wait until a pipe is ready, and serve all that are."""
        for key, _ in self._selector.select(seconds):
            if key.fileobj is self._input:
                self._write()
            elif data := os.read(key.fd, PIECE):
                self.said[key.fileobj] += data
            else:
                self._selector.unregister(key.fileobj)

    def _write(self) -> None:
        assert self._input is not None
        try:
            self._left = self._left[os.write(self._input.fileno(), self._left[:PIECE]) :] if self._left else self._left
        except BlockingIOError:
            return
        except BrokenPipeError:  # it reads no more
            self._left = self._left[:0]
        if not self._left:
            self._selector.unregister(self._input)
            self._input.close()

    def close(self) -> None:
        self._selector.close()
        if self._input is not None and not self._input.closed:
            with contextlib.suppress(BrokenPipeError):
                self._input.close()
