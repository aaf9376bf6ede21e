"""What a person means by "this submission": target, spec, cell, and the parameters given."""

from collections.abc import Sequence
from typing import NamedTuple

import rfc8785

from specc.lowering import Payload
from specc.source import Source


class LogicalKey(NamedTuple):
    """The identity of a submission. The digest of its payload is an attribute, not a part of it.

    `target` is the target's identity (kind, endpoint, account), `params` the canonical JSON of what `-p` gave.
    """

    target: str
    spec: str
    cell: str
    params: str

    def __str__(self) -> str:
        given = f" with {self.params}" if self.params != "{}" else ""
        return f"{self.spec} cell {self.cell}{given} on {self.target}"


def key_of(payload: Payload, target: str, params: Sequence[Source]) -> LogicalKey:
    return LogicalKey(target, payload.spec_id, payload.cell.id, canonical_params(params))


def canonical_params(params: Sequence[Source]) -> str:
    """`-p` texts as sorted JSON, the last of two with one name winning."""
    given = dict(text.text.partition("=")[::2] for text in params)
    return rfc8785.dumps(given).decode()
