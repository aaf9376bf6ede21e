"""Jinja2's environment as its own filters see it: items are looked up, attributes of Python objects never are."""

from collections.abc import Iterable
from typing import Any

from specc.diagnostics import codes, did_you_mean
from specc.expressions.faults import EvaluationFault, Place
from specc.expressions.jinja import Environment, StrictUndefined, TemplateRuntimeError, Undefined, nodes
from specc.expressions.values import Absent, noun

MOST_DIGITS = 18
"""Of an index that stands in the path of an attribute, such as `tags.0`."""


class Hermetic(Environment):
    """Jinja2's filters look up `attribute=...` through this method."""

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(argument, str) and argument.startswith("_"):
            raise TemplateRuntimeError(f"`{argument}` begins with `_`")
        return item(obj, argument, self.undefined(hint=f"an item has no `{argument}`"))


def item(value: Any, key: Any, otherwise: object) -> Any:
    """`value[key]`, a field of what `groupby` gives, or `otherwise`."""
    try:
        return value[key]
    except (TypeError, LookupError):
        is_field = isinstance(key, str) and isinstance(value, tuple) and key in getattr(value, "_fields", ())
        return getattr(value, key) if is_field else otherwise


def parts_of(attribute: object, at: Place) -> list[str | int]:
    """Return the path that `attribute='name.0'` spells, as Jinja2 reads it. Raises EvaluationFault for others."""
    if not isinstance(attribute, str):
        if isinstance(attribute, int):
            return [attribute]
        raise at.error(f"`attribute` is a name or a number, not {noun(attribute)}")
    parts = attribute.split(".")
    for part in parts:
        if part.startswith("_"):
            raise at.error(f"`attribute`: `{part}` begins with `_`")
        if part.isdigit() and not (part.isascii() and len(part) <= MOST_DIGITS):
            raise at.error("`attribute`: an index is written with the digits 0 to 9, and is not that large")
    return [int(part) if part.isdigit() else part for part in parts]


def attribute_of(value: object, parts: Iterable[str | int], default: object, at: Place) -> object:
    """Return what the path leads to, `default` where there is nothing, or an undefined value that says what is missing.

    Raises EvaluationFault where the path leads on from something that is missing, as Jinja2 does.
    """
    for part in parts:
        if isinstance(value, Absent):
            raise EvaluationFault(value.fault)
        below = value
        value = item(below, part, ABSENT)
        if isinstance(value, Undefined):
            value = _missing(below, part, at) if default is None else default
    return value


def _missing(value: object, part: str | int, at: Place) -> Absent:
    names = [name for name in value if isinstance(name, str)] if isinstance(value, dict) else []
    fields = getattr(value, "_fields", names) if isinstance(value, tuple) else names
    help = did_you_mean(part, fields, "names") if isinstance(part, str) else None
    what = "an item" if isinstance(value, dict) else noun(value)
    return Absent(at.fault(codes.UNDEFINED_NAME, f"{what} has no `{part}`", help))


HERMETIC = Hermetic(undefined=StrictUndefined)
ABSENT = StrictUndefined()
CONTEXT = nodes.EvalContext(HERMETIC)
