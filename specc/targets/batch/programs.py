"""Running the programs of a scheduler: found on the PATH, with limits of time and output, out of reach of Ctrl-C."""

import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.system.programs import find_program


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
    """The programs of this machine, none from the checkout of the folder `outside`. `count` is called for each call."""

    def __init__(self, count: Callable[[], object] = lambda: None, *, outside: Path | None = None) -> None:
        self._count = count
        self._outside = outside

    def __call__(
        self, command: Sequence[str], environment: Mapping[str, str], seconds: float, stdin: bytes = b""
    ) -> Ran | TimedOut:
        name = command[0]
        path = find_program(name, environment, outside=self._outside)
        if path is None:
            help = "submit from a login node of the cluster, or load the module that brings Slurm's programs"
            raise SpeccError(f"`{name}` is not on the PATH", help=help)
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
        except OSError as error:
            raise SpeccError(f"cannot run {path}: {error.strerror}") from error
        with process:
            try:
                out, err = process.communicate(stdin, timeout=seconds)
            except subprocess.TimeoutExpired:
                # With all that it started: sbatch may be the child of a site's wrapper.
                os.killpg(process.pid, signal.SIGKILL)
                # Whoever holds its outputs open as well is not waited for.
                return TimedOut(seconds, _rest(process))
        return Ran(process.returncode, out.decode(errors="replace"), err.decode(errors="replace"))


def _rest(process: subprocess.Popen[bytes]) -> str:
    try:
        return process.communicate(timeout=1)[1].decode(errors="replace")
    except subprocess.TimeoutExpired:
        return ""
