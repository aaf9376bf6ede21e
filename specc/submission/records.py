"""Attempts as frozen values and as rows of the ledger's file, and the seal of a row.

A row is sealed when it is written: the seal is a digest of all its values. Somebody who changes a row with SQL of their
own removes the seal (a trigger does), and such a row is checked value by value. A row whose seal does not fit was
changed by a disk and not by a program: the ledger is damaged, as it is by values that no row can have.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import blake2b
from math import isfinite

from specc.evaluator import MASK
from specc.fast_dataclass import dataclass
from specc.submission.keys import LogicalKey
from specc.targets import JobReport, JobState, Life, Usage
from specc.targets.lives import is_life_text, life_from
from specc.targets.refusals import amount, number


class State(StrEnum):
    """Where an attempt stands.

    `intent` is written before a byte is sent; the other states are outcomes. `not-sent` surely started nothing.
    `superseded` was unknown when the user had the payload sent again on purpose; `dismissed` was unknown, and the user
    says that nothing was started.
    """

    INTENT = "intent"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    NOT_SENT = "not-sent"
    SUPERSEDED = "superseded"
    DISMISSED = "dismissed"


CELL = "matrix"
"""What `Record.hidden` calls the values of the cell."""

OPEN = (State.INTENT, State.UNKNOWN)
"""States in which nothing else may be sent for the same key."""


NOTHING_STARTED = (State.REJECTED, State.NOT_SENT, State.DISMISSED)

SHORTEST = 6
"""The characters that the beginning of a job's or an attempt's name needs, to stand for the whole."""


def is_attempt_start(text: str) -> bool:
    """Return whether a text may be the beginning of an attempt's name."""
    return len(text) >= SHORTEST


def is_uuid_start(text: str) -> bool:
    """Return whether a text may be the beginning of a job's uuid, of which `hpcjob-` or the like does not count."""
    return len(text.partition("-")[2]) >= SHORTEST


def flat(axes: Mapping[str, object]) -> dict[str, object]:
    """Return the values of axes by name, and those of a mapping each by a name of its own, such as `case.mesh`."""
    found: dict[str, object] = {}
    for name, value in axes.items():
        if isinstance(value, dict) and value:
            found |= flat({f"{name}.{key}": each for key, each in value.items()})
        else:
            found[name] = value
    return found


@dataclass(frozen=True, slots=True)
class Record:
    """One attempt. Times are seconds since the epoch by this machine's clock, which may have been wrong.

    `number` counts the attempts of one key from 1. `body` is the payload's canonical text, `sent_name` the job's name
    as sent, `axes` the cell's values and `units` the target's, both as JSON. `skew` is by how many seconds the
    server's clock was taken to be ahead. `job_state`, `job_reason` and `exit_code` are what the target last said of an
    accepted job, at `seen_at`. `hidden` lists, as JSON, the fields of the payload that no report shows, and `matrix`
    where the values of the cell are not shown. `life` is what the target said of the job's times and usage, as JSON.
    `inputs` are all parameters of the spec with their values, as JSON, in which null stands for a value that no report
    shows; None where the spec has no parameters, or an older specc sent the payload.

    `sender` says, as JSON, who sent it (`who`), on which machine (`host`), from which commit of the project (`commit`),
    and whether files of that commit were changed (`modified`); None for an older specc.

    `cell_attempt` is what `cell.attempt` was in the payload, None for 1. `retried_for` is why the job before this one
    had ended, for an attempt that is a retry. `kept` is the digest of a later payload in whose place the user keeps the
    results of this one. `cleaned_at` is when the files of the job were removed.
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
    hidden: str | None = None
    life: str | None = None
    inputs: str | None = None
    cell_attempt: int | None = None
    retried_for: str | None = None
    kept: str | None = None
    cleaned_at: float | None = None
    sender: str | None = None

    @property
    def sent_by(self) -> dict[str, object]:
        """Return who sent the attempt, where and from which commit, as far as it is known."""
        known: dict[str, object] = {} if self.sender is None else json.loads(self.sender)
        return known

    @property
    def who(self) -> str | None:
        """Return the name of the user who sent the attempt; None if it is not known."""
        who = self.sent_by.get("who")
        return who if isinstance(who, str) else None

    @property
    def shown_name(self) -> str:
        """Return the job's name as reports may show it."""
        return MASK if "name" in self._hides else self.sent_name

    @property
    def shown_slug(self) -> str:
        """Return the slug of the cell as reports may show it."""
        return MASK if CELL in self._hides else self.slug

    @property
    def shown_axes(self) -> dict[str, object]:
        """Return the values of the cell as reports may show them."""
        axes: dict[str, object] = json.loads(self.axes)
        return dict.fromkeys(axes, MASK) if CELL in self._hides else axes

    @property
    def flat_axes(self) -> dict[str, object]:
        """Return the values of the cell as columns of a table have them."""
        return flat(self.shown_axes)

    @property
    def shown_body(self) -> dict[str, object]:
        """Return the payload as reports may show it."""
        body: dict[str, object] = json.loads(self.body)
        return {name: MASK if name in self._hides else value for name, value in body.items()}

    @property
    def shown_params(self) -> dict[str, object]:
        """Return the parameters as reports may show them; of an older attempt those that were given, as texts."""
        if self.inputs is None:
            given: dict[str, object] = json.loads(self.key.params)
            return given
        return {name: MASK if value is None else value for name, value in json.loads(self.inputs).items()}

    @property
    def shown_message(self) -> str | None:
        """Return what the target said, if reports may show it: it can quote any field."""
        return MASK if self.message and self._hides else self.message

    @property
    def _hides(self) -> list[str]:
        found: list[str] = [] if self.hidden is None else json.loads(self.hidden)
        return found

    @property
    def cleaned_on(self) -> str:
        """Return when the files of the job were removed, as `cleaned on DATE`; an empty text while they are there."""
        moment = None if self.cleaned_at is None else datetime.fromtimestamp(self.cleaned_at, UTC)
        return "" if moment is None else f"cleaned on {moment:%Y-%m-%d}"

    @property
    def stands_for(self) -> tuple[str, ...]:
        """Return the digests of the payloads for which the job of this attempt is taken."""
        return (self.digest,) if self.kept is None else (self.digest, self.kept)

    @property
    def may_run(self) -> bool:
        """Return whether a job of the attempt is there, or may be."""
        return self.is_open or self.state is State.ACCEPTED

    @property
    def is_open(self) -> bool:
        """Return whether nothing else may be sent for the same key."""
        return self.state in OPEN


COLUMNS = (
    "attempt, target, spec, cell, params, target_name, api, digest, body, sent_name, slug, axes, units, state, owner, "
    "number, created_at, skew, settled_at, uuid, code, message, job_state, job_reason, exit_code, seen_at, hidden, "
    "life, inputs, cell_attempt, retried_for, kept, cleaned_at, sender"
)
NAMES = COLUMNS.split(", ")
PLACEHOLDERS = ", ".join("?" * len(NAMES))
SEALED = f"rowid, seal, {COLUMNS}"
"""The columns that `record_of` needs."""

OPTIONAL = {
    "settled_at",
    "uuid",
    "code",
    "message",
    "job_state",
    "job_reason",
    "exit_code",
    "seen_at",
    "hidden",
    "life",
    "inputs",
    "cell_attempt",
    "retried_for",
    "kept",
    "cleaned_at",
    "sender",
}
NUMBERS = {"created_at", "skew", "settled_at", "seen_at", "cleaned_at"}
INTEGERS = {"number", "exit_code", "cell_attempt"}
CHUNK = 1000
STATES, JOB_STATES = {state.value: state for state in State}, {state.value for state in JobState}


class Damaged(Exception):
    """The ledger holds something that specc never wrote to it."""


def row_of(record: Record) -> tuple[object, ...]:
    """Return the values of a record in the order of COLUMNS, of the types in which they come out of the file again."""
    key = record.key
    values = (
        record.attempt, key.target, key.spec, key.cell, key.params, record.target_name, record.api, record.digest,
        record.body, record.sent_name, record.slug, record.axes, record.units, record.state, record.owner,
        record.number, record.created_at, record.skew, record.settled_at, record.uuid, record.code, record.message,
        record.job_state, record.job_reason, record.exit_code, record.seen_at, record.hidden,
        record.life, record.inputs, record.cell_attempt, record.retried_for, record.kept, record.cleaned_at,
        record.sender,
    )  # fmt: skip
    return tuple(_stored(name, value) for name, value in zip(NAMES, values, strict=True))


def _stored(name: str, value: str | float | None) -> str | float | None:
    """Return a value as the file gives it: without the names of words such as a state, and times as fractions."""
    if isinstance(value, str):
        return str(value)
    return float(value) if name in NUMBERS and value is not None else value


def record_of(row: sqlite3.Row) -> Record:
    """Return the record of a row with the columns SEALED. Raises Damaged."""
    seal, values = row[1], tuple(row)[2:]
    if seal is None:
        for line in damage_in(values):
            raise Damaged(f"attempt {values[0]!r}: {line}")
    elif seal != seal_of(values):
        raise Damaged(f"attempt {values[0]!r} is not what was written: its values do not fit their seal")
    attempt, target, spec, cell, params, *others = values
    named = dict(zip(NAMES[5:], others, strict=True))
    return Record(attempt, LogicalKey(target, spec, cell, params), **{**named, "state": STATES[named["state"]]})


def seal_of(values: Sequence[object]) -> str:
    """Return the seal of a row. Empty columns do not count, so that a column can be added without sealing all anew."""
    named = [f"{name}={value!r}" for name, value in zip(NAMES, values, strict=True) if value is not None]
    return blake2b("\0".join(named).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def damage_in(values: Sequence[object]) -> Iterable[str]:
    """Yield a sentence for each value that no row can hold: a wrong type, an unknown state, a text that is not JSON."""
    row = dict(zip(NAMES, values, strict=True))
    for name, value in row.items():
        wanted = (int, float) if name in NUMBERS else (int,) if name in INTEGERS else (str,)
        if not (isinstance(value, wanted) or (value is None and name in OPTIONAL)):
            yield f"its {name} is {value!r}"
            return
        if isinstance(value, str) and not _is_utf8(value):
            yield f"its {name} is not UTF-8"
            return
    if row["state"] not in STATES:
        yield f"its state is {row['state']!r}, and there is no such state"
    if row["job_state"] is not None and row["job_state"] not in JOB_STATES:
        yield f"its job_state is {row['job_state']!r}, and there is no such state"
    for name in ("params", "axes", "units", "body"):
        if not _is_object(row[name]):
            yield f"its {name} are not a JSON object"
    if row["hidden"] is not None and not _is_list(row["hidden"]):
        yield "its hidden is not a JSON list of names"
    if row["inputs"] is not None and not _is_object(row["inputs"]):
        yield "its inputs are not a JSON object"
    if row["sender"] is not None and not _is_object(row["sender"]):
        yield "its sender is not a JSON object"
    if row["life"] is not None and not is_life_text(row["life"]):
        yield "its life does not hold times and usage as JSON"


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_object(text: object) -> bool:
    try:
        return isinstance(json.loads(str(text)), dict)
    except (ValueError, RecursionError):
        return False


def _is_list(text: object) -> bool:
    try:
        names = json.loads(str(text))
    except (ValueError, RecursionError):
        return False
    return isinstance(names, list) and all(isinstance(name, str) for name in names)


def current_attempt(own: Sequence[Record]) -> int:
    """Return what `cell.attempt` is in the payload that a key has now: that of the open attempt, or of the last job.

    `own` are the attempts of the key, in order.
    """
    deciding = next((one for one in own if one.is_open), None)
    deciding = deciding or next((one for one in reversed(own) if one.state is State.ACCEPTED), None)
    return 1 if deciding is None else deciding.cell_attempt or 1


def retries_made(own: Sequence[Record]) -> int:
    """Return how many retries the last job of a key is away from the last that was sent for another reason."""
    retries = 0
    for record in reversed(own):
        if record.state is not State.ACCEPTED and not record.is_open:
            continue
        if record.retried_for is None:
            break
        retries += 1
    return retries


def asked_by(record: Record) -> Usage:
    """Return the cores, memory and time that the payload asks for, without those that reports do not show."""
    return asked_for(record.shown_body, json.loads(record.units))


def asked_for(body: Mapping[str, object], units: Mapping[str, str]) -> Usage:
    """Return the cores, memory and time that a body asks for."""
    memory, seconds = (amount(body, limit, units) if limit in units else None for limit in ("mem_limit", "time_limit"))
    return Usage(cores_asked=number(body, "core_limit"), memory_asked=memory, seconds_asked=seconds)


def life_now(report: JobReport, noted: str | None) -> Life:
    """Return what is known of a job's times and usage: by its report, else as it was noted before.

    A job that waits may be one that is to run again: then its earlier start and end do not count.
    """
    return report.life if report.state is JobState.PENDING else report.life.over(life_from(noted))


def seconds_of(value: object) -> float:
    """Return a time or a number of seconds. Raises Damaged for anything else."""
    if not isinstance(value, float) or not isfinite(value):
        raise Damaged(f"{value!r} is not a number of seconds")
    return value


def check_unsealed(connection: sqlite3.Connection, most: int = CHUNK) -> Sequence[sqlite3.Row]:
    """Return rows without a seal, which somebody has changed by hand. Raises Damaged where a value is impossible."""
    rows = connection.execute(f"SELECT {SEALED} FROM attempts WHERE seal IS NULL LIMIT ?", (most,)).fetchall()
    for row in rows:
        record_of(row)
    return rows


def seal_rows(connection: sqlite3.Connection, most: int = 2 * CHUNK) -> None:
    """Seal rows that have no seal: those that this transaction wrote, or that somebody changed by hand."""
    while most > 0 and (rows := check_unsealed(connection)):
        most -= len(rows)
        connection.executemany(
            "UPDATE attempts SET seal = ? WHERE rowid = ?", [(seal_of(tuple(row)[2:]), row[0]) for row in rows]
        )
