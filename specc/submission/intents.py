"""What the ledger says of an attempt before a byte of it goes out."""

import json
import secrets

from specc.submission.plan import Step
from specc.submission.records import Record, State
from specc.submission.world import Sending

TAG_DIGITS = 8


def intent_of(step: Step, sending: Sending, now: float, skew: float) -> Record:
    """The intent to carry out a step. `now` is in seconds since the epoch, `skew` in seconds.

    The job's name gets a tag where the target wants one: a part of the attempt's key, by which the job is found again.
    """
    payload = step.payload
    attempt = secrets.token_hex(16)
    return Record(
        attempt=attempt,
        key=step.key,
        target_name=sending.target_name,
        api=payload.api,
        digest=payload.digest,
        body=payload.canonical.decode(),
        sent_name=f"{payload.name}-{attempt[:TAG_DIGITS]}" if sending.tag_names else payload.name,
        slug=payload.cell.slug,
        axes=json.dumps(payload.cell.data(), ensure_ascii=False),
        units=sending.units,
        state=State.INTENT,
        owner=sending.owner,
        number=step.number,
        created_at=now,
        skew=skew,
    )
