"""The targets: this machine, a Slurm cluster, the signed API. One small protocol for all of them.

This face offers the protocol. `kinds` has the table of kinds, `opening` what a target is opened with, `refusals` why a
target does not take a payload, `trust` the hosts that get credentials: they are imported as modules, because every
process of the local target imports this face.
"""

from specc.targets.lives import EndReason, Life, Usage
from specc.targets.protocol import (
    Accepted,
    Attempt,
    Batches,
    Cancelled,
    Candidate,
    Cleaned,
    JobReport,
    JobState,
    LogFile,
    Logs,
    NotSent,
    Origin,
    Outcome,
    Rejected,
    Target,
    Unclear,
    batch_of,
    new_keys,
)

__all__ = [
    "Accepted",
    "Attempt",
    "Batches",
    "Cancelled",
    "Candidate",
    "Cleaned",
    "EndReason",
    "JobReport",
    "JobState",
    "Life",
    "LogFile",
    "Logs",
    "NotSent",
    "Origin",
    "Outcome",
    "Rejected",
    "Target",
    "Unclear",
    "Usage",
    "batch_of",
    "new_keys",
]
