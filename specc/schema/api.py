"""One version of an API call, as frozen data."""

from collections.abc import Mapping as Map
from functools import cached_property
from typing import TYPE_CHECKING, Any

from specc.fast_dataclass import dataclass
from specc.nodes import Mapping
from specc.schema.acceptor import Test, acceptor
from specc.settings import FieldType, Quantity

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

JsonObject = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Field:
    """One parameter of the call. `type` is its JSON type, or "any" when the table has no types.

    `source` is where it comes from (`submitjob.md:26`). `allowed` are the only values it takes; empty: any.
    """

    name: str
    type: str
    required: bool
    description: str
    source: str
    quantity: Quantity | None
    shell: bool
    filled_by_transport: bool
    allowed: tuple[object, ...]


@dataclass(frozen=True, eq=False)
class ApiSchema:
    """What one API version promises and wants. Made by `read_schema`, never changed.

    `payload` is the request without what the transport fills in. Of each group in `needed`, one field at least must
    be set. `defaults` are the values that the patch states, at their places in the patch.
    """

    name: str
    fields: dict[str, Field]
    request: JsonObject
    response: JsonObject
    payload: JsonObject
    needed: tuple[tuple[str, ...], ...]
    defaults: Mapping
    endpoint: str | None
    action: str | None
    method: str | None

    @cached_property
    def accepts(self) -> Test:
        """Says yes only to what `payload` accepts. What it does not say yes to, `field_errors` judges."""
        return acceptor(self.payload)

    @cached_property
    def accepts_part(self) -> Test:
        """As `accepts`, for a part of a payload, whose other fields are not known yet."""
        return acceptor({key: value for key, value in self.payload.items() if key not in ("required", "anyOf")})

    @cached_property
    def _validator(self) -> "Draft202012Validator":
        from jsonschema import Draft202012Validator  # takes as long as the rest of a small check, which needs no errors

        return Draft202012Validator(self.payload)

    def field_types(self, units: Map[str, str]) -> dict[str, FieldType]:
        """The payload's fields as the evaluator must know them, with the project's units."""
        return {
            field.name: FieldType(field.name, field.type, field.quantity, units.get(field.name), field.shell)
            for field in self.fields.values()
            if not field.filled_by_transport
        }

    def field_errors(self, instance: JsonObject) -> "list[ValidationError]":
        """What the payload's schema has against `instance`; nothing when it is right."""
        return [] if self.accepts(instance) else list(self._validator.iter_errors(instance))
