"""The questions that submission asks a target, and the few answers that a target can give.

A target never retries by itself and never guesses: it says what surely happened, or that it does not know. To retry, to
remember and to decide is the business of `specc.submission`.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from specc.fast_dataclass import dataclass
from specc.targets.lives import Life

if TYPE_CHECKING:
    from specc.lowering import Payload  # a quarter of a second that the processes of the local target do not need


class JobState(StrEnum):
    """The states of the API, and two that only a client can see.

    The list of the API is open: a target maps unknown words to UNKNOWN and keeps the word in `JobReport.raw`.
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
        """Whether the job has ended."""
        return self in FINAL

    @property
    def is_success(self) -> bool:
        """Whether the job has ended without an error."""
        return self is JobState.FINISHED


FINAL = frozenset({JobState.FINISHED, JobState.EXITED, JobState.CANCELLED, JobState.STOPPED, JobState.LOST})


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a job comes from: absolute paths of its project and of its spec's folder, the slug of its cell, and the
    number of its attempt, from 1.
    """

    project: str
    spec_folder: str
    cell: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sending of one payload. `key` is unique for ever, and is sent along where the target has a place for it.

    `sent_name` is the job name as sent: that of the payload, or with a tag behind it (`tag_names`). `owner` is on whose
    behalf the payload is sent, if not simply the user: a target with its own queue shares it among owners. `origin` is
    None for a payload that came over the API, without a project. `is_resumed`: the same attempt was sent before, and
    nobody knows what became of it.
    """

    key: str
    payload: "Payload"
    sent_name: str
    owner: str = ""
    origin: Origin | None = None
    is_resumed: bool = False


KEY_DIGITS = 32
"""The hexadecimal digits of the key of an attempt."""


def new_keys(count: int) -> list[str]:
    """Return the keys of new attempts that are sent in one call: random, and of several the second half is one."""
    batch = secrets.token_hex(KEY_DIGITS // 4)
    return [secrets.token_hex(KEY_DIGITS // 4) + batch for _ in range(count)]


def batch_of(key: str) -> str:
    """Return what the keys of a batch have in common. Of an attempt that is sent alone it is random, too."""
    return key[KEY_DIGITS // 2 :]


@dataclass(frozen=True, slots=True)
class Accepted:
    """The target has the job. `uuid` is the handle for every later call; `echoed` holds the rest of the answer."""

    uuid: str
    echoed: dict[str, object]


@dataclass(frozen=True, slots=True)
class Rejected:
    """The target surely did not start anything in this call, and where the attempt `is_withdrawn`, in no earlier one.

    `fields` maps names of fields to what is wrong with each, and `helps` to what to write; `help` is for all fields
    without their own. `is_general` says that the rejection is about the account or the target, so that every other
    payload would be rejected, too.
    """

    code: str
    message: str
    help: str | None = None
    fields: dict[str, str] | None = None
    is_general: bool = False
    helps: dict[str, str] | None = None
    is_withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class NotSent:
    """Surely nothing was started, and to try again may help. `retry_after` is in seconds, where the target gives it.

    `resign` says that only the time of signing was wrong, and `server_time` is that of the server's clock. `is_full`
    says that the target has as many jobs of this account as it takes: there is room when some of them have ended.
    `is_withdrawn` says that no earlier call starts anything either, so that the payload needs another attempt.
    """

    reason: str
    retry_after: float | None = None
    resign: bool = False
    server_time: datetime | None = None
    is_full: bool = False
    is_withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Unclear:
    """Bytes went out, and the outcome is unknown."""

    reason: str


Outcome = Accepted | Rejected | NotSent | Unclear


@dataclass(frozen=True, slots=True)
class JobReport:
    """The state of one job. `raw` is the target's own word for the state, `reason` its own explanation.

    `is_vanished`: the target had accepted the job, lost its own record of it, as in a crash, and never began it. So the
    attempt can be sent again under its key.
    """

    uuid: str
    state: JobState
    raw: str
    reason: str = ""
    exit_code: int | None = None
    name: str = ""
    life: Life = Life()
    is_vanished: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """A job on the target that an unclear attempt may have started.

    `tag` is the key of the attempt where the target kept it: then the match is exact. `fields` are the echoed job
    fields. `doubts` say, for a person, what the target could not see: another job may be the right one.
    """

    uuid: str
    submitted_at: datetime | None
    fields: dict[str, object]
    tag: str | None = None
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LogFile:
    """One output stream of a job. `path` is where it is visible from here, `where` tells a person how else to get
    it. `is_timed_here`: the times of the job are exact, and of this machine's clock.
    """

    stream: str
    path: Path | None
    where: str
    is_timed_here: bool = False


@dataclass(frozen=True, slots=True)
class Logs:
    """The output streams of one job. `folder` is where the job started, if that is visible from here."""

    uuid: str
    files: tuple[LogFile, ...]
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The answer to a cancellation. `done` is False, with the reason in `message`, when the target could not be
    asked.
    """

    uuid: str
    done: bool
    message: str = ""


@dataclass(frozen=True, slots=True)
class Cleaned:
    """The answer to the removal of a job's files. `done` is False, with the reason in `message`, where nothing was
    removed. `is_gone` says that there is nothing left to remove.
    """

    uuid: str
    done: bool
    message: str = ""
    is_gone: bool = False


class Batches(Protocol):
    """How a target takes several payloads in one call. The attempts of a batch have one `batch_of` their keys."""

    def kind_of(self, payload: "Payload") -> str | None:
        """Return a text that is equal for payloads which can be sent together; None for one that is sent alone."""

    def most(self) -> int:
        """Return how many payloads one call can take. The target may be asked for it, once."""

    def prepare(self, attempts: Sequence[Attempt]) -> None:
        """Make what must be there before the intents of a new batch are written. Nothing is sent.

        Raises SpeccError where it cannot be made.
        """

    def submit(self, attempts: Sequence[Attempt], most_active: int | None) -> Sequence[Outcome]:
        """Send attempts of one batch in one call, and return an outcome for each. No more than `most_active` of them
        run at a time.
        """


class Target(Protocol):
    """A target, which runs payloads.

    `identity` names the target for the ledger: kind, endpoint and account, the same on every machine of the user; the
    part behind an `@` is one of several places of the account. `quota` is how many calls an hour it allows the account,
    or None. A call raises SpeccError when the environment is broken before anything was asked (no credentials, no
    sbatch); what happens after that is an answer.
    """

    @property
    def identity(self) -> str: ...

    @property
    def quota(self) -> int | None: ...

    @property
    def is_idempotent(self) -> bool:
        """Return whether an attempt that is sent again under its key runs once all the same."""

    @property
    def batches(self) -> Batches | None:
        """Return how several payloads are sent in one call; None where each is sent by itself."""

    def refuse(self, payload: "Payload") -> Rejected | None:
        """Return why this payload cannot go to this target, known without sending.

        Reasons are a foreign run_user, no units, or a cluster or zone that contradicts that of the target.
        """

    def submit(self, attempt: Attempt) -> Outcome:
        """Send once. No error is raised for what the other side did."""

    def look_up(self, attempts: Sequence[Attempt], since: datetime, until: datetime) -> list[Candidate]:
        """Return jobs of this account that one of the attempts may have started in that time."""

    def status(self, uuids: Sequence[str]) -> dict[str, JobReport]:
        """Return what is known of each job, in as few calls as the target allows. A failed query leaves jobs out."""

    def logs(self, uuid: str) -> Logs: ...

    def cancel(self, uuids: Sequence[str]) -> list[Cancelled]: ...

    def clean(self, uuids: Sequence[str]) -> list[Cleaned]:
        """Remove the files that the target keeps of jobs, and nothing that the jobs wrote elsewhere.

        Those of a job that has not ended, or may not have, are left alone.
        """
