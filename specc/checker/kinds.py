"""The types that templates give, and the types that fields have."""

from specc.evaluator import Value
from specc.expressions import Unknown
from specc.schema import ApiSchema

# Whole numbers become texts where a text is wanted, and a number that is not known yet may be a whole one.
MATCHING_KINDS = {
    "string": {"string", "integer", "number"},
    "integer": {"integer", "number"},
    "number": {"integer", "number"},
    "boolean": {"boolean"},
    "array": {"list"},
    "object": {"mapping"},
}


def impossible_kind(name: str, value: Value, schema: ApiSchema) -> str | None:
    """The type that a template gives, if no input can make it the type of its field."""
    kind = value.data.kind if isinstance(value.data, Unknown) else None
    allowed = MATCHING_KINDS.get(schema.fields[name].type)
    return kind if kind is not None and allowed is not None and kind not in allowed else None
