"""Where payloads go: this machine, a Slurm cluster, the signed API. One small protocol for all of them."""

from specc.targets.protocol import (
    Accepted,
    Attempt,
    Cancelled,
    Candidate,
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
)

__all__ = [
    "Accepted",
    "Attempt",
    "Cancelled",
    "Candidate",
    "JobReport",
    "JobState",
    "LogFile",
    "Logs",
    "NotSent",
    "Origin",
    "Outcome",
    "Rejected",
    "Target",
    "Unclear",
]
