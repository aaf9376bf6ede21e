"""The folder of a job on a Slurm cluster, with what slurmstepd wrote into the job's log."""

import re
from pathlib import Path

from specc.fast_dataclass import dataclass
from specc.targets.batch.folder import Folder
from specc.targets.lives import EndReason

ERROR_LINE = re.compile(r"(?:slurmstepd[^:]*: error|specc): (?!\*\*\*)(.+)")
ENDS_IN_LOG = (
    (EndReason.MEMORY, re.compile(r"oom[-_]kill|Exceeded (?:job|step) memory limit|exceeded memory limit")),
    (EndReason.TIME, re.compile(r"^\*\*\* .* DUE TO TIME LIMIT")),
    (EndReason.NODE, re.compile(r"^\*\*\* .* DUE TO NODE FAILURE")),
    (EndReason.PREEMPTED, re.compile(r"^\*\*\* .* DUE TO PREEMPTION")),
)
"""What slurmstepd writes of a job that Slurm ends. Only its own lines count, which begin with its name."""

OWN_LINE = re.compile(r"slurmstepd[^:]*: error: (.+)")


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

    def ended_for(self) -> EndReason | None:
        """Return why Slurm ended the job by what it wrote into the log; None where it wrote nothing of an end."""
        said = [match[1] for line in self.log_lines() if (match := OWN_LINE.match(line))]
        return next((why for why, text in ENDS_IN_LOG if any(text.search(line) for line in said)), None)
