"""The body of submitJob as RFC 8785 JSON. `timestamp` is the transport's, so it is in neither body nor digest."""

from hashlib import sha256
from typing import TYPE_CHECKING

import rfc8785

from specc.checker import CheckedSpec
from specc.diagnostics import Diagnostic, codes
from specc.evaluator import MASK, Value, env_names
from specc.expander import Cell, cell_of
from specc.fast_dataclass import dataclass
from specc.lowering.canonical import canonical_bytes
from specc.schema import ApiSchema
from specc.wording import brief

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError


@dataclass(frozen=True, slots=True, eq=False)
class Payload:
    """What is sent for one cell.

    `canonical` is the RFC 8785 form of `body`, `digest` the SHA-256 of it in hex; `values` says of each field where
    it came from. `hidden` are the fields that come from variables of the environment which no report shows;
    `hides_cell`: so do the values of the cell. `folder` is the spec's, from the project's root.
    """

    spec_id: str
    api: str
    cell: Cell
    body: dict[str, object]
    canonical: bytes
    digest: str
    values: dict[str, Value]
    hidden: frozenset[str] = frozenset()
    hides_cell: bool = False
    folder: str = "."

    @property
    def name(self) -> str:
        return str(self.body.get("name", ""))

    @property
    def shown(self) -> dict[str, object]:
        """The body as reports may show it."""
        return {name: MASK if name in self.hidden else value for name, value in self.body.items()}

    @property
    def shown_name(self) -> str:
        return MASK if "name" in self.hidden else self.name

    @property
    def shown_slug(self) -> str:
        return MASK if self.hides_cell else self.cell.slug


def lower(checked: CheckedSpec, hidden: frozenset[str] = frozenset()) -> tuple[Payload | None, list[Diagnostic]]:
    """The payload, or None with what canonical JSON cannot hold, such as an integer over 2**53.

    `hidden` are the variables of the environment whose values no report shows.
    """
    evaluated = checked.evaluated
    body = checked.body
    try:
        canonical = canonical_bytes(body)
    except rfc8785.CanonicalizationError:
        return None, [finding for name, value in evaluated.job.items() if (finding := _fault(name, value))]
    digest = sha256(canonical).hexdigest()
    fields = frozenset(
        name for name, value in evaluated.job.items() if hidden and hidden & env_names(value, evaluated.env_of_matrix)
    )
    spec, api, values = evaluated.spec, checked.schema.name, evaluated.job
    hides_cell = bool(hidden & evaluated.env_of_matrix)
    made = Payload(spec.id, api, evaluated.cell, body, canonical, digest, values, fields, hides_cell, spec.folder)
    return made, []


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
