"""The files of a state folder: STATE/ holds the store and the files of the supervisor, STATE/jobs/UUID/ one job.

In a log there, the supervisor and the runners tell what only they have seen, and why no job can be started now.
"""

import contextlib
import os
from datetime import UTC, datetime
from pathlib import Path

from specc.fast_dataclass import dataclass
from specc.system.reader import Unreadable, read_start
from specc.visible import visible


@dataclass(frozen=True, slots=True)
class StateDir:
    """The state of one user on one machine. `bell` is a FIFO that wakes the supervisor, `lock` makes it singular."""

    root: Path

    @property
    def store(self) -> Path:
        return self.root / "jobs.db"

    @property
    def lock(self) -> Path:
        return self.root / "supervisor.lock"

    @property
    def bell(self) -> Path:
        return self.root / "supervisor.bell"

    @property
    def start_error(self) -> Path:
        return self.root / "supervisor.trouble"

    @property
    def log(self) -> Path:
        return self.root / "supervisor.log"

    def job(self, uuid: str) -> "JobDir":
        return JobDir(self.root / "jobs" / uuid)


@dataclass(frozen=True, slots=True)
class JobDir:
    """The directory of one job. The job runs in `work`; the files of specc about the job lie beside that."""

    root: Path

    @property
    def work(self) -> Path:
        return self.root / "work"

    @property
    def script(self) -> Path:
        """The text of `cmd_line`."""
        return self.root / "command.sh"

    @property
    def record(self) -> Path:
        """How the job ended. The file exists only once it is whole."""
        return self.root / "exit.json"

    def stream(self, name: str, asked: str | None, workdir: str | None) -> Path:
        """Return where an output stream goes: the path of the payload, else STATE/jobs/UUID/NAME.

        A relative path begins in the folder that the job starts in: `workdir`, or `work` for None.
        """
        return Path(workdir or self.work, asked) if asked else self.root / name


ROOM = 1024


def is_noted(log: Path) -> bool:
    """Return whether something was ever wrong."""
    try:
        return log.stat().st_size > 0
    except OSError:
        return False


def note(text: str) -> None:
    """Write a line into the log. A disk without room for it does not stop anything."""
    line = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} [{os.getpid()}] {visible(text)}\n"
    with contextlib.suppress(OSError):  # as the docstring says
        os.write(2, line.encode(errors="backslashreplace"))


def tell(state: StateDir, text: str) -> None:
    """Replace the reason; an empty text removes it. Where it cannot be written, only the log has it."""
    line = " ".join(text.split()).encode(errors="backslashreplace")[: ROOM - 1]
    with contextlib.suppress(OSError):  # as the docstring says
        descriptor = os.open(state.start_error, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.pwrite(descriptor, line.ljust(ROOM - 1) + b"\n", 0)
        finally:
            os.close(descriptor)


def told(state: StateDir) -> str:
    """Return the reason why no job can be started, or an empty text."""
    try:
        return read_start(state.start_error, ROOM).decode("utf-8", "replace").strip()
    except Unreadable:
        return ""
