"""The check of the whole ledger: the file, each row by itself, and each row among the others."""

import json
from collections.abc import Iterator
from hashlib import sha256
from itertools import groupby

import rfc8785

from specc.submission.ledger import Ledger
from specc.submission.records import Record, State

NEEDS = {State.REJECTED: "code", State.UNKNOWN: "message", State.NOT_SENT: "message"}
AHEAD = 60.0


def verify_ledger(ledger: Ledger, now: float) -> Iterator[str]:
    """Yield everything that is wrong, one line each. Rows are read a thousand at a time."""
    errors = ledger.integrity_errors()
    yield from (f"the file is damaged: {line}" for line in errors)
    if errors:
        return
    for record in ledger.each_or_damage():
        if isinstance(record, str):
            yield record
            continue
        yield from (f"attempt {record.attempt} of {record.key}: {line}" for line in _errors(record, now))
        if record.state is State.INTENT and not ledger.owners.is_alive(record.owner):
            yield f"attempt {record.attempt} of {record.key}: the process that was sending it died; submit or resolve"
    yield from _gaps(ledger)


def _errors(record: Record, now: float) -> Iterator[str]:
    if sha256(record.body.encode()).hexdigest() != record.digest:
        yield "the body does not have its digest"
    else:
        yield from _body_errors(record)
    if (record.settled_at is None) != (record.state is State.INTENT):
        yield f"it is `{record.state}`, and " + ("has no time" if record.settled_at is None else "has a time already")
    needed = NEEDS.get(record.state)
    if needed is not None and getattr(record, needed) is None:
        yield f"it is `{record.state}` without a {needed}"
    if record.job_state is not None and record.uuid is None:
        yield "it has a job's state and no job"
    if record.created_at > now + AHEAD:
        yield "it is from the future: a clock was wrong"


def _body_errors(record: Record) -> Iterator[str]:
    """Yield what is wrong with a body whose bytes have the right digest: it may not be canonical JSON."""
    try:
        body = json.loads(record.body)
        canonical = rfc8785.dumps(body).decode()
    except (ValueError, RecursionError, rfc8785.CanonicalizationError) as error:
        yield f"the body cannot be read: {error}"
        return
    if canonical != record.body:
        yield "the body is not canonical"
    if not record.sent_name.startswith(str(body.get("name", ""))):
        yield f"it was sent as `{record.sent_name}`, which is not the payload's name"


def _gaps(ledger: Ledger) -> Iterator[str]:
    """Yield each key whose attempts are not numbered from 1 without a gap."""
    for key, group in groupby(ledger.numbers(), key=lambda one: one[0]):
        numbers = [number for _, number in group]
        if numbers != list(range(1, len(numbers) + 1)):
            yield f"the attempts of {key} are numbered {', '.join(map(str, numbers))}: some are missing"
