"""What JSON Schema says against a cell, each complaint at the key or value that is wrong."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from specc.checker.findings import Place, unknown_field, unknown_value, unmet_choice, unmet_required, wrong_value
from specc.diagnostics import Diagnostic
from specc.evaluator import EvaluatedSpec
from specc.schema import ApiSchema, JsonObject

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError


def complaints(evaluated: EvaluatedSpec, known: JsonObject, schema: ApiSchema) -> Iterator[Diagnostic]:
    """All that the schema has against a cell. `known` are its values that are known."""
    place = Place(evaluated, schema)
    for name in evaluated.job:
        if name not in schema.payload["properties"]:
            yield unknown_field(name, place)
    for error in _worth_saying(schema.field_errors(known)):
        yield from _findings(error, place)
    for name, value in evaluated.job.items():
        if not value.is_known:
            yield from unknown_value(name, place)


def _worth_saying(errors: "list[ValidationError]") -> "list[ValidationError]":
    """A value of a wrong type is none of the allowed values either, which follows."""
    mistyped = [error.absolute_path for error in errors if error.validator == "type"]
    return [error for error in errors if error.validator == "type" or error.absolute_path not in mistyped]


def _findings(error: "ValidationError", place: Place) -> Iterator[Diagnostic]:
    """JSON Schema reports missing and extra fields at the object, so the keyword decides where each one stands."""
    match error.validator, list(error.absolute_path):
        case "additionalProperties", []:
            # Fields of which no value is known are unknown, too: they have been told from the others above.
            return
        case "required", []:
            yield from unmet_required(error, place)
        case "anyOf", []:
            yield from unmet_choice(place)
        case _, [name, *_]:
            yield wrong_value(str(name), error, place)
