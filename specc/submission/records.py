"""Rows of the ledger as frozen values."""

from enum import StrEnum

from specc.fast_dataclass import dataclass
from specc.submission.keys import LogicalKey


class State(StrEnum):
    """Where an attempt stands.

    `intent` is written before a byte is sent; the rest is what came of it. `not-sent` surely started nothing.
    `superseded` was unknown when the user had it sent again on purpose; `dismissed` was unknown, and the user says
    that nothing was started.
    """

    INTENT = "intent"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    NOT_SENT = "not-sent"
    SUPERSEDED = "superseded"
    DISMISSED = "dismissed"


OPEN = (State.INTENT, State.UNKNOWN)
"""States in which nothing else may be sent for the same key."""


SHORTEST = 6
"""So many characters of a job's or an attempt's name say which is meant."""


def is_attempt_start(text: str) -> bool:
    """Return whether a text may be the beginning of an attempt's name."""
    return len(text) >= SHORTEST


def is_uuid_start(text: str) -> bool:
    """Return whether a text may be the beginning of a job's uuid, of which `hpcjob-` or the like does not count."""
    return len(text.partition("-")[2]) >= SHORTEST


@dataclass(frozen=True, slots=True)
class Record:
    """One attempt. Times are seconds since the epoch by this machine's clock, which may have been wrong.

    `number` counts the attempts of one key from 1. `body` is the payload's canonical text, `sent_name` the job's name
    as sent, `axes` the cell's values and `units` the target's, both as JSON. `skew` is by how many seconds the
    server's clock was taken to be ahead. What was last seen of an accepted job is its state, the target's reason for it
    and its exit code, at `seen_at`.
    """

    attempt: str
    key: LogicalKey
    target_name: str
    api: str
    digest: str
    body: str
    sent_name: str
    slug: str
    axes: str
    units: str
    state: State
    owner: str
    number: int
    created_at: float
    skew: float = 0.0
    settled_at: float | None = None
    uuid: str | None = None
    code: str | None = None
    message: str | None = None
    job_state: str | None = None
    job_reason: str | None = None
    exit_code: int | None = None
    seen_at: float | None = None

    @property
    def may_run(self) -> bool:
        """Return whether a job of the attempt is there, or may be."""
        return self.is_open or self.state is State.ACCEPTED

    @property
    def is_open(self) -> bool:
        return self.state in OPEN
