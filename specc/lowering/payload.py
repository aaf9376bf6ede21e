"""The body of submitJob as RFC 8785 JSON. `timestamp` is the transport's, so it is in neither body nor digest."""

from hashlib import sha256
from typing import TYPE_CHECKING

import rfc8785

from specc.checker import CheckedSpec
from specc.diagnostics import Diagnostic, codes
from specc.evaluator import Value
from specc.expander import Cell, cell_of
from specc.frozen import dataclass
from specc.lowering.canonical import canonical_bytes
from specc.nodes import brief
from specc.schema import ApiSchema

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError


@dataclass(frozen=True, slots=True, eq=False)
class Payload:
    """What is sent for one cell.

    `canonical` is the RFC 8785 form of `body`, `digest` the SHA-256 of it in hex; `values` says of each field where
    it came from.
    """

    spec_id: str
    api: str
    cell: Cell
    body: dict[str, object]
    canonical: bytes
    digest: str
    values: dict[str, Value]

    @property
    def name(self) -> str:
        return str(self.body.get("name", ""))


def lower(checked: CheckedSpec) -> tuple[Payload | None, list[Diagnostic]]:
    """The payload, or None with what canonical JSON cannot hold, such as an integer over 2**53."""
    evaluated = checked.evaluated
    body = checked.body
    try:
        canonical = canonical_bytes(body)
    except rfc8785.CanonicalizationError:
        return None, [finding for name, value in evaluated.job.items() if (finding := _fault(name, value))]
    digest = sha256(canonical).hexdigest()
    return Payload(evaluated.spec.id, checked.schema.name, evaluated.cell, body, canonical, digest, evaluated.job), []


def receive(body: dict[str, object], schema: ApiSchema) -> "Payload | list[ValidationError]":
    """A body that came over the wire as a payload, if the schema accepts it: for whoever plays the API's part.

    Raises rfc8785.CanonicalizationError for a body that canonical JSON cannot hold.
    """
    errors = schema.field_errors(body)
    if errors:
        return errors
    canonical = canonical_bytes(body)
    return Payload("", schema.name, cell_of({}, 0, 1, 1), body, canonical, sha256(canonical).hexdigest(), {})


def _fault(name: str, value: Value) -> Diagnostic | None:
    try:
        canonical_bytes(value.data)
    except rfc8785.IntegerDomainError:
        message = f"`{name}` is {brief(str(value.data))}, and JSON holds whole numbers exactly only up to 2**53 - 1"
    except rfc8785.CanonicalizationError:
        message = f"`{name}` holds a number that JSON does not have, such as infinity"
    else:
        return None
    return codes.NOT_CANONICAL.at(value.node.span, message)
