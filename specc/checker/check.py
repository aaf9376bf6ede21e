"""Validation of one cell against the API's JSON Schema. What is unknown in a check is held to its type alone."""

from collections.abc import Iterator
from dataclasses import dataclass

from jsonschema.exceptions import ValidationError

from specc.checker.findings import Place, unknown_field, unknown_value, unmet_choice, unmet_required, wrong_value
from specc.diagnostics import Diagnostic
from specc.evaluator import EvaluatedSpec
from specc.schema import ApiSchema


@dataclass(frozen=True, slots=True, eq=False)
class CheckedSpec:
    """A cell that the schema accepts, with every value known. Only this becomes a payload."""

    evaluated: EvaluatedSpec
    schema: ApiSchema


def check(evaluated: EvaluatedSpec, schema: ApiSchema) -> tuple[CheckedSpec | None, list[Diagnostic]]:
    """The checked cell, or None when it has an error or a value that is not known yet.

    A spec is not asked for required fields that another file may supply.
    """
    known = {name: value.data for name, value in evaluated.job.items() if value.is_known}
    place = Place(evaluated, schema)
    found = [unknown_field(name, place) for name in evaluated.job if name not in schema.payload["properties"]]
    found += [finding for error in _worth_saying(schema.field_errors(known)) for finding in _findings(error, place)]
    for name, value in evaluated.job.items():
        if not value.is_known:
            found.extend(unknown_value(name, place))
    is_complete = len(known) == len(evaluated.job) and not evaluated.spec.is_open
    return (CheckedSpec(evaluated, schema) if is_complete and not found else None), found


def _worth_saying(errors: list[ValidationError]) -> list[ValidationError]:
    """A value of a wrong type is none of the allowed values either, which follows."""
    mistyped = [error.absolute_path for error in errors if error.validator == "type"]
    return [error for error in errors if error.validator == "type" or error.absolute_path not in mistyped]


def _findings(error: ValidationError, place: Place) -> Iterator[Diagnostic]:
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
