"""The identity of a submission: target, spec, cell, and the given parameters."""

import json
import shlex
from collections.abc import Sequence
from typing import NamedTuple

import rfc8785

from specc.lowering import Payload
from specc.source import Source

NO_PARAMS = "{}"

Family = tuple[str, str, str, str, bool]


class LogicalKey(NamedTuple):
    """The identity of a submission. The digest of its payload is not a part of it.

    `target` is the target's identity (kind, endpoint, account), `params` the canonical JSON of the parameters of `-p`.
    """

    target: str
    spec: str
    cell: str
    params: str

    def __str__(self) -> str:
        """Return the key as an argument of `specc ledger mv`."""
        given = [f"{name}={value}" for name, value in json.loads(self.params).items()]
        return " ".join([self.name, *(shlex.join(["-p", text]) for text in given)])

    @property
    def name(self) -> str:
        """Return the spec and the cell as a word for a shell."""
        return shlex.quote(f"{self.spec}@{self.cell}")

    @property
    def coordinates(self) -> str:
        """Return the cell without the number of its repetition."""
        return self.cell.partition(".")[0]

    @property
    def family(self) -> Family:
        """Return what the keys of a cell's repetitions have in common, since `matrix.repeat` repeats a payload.

        Two keys of one family that are not equal differ in the repetition alone.
        """
        return self.target, self.spec, self.params, self.coordinates, "." in self.cell

    def repeats(self, other: "LogicalKey") -> bool:
        """Return whether the two keys differ only in the repetition."""
        return self.cell != other.cell and self.family == other.family


def split_name(text: str) -> tuple[str, str | None]:
    """Return the spec and the cell of SPEC@CELL. A file's name may contain an `@`, too."""
    spec, at, cell = text.rpartition("@")
    return (spec, cell) if at and "/" not in cell and not cell.endswith((".yaml", ".yml")) else (text, None)


def account_of(target: str) -> str:
    """Return the account of a target's identity. All places of an account share its quota and its server's clock."""
    return target.partition("@")[0]


def key_of(payload: Payload, target: str, params: Sequence[Source]) -> LogicalKey:
    """Return the key under which a payload is sent to a target."""
    return LogicalKey(target, payload.spec_id, payload.cell.id, canonical_params(params))


def canonical_params(params: Sequence[Source]) -> str:
    """Return the texts of `-p` as sorted JSON. Of two texts with one name the last wins."""
    given = dict(text.text.partition("=")[::2] for text in params)
    return rfc8785.dumps(given).decode()
