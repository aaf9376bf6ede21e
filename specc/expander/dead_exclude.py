"""Why an `exclude` entry matches no cell."""

from specc.diagnostics import Diagnostic, codes, did_you_mean
from specc.expander.entries import Entry, Product
from specc.expander.values import MOST_COMPARED, AxisValue, typed
from specc.resolver import shown

MESSAGE = "this `exclude` matches no cell"


def dead_exclude(entry: Entry, known: Product) -> Diagnostic:
    """Names the value that an axis never has; of axes that advance together, each may have its own."""
    name = known.never_has(entry)
    if name is None:
        return codes.DEAD_EXCLUDE.at(entry.node.span, MESSAGE, help="its values are never in one cell")
    given = entry.values[name]
    message = f"{MESSAGE}: `{name}` is never {shown(given.data)}"
    return codes.DEAD_EXCLUDE.at(entry.node.span, message, help=_help(name, given, known.values_of(name)))


def _help(name: str, given: AxisValue, values: list[AxisValue]) -> str | None:
    compared = [value for value in values if value.is_known][:MOST_COMPARED]
    for value in compared:
        if typed(value) == typed(given):
            kind = "texts" if isinstance(value.data, str) else "no texts"
            return f"the axis has {kind}: write `{name}: {shown(value.data)}`"
    word = given.data if isinstance(given.data, str) else ""  # a number that looks alike is another number
    return did_you_mean(word, dict.fromkeys(map(typed, compared)), "values")
