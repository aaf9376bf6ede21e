"""What submission asks of a target, and the few things a target can answer.

A target never retries by itself and never guesses: it says what surely happened, or that it does not know. Retrying,
remembering and deciding are the business of `specc.submission`.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from specc.fast_dataclass import dataclass

if TYPE_CHECKING:
    from specc.lowering import Payload  # a quarter of a second that the processes of the local target do not need


class JobState(StrEnum):
    """The API's own states, and two that only a client can see.

    The API's list is open: a target maps what it does not know to UNKNOWN and keeps the word in `JobReport.raw`.
    """

    PENDING = "pending"
    RUNNING = "running"
    FINISHED = "finished"
    EXITED = "exited"
    CANCELLED = "cancelled"
    STOPPED = "stopped"
    SUSPENDED = "suspended"
    LOST = "lost"
    UNKNOWN = "unknown"

    @property
    def is_final(self) -> bool:
        return self in FINAL

    @property
    def is_success(self) -> bool:
        return self is JobState.FINISHED


FINAL = frozenset({JobState.FINISHED, JobState.EXITED, JobState.CANCELLED, JobState.STOPPED, JobState.LOST})


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a job comes from: absolute paths of its project and of its spec's folder, its cell's slug, and which
    attempt of its cell it is, counted from 1."""

    project: str
    spec_folder: str
    cell: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sending of one payload. `key` is unique for ever, and goes along where the target has a place for it.

    `sent_name` is the job name as sent: the payload's own, or with a tag behind it (`tag_names`). `owner` is on whose
    behalf it is sent, where that is not simply the user: a target that has a queue of its own shares it among owners.
    `origin` is None for a payload that came over the API, without a project.
    """

    key: str
    payload: "Payload"
    sent_name: str
    owner: str = ""
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The target has the job. `uuid` is the handle for every later call; `echoed` is what the answer said beside it."""

    uuid: str
    echoed: dict[str, object]


@dataclass(frozen=True, slots=True)
class Rejected:
    """The target surely did not start anything. `fields` maps field names to what is wrong with each, and `helps` to
    the way out of that; where a field has none of its own, `help` is for it.

    `is_general` says that it is about the account or the place, so every other payload would be rejected, too.
    """

    code: str
    message: str
    help: str | None = None
    fields: dict[str, str] | None = None
    is_general: bool = False
    helps: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class NotSent:
    """Surely nothing was started, and trying again may help. `retry_after` is in seconds, where the target says.

    `resign` says that only the time of signing was wrong, and `server_time` what the server's clock said.
    """

    reason: str
    retry_after: float | None = None
    resign: bool = False
    server_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Unclear:
    """Bytes went out, and nobody can say what became of them."""

    reason: str


Outcome = Accepted | Rejected | NotSent | Unclear


@dataclass(frozen=True, slots=True)
class JobReport:
    """What a target says of one job. `raw` is its own word for the state, `reason` its own explanation."""

    uuid: str
    state: JobState
    raw: str
    reason: str = ""
    exit_code: int | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A job found on the target that an unclear attempt may have started.

    `tag` is the attempt's key where the target kept it: then the match is exact. `fields` are the echoed job fields.
    `doubts` say what the target could not see when it looked, for a person: another job may be the one.
    """

    uuid: str
    submitted_at: datetime | None
    fields: dict[str, object]
    tag: str | None = None
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LogFile:
    """One output stream of a job. `path` is where it is visible from here, `where` how a person gets it otherwise."""

    stream: str
    path: Path | None
    where: str


@dataclass(frozen=True, slots=True)
class Logs:
    uuid: str
    files: tuple[LogFile, ...]


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The answer to a cancellation: `done` False with the reason in `message` when it could not be asked for."""

    uuid: str
    done: bool
    message: str = ""


class Target(Protocol):
    """A place that runs payloads.

    `identity` names the place for the ledger: kind, endpoint and account, the same on every machine of the user; what
    stands behind an `@` is one of several places of the account. `quota` is how many calls an hour it allows the
    account, or None. A call raises SpeccError when the world is broken before
    anything was asked (no credentials, no sbatch); what happens after that is an answer.
    """

    @property
    def identity(self) -> str: ...

    @property
    def quota(self) -> int | None: ...

    def refuse(self, payload: "Payload") -> Rejected | None:
        """Why this payload cannot go to this target, known without sending: a foreign run_user, no units, a cluster
        or zone that contradicts the target's."""

    def submit(self, attempt: Attempt) -> Outcome:
        """Sends once. Never raises for what the other side did."""

    def look_up(self, attempts: Sequence[Attempt], since: datetime, until: datetime) -> list[Candidate]:
        """Jobs of this account that one of the attempts may have started in that time."""

    def status(self, uuids: Sequence[str]) -> dict[str, JobReport]:
        """What is known of each job, in as few calls as the target allows. A failed query leaves jobs out."""

    def logs(self, uuid: str) -> Logs: ...

    def cancel(self, uuids: Sequence[str]) -> list[Cancelled]: ...
