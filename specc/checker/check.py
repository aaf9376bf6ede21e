"""Validation of one cell against the JSON Schema of the API. Of a value that is not known, only the type is checked."""

from specc.diagnostics import Diagnostic
from specc.evaluator import EvaluatedSpec, Value
from specc.expressions import Unknown
from specc.fast_dataclass import dataclass
from specc.schema import ApiSchema, JsonObject

# Whole numbers become texts where a text is wanted, and a number that is not known yet may be a whole one.
MATCHING_KINDS = {
    "string": {"string", "integer", "number"},
    "integer": {"integer", "number"},
    "number": {"integer", "number"},
    "boolean": {"boolean"},
    "array": {"list"},
    "object": {"mapping"},
}


@dataclass(frozen=True, slots=True, eq=False)
class CheckedSpec:
    """A cell that the schema accepts, with every value known: `body` is its job as plain data.

    Only a checked spec becomes a payload.
    """

    evaluated: EvaluatedSpec
    schema: ApiSchema
    body: JsonObject


def check(evaluated: EvaluatedSpec, schema: ApiSchema) -> tuple[CheckedSpec | None, list[Diagnostic]]:
    """Return the checked cell and its diagnostics.

    The cell is None with an error, or with a value that is not known yet.

    A spec may lack required fields that another file may supply.
    """
    known = {name: value.data for name, value in evaluated.job.items() if value.is_known}
    is_complete = len(known) == len(evaluated.job) and not evaluated.spec.is_open
    is_right = schema.accepts(known) if is_complete else _can_become_right(evaluated, known, schema)
    found = [] if is_right else _diagnostics(evaluated, known, schema)
    return (CheckedSpec(evaluated, schema, known) if is_complete and not found else None), found


def _can_become_right(evaluated: EvaluatedSpec, known: JsonObject, schema: ApiSchema) -> bool:
    """Return quickly whether there is nothing to report, with values that are not known or fields still to come."""
    names = evaluated.job.keys()
    return (
        (schema.lacks_none(names) or evaluated.spec.is_open)
        and names <= schema.payload["properties"].keys()
        and schema.accepts_part(known)
        and all(impossible_kind(name, evaluated.job[name], schema) is None for name in names - known.keys())
    )


def _diagnostics(evaluated: EvaluatedSpec, known: JsonObject, schema: ApiSchema) -> list[Diagnostic]:
    from specc.checker.schema_errors import schema_diagnostics  # 5 ms, and only mistakes need it

    return list(schema_diagnostics(evaluated, known, schema))


def impossible_kind(name: str, value: Value, schema: ApiSchema) -> str | None:
    """Return the type that a template gives if no input can make it the type of its field, else None."""
    kind = value.data.kind if isinstance(value.data, Unknown) else None
    allowed = MATCHING_KINDS.get(schema.fields[name].type)
    return kind if kind is not None and allowed is not None and kind not in allowed else None
