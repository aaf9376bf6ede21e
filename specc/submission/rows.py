"""Rows of the ledger's file as records, and the seal by which a row that the disk has changed is known.

A row is sealed when it is written: the seal is a digest of all its values. Whoever changes a row with SQL of their own
removes the seal (a trigger does), and such a row is looked at value by value. A row whose seal does not fit was changed
by no program, but by a disk: it is damage, and so are values that no row can have.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from math import isfinite

from specc.submission.keys import LogicalKey
from specc.submission.records import Record, State
from specc.targets import JobState

COLUMNS = (
    "attempt, target, spec, cell, params, target_name, api, digest, body, sent_name, slug, axes, units, state, owner, "
    "number, created_at, skew, settled_at, uuid, code, message, job_state, job_reason, exit_code, seen_at"
)
NAMES = COLUMNS.split(", ")
PLACES = ", ".join("?" * len(NAMES))
SEALED = f"rowid, seal, {COLUMNS}"
"""What is selected of a row that is to be a record."""

OPTIONAL = {"settled_at", "uuid", "code", "message", "job_state", "job_reason", "exit_code", "seen_at"}
NUMBERS = {"created_at", "skew", "settled_at", "seen_at"}
INTEGERS = {"number", "exit_code"}
CHUNK = 1000
STATES, JOB_STATES = {state.value: state for state in State}, {state.value for state in JobState}


class Damaged(Exception):
    """The ledger holds what was never written to it."""


def row_of(record: Record) -> tuple[object, ...]:
    """Return the values of a record in the order of COLUMNS."""
    key = record.key
    return (
        record.attempt, key.target, key.spec, key.cell, key.params, record.target_name, record.api, record.digest,
        record.body, record.sent_name, record.slug, record.axes, record.units, record.state, record.owner,
        record.number, record.created_at, record.skew, record.settled_at, record.uuid, record.code, record.message,
        record.job_state, record.job_reason, record.exit_code, record.seen_at,
    )  # fmt: skip


def record_of(row: sqlite3.Row) -> Record:
    """Return the record of a row with the columns SEALED. Raises Damaged."""
    seal, values = row[1], tuple(row)[2:]
    if seal is None:
        for fault in faults_in(values):
            raise Damaged(f"attempt {values[0]!r}: {fault}")
    elif seal != seal_of(values):
        raise Damaged(f"attempt {values[0]!r} is not what was written: its values do not fit their seal")
    attempt, target, spec, cell, params, *others = values
    named = dict(zip(NAMES[5:], others, strict=True))
    return Record(attempt, LogicalKey(target, spec, cell, params), **{**named, "state": STATES[named["state"]]})


def seal_of(values: Sequence[object]) -> str:
    """Return the seal of a row. Empty columns do not count, so that a column can be added without sealing all anew."""
    told = [f"{name}={value!r}" for name, value in zip(NAMES, values, strict=True) if value is not None]
    return blake2b("\0".join(told).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def faults_in(values: Sequence[object]) -> Iterable[str]:
    """Yield what no row can hold: values of a wrong type, unknown states, and texts that are not JSON."""
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


def real(value: object) -> float:
    """Return a time or a number of seconds. Raises Damaged for anything else."""
    if not isinstance(value, float) or not isfinite(value):
        raise Damaged(f"{value!r} is not a number of seconds")
    return value


def check_unsealed(connection: sqlite3.Connection, most: int = CHUNK) -> Sequence[sqlite3.Row]:
    """Return rows without a seal, which somebody has changed by hand. Raises Damaged where one is not sound."""
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
