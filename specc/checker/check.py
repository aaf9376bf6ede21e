"""Validation of one cell against the API's JSON Schema. What is unknown in a check is held to its type alone."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from specc.checker.findings import (
    Place,
    impossible_kind,
    unknown_field,
    unknown_value,
    unmet_choice,
    unmet_required,
    wrong_value,
)
from specc.diagnostics import Diagnostic
from specc.evaluator import EvaluatedSpec
from specc.frozen import dataclass
from specc.schema import ApiSchema, JsonObject

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError


@dataclass(frozen=True, slots=True, eq=False)
class CheckedSpec:
    """A cell that the schema accepts, with every value known: `body` is its job as plain data.

    Only this becomes a payload.
    """

    evaluated: EvaluatedSpec
    schema: ApiSchema
    body: JsonObject


def check(evaluated: EvaluatedSpec, schema: ApiSchema) -> tuple[CheckedSpec | None, list[Diagnostic]]:
    """The checked cell, or None when it has an error or a value that is not known yet.

    A spec is not asked for required fields that another file may supply.
    """
    known = {name: value.data for name, value in evaluated.job.items() if value.is_known}
    is_complete = len(known) == len(evaluated.job) and not evaluated.spec.is_open
    is_right = schema.accepts(known) if is_complete else _can_become_right(evaluated, known, schema)
    found = [] if is_right else list(_complaints(evaluated, known, schema))
    return (CheckedSpec(evaluated, schema, known) if is_complete and not found else None), found


def _can_become_right(evaluated: EvaluatedSpec, known: JsonObject, schema: ApiSchema) -> bool:
    """A quick yes where `_complaints` has nothing to say, with values that are not known or fields still to come."""
    names = evaluated.job.keys()
    lacks_none = names >= set(schema.payload["required"]) and not any(map(names.isdisjoint, schema.needed))
    return (
        (lacks_none or evaluated.spec.is_open)
        and names <= schema.payload["properties"].keys()
        and schema.accepts_part(known)
        and all(impossible_kind(name, evaluated.job[name], schema) is None for name in names - known.keys())
    )


def _complaints(evaluated: EvaluatedSpec, known: JsonObject, schema: ApiSchema) -> Iterator[Diagnostic]:
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
