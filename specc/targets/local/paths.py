"""The files of a state folder: STATE/ holds the store and the files of the supervisor, STATE/jobs/UUID/ one job."""

from pathlib import Path

from specc.fast_dataclass import dataclass


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
