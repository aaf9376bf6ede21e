"""Validation of one cell against the API's JSON Schema. What is unknown in a check is held to its type alone."""

from importlib import import_module

from specc.checker.kinds import impossible_kind
from specc.diagnostics import Diagnostic
from specc.evaluator import EvaluatedSpec
from specc.fast_dataclass import dataclass
from specc.schema import ApiSchema, JsonObject


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
    found = [] if is_right else _complaints(evaluated, known, schema)
    return (CheckedSpec(evaluated, schema, known) if is_complete and not found else None), found


def _can_become_right(evaluated: EvaluatedSpec, known: JsonObject, schema: ApiSchema) -> bool:
    """A quick yes where nothing is to be said, with values that are not known or fields still to come."""
    names = evaluated.job.keys()
    lacks_none = names >= set(schema.payload["required"]) and not any(map(names.isdisjoint, schema.needed))
    return (
        (lacks_none or evaluated.spec.is_open)
        and names <= schema.payload["properties"].keys()
        and schema.accepts_part(known)
        and all(impossible_kind(name, evaluated.job[name], schema) is None for name in names - known.keys())
    )


def _complaints(evaluated: EvaluatedSpec, known: JsonObject, schema: ApiSchema) -> list[Diagnostic]:
    """Imported late, and by name: most cells are right."""
    return list(import_module("specc.checker.complaints").complaints(evaluated, known, schema))
