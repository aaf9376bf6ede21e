"""From what a spec says to what the API takes: quantities in the API's unit, numbers as text where text is wanted."""

from specc.expressions import Unknown
from specc.settings import FieldType
from specc.units import QuantityMistake, convert


def fit(data: object, field: FieldType, *, computed: bool) -> object | QuantityMistake:
    """The value as the field takes it; what does not fit stays as it is, for the schema to report.

    `computed` says that a template gave it: then an integer in a text field becomes its decimal text.
    """
    if isinstance(data, Unknown):
        return Unknown("integer") if field.quantity and data.kind == "string" else _unknown_fit(data, field)
    if field.quantity is not None and isinstance(data, str):
        return convert(data, field)
    if field.type == "string" and computed and isinstance(data, int) and not isinstance(data, bool):
        return str(data)
    if field.type == "integer" and isinstance(data, float) and data.is_integer():
        return int(data)
    return data


def _unknown_fit(data: Unknown, field: FieldType) -> Unknown:
    return Unknown("string") if field.type == "string" and data.kind == "integer" else data
