"""What a person means by "this submission": target, spec, cell, and the parameters given."""

import json
import shlex
from collections.abc import Sequence
from typing import NamedTuple

import rfc8785

from specc.lowering import Payload
from specc.source import Source

NO_PARAMS = "{}"


class LogicalKey(NamedTuple):
    """The identity of a submission. The digest of its payload is an attribute, not a part of it.

    `target` is the target's identity (kind, endpoint, account), `params` the canonical JSON of what `-p` gave.
    """

    target: str
    spec: str
    cell: str
    params: str

    def __str__(self) -> str:
        """As `specc ledger mv` takes it."""
        given = [f"{name}={value}" for name, value in json.loads(self.params).items()]
        return " ".join([self.name, *(shlex.join(["-p", text]) for text in given)])

    @property
    def name(self) -> str:
        """Without its parameters, for a shell."""
        return shlex.quote(f"{self.spec}@{self.cell}")

    @property
    def coordinates(self) -> str:
        """The cell without the number of its repetition."""
        return self.cell.partition(".")[0]

    def repeats(self, other: "LogicalKey") -> bool:
        """`matrix.repeat` asks for one payload several times: the two differ in the repetition, and in nothing else."""
        return (
            (self.target, self.spec, self.params) == (other.target, other.spec, other.params)
            and self.coordinates == other.coordinates
            and self.cell != other.cell
            and "." in self.cell
            and "." in other.cell
        )


def split_name(text: str) -> tuple[str, str | None]:
    """The spec and the cell of SPEC@CELL. A file's name may hold an `@`, too."""
    spec, at, cell = text.rpartition("@")
    return (spec, cell) if at and "/" not in cell and not cell.endswith((".yaml", ".yml")) else (text, None)


def account_of(target: str) -> str:
    """The account of a target's identity: its quota and its server's clock are the same for all its places."""
    return target.partition("@")[0]


def key_of(payload: Payload, target: str, params: Sequence[Source]) -> LogicalKey:
    return LogicalKey(target, payload.spec_id, payload.cell.id, canonical_params(params))


def canonical_params(params: Sequence[Source]) -> str:
    """`-p` texts as sorted JSON, the last of two with one name winning."""
    given = dict(text.text.partition("=")[::2] for text in params)
    return rfc8785.dumps(given).decode()
