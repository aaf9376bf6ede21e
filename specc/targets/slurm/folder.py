"""The folder of a job on a Slurm cluster, or of a cell of an array, with what slurmstepd wrote into the job's log."""

import contextlib
import os
import re
from pathlib import Path

from specc.fast_dataclass import dataclass
from specc.system import private
from specc.targets.batch.batches import CANCELLED, GONE, LIST, SENT
from specc.targets.batch.folder import Folder
from specc.targets.lives import EndReason

STEPD = r"(?:slurmstepd[^:]*:|\[[0-9-]+T[0-9:.]+\])(?: \[[\w.+]+\])? error"
"""How a line of slurmstepd begins: with its name or, in newer versions of Slurm, with the time."""
ERROR_LINE = re.compile(rf"(?:{STEPD}|specc): (?!\*\*\*)(.+)")
ENDS_IN_LOG = (
    (EndReason.MEMORY, re.compile(r"oom[-_]kill|Exceeded (?:job|step) memory limit|exceeded memory limit")),
    (EndReason.TIME, re.compile(r"^\*\*\* .* DUE TO TIME LIMIT")),
    (EndReason.NODE, re.compile(r"^\*\*\* .* DUE TO NODE FAILURE")),
    (EndReason.PREEMPTED, re.compile(r"^\*\*\* .* DUE TO PREEMPTION")),
)
"""What slurmstepd writes of a job that Slurm ends. Only its own lines count, by how they begin."""

CANCELLED_IN_LOG = re.compile(r"^\*\*\* (?!.* DUE TO ).* CANCELLED AT ")
"""What slurmstepd writes of a job that somebody has cancelled, and also of one that ran out of memory."""

OWN_LINE = re.compile(rf"{STEPD}: (.+)")


@dataclass(frozen=True, slots=True)
class SlurmFolder(Folder):
    """The folder of one submission."""

    @property
    def log(self) -> Path:
        """What Slurm itself says of the job, such as that Slurm killed it."""
        return self.root / "slurm.log"

    def error_text(self) -> str:
        """Return the error that Slurm or the job's script reported; empty without an error."""
        return next((match[1] for line in self.log_lines() if (match := ERROR_LINE.match(line))), "")

    def was_cancelled(self) -> bool:
        """Return whether a cancellation is known: by its note, or by the log, where scancel was called by hand."""
        if self.cancelled.exists():
            return True
        return self.ended_for() is None and any(CANCELLED_IN_LOG.search(line) for line in self._own_lines())

    def ended_for(self) -> EndReason | None:
        """Return why Slurm ended the job by what it wrote into the log; None where it wrote nothing of an end."""
        said = self._own_lines()
        return next((why for why, text in ENDS_IN_LOG if any(text.search(line) for line in said)), None)

    def _own_lines(self) -> list[str]:
        return [match[1] for line in self.log_lines() if (match := OWN_LINE.match(line))]


@dataclass(frozen=True, slots=True)
class CellFolder(SlurmFolder):
    """The folder of one cell of an array, which its task makes.

    What is known before that stands beside it, as names of the list of cells, which cost no file.
    """

    @property
    def shared(self) -> Path:
        return self.root.parent.parent

    @property
    def log(self) -> Path:
        return self.root.with_name(f"slurm-{self.root.name}.log")

    @property
    def cancelled(self) -> Path:
        return self.root.with_name(f"{self.root.name}{CANCELLED}")

    @property
    def gone(self) -> Path:
        """A file that exists when the files of the cell were removed. A task that sees it does not run the command."""
        return self.root.with_name(f"{self.root.name}{GONE}")

    def sent_at(self) -> float | None:
        try:
            return self.root.with_name(SENT).stat().st_mtime
        except OSError:
            return None

    def is_there(self) -> bool:
        return self.root.parent.is_dir() and not self.gone.exists()

    def remove(self) -> str:
        """Remove the files of the cell. What keeps a late copy from running comes first: the task looks for it after
        its claim.
        """
        try:
            self._note(self.gone)
        except OSError as error:
            return error.strerror or str(error)
        return self.remove_rest()

    def remove_rest(self) -> str:
        why = private.remove_folder(self.root) if self.root.exists() else ""
        for file in (self.log, self.cancelled):
            with contextlib.suppress(OSError):  # notes, which are removed with the batch
                file.unlink(missing_ok=True)
        return why

    def _note(self, note: Path) -> None:
        with contextlib.suppress(FileExistsError):
            os.link(self.root.with_name(LIST), note)
