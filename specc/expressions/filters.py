"""The filters of templates: Jinja2's own functions, each behind a guard that bounds its work before it begins."""

from collections.abc import Iterable, Iterator
from functools import cache
from inspect import Signature, signature
from typing import Any, Literal, cast

from specc.diagnostics import codes
from specc.expressions import guards
from specc.expressions.budget import MAX_TEXT, Budget, weigh
from specc.expressions.environment import CONTEXT, HERMETIC, attribute_of, parts_of
from specc.expressions.faults import EvaluationFault, Place
from specc.expressions.guards import Guard, Use
from specc.expressions.jinja import FILTERS as JINJA_FILTERS
from specc.expressions.jinja import TemplateError, Undefined, UndefinedError
from specc.expressions.operators import unfinished
from specc.expressions.values import (
    DEFAULT_HELP,
    Absent,
    Call,
    Kind,
    Unknown,
    bounded,
    fault_of,
    kind_of,
    noun,
    text_of,
)
from specc.fast_dataclass import dataclass

Result = Kind | Literal["same"] | None


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter of Jinja2's. `kind` is that of its result; `reads` says what it makes of the value it is given."""

    kind: Result
    reads: Literal["text", "items", "value"]
    guard: Guard | None = None


FILTERS: dict[str, Filter] = {
    "abs": Filter("same", "value", guards.number_only),
    "batch": Filter("list", "items", guards.batch),
    "capitalize": Filter("string", "text"),
    "center": Filter("string", "text", guards.width),
    "count": Filter("integer", "value"),
    "dictsort": Filter("list", "value"),
    "first": Filter(None, "items"),
    "float": Filter("number", "value"),
    "groupby": Filter("list", "items"),
    "indent": Filter("string", "text", guards.indent),
    "int": Filter("integer", "value"),
    "items": Filter("list", "value"),
    "join": Filter("string", "items", guards.join),
    "last": Filter(None, "value"),
    "length": Filter("integer", "value"),
    "list": Filter("list", "items"),
    "lower": Filter("string", "text"),
    "max": Filter(None, "items"),
    "min": Filter(None, "items"),
    "replace": Filter("string", "text", guards.replace),
    "reverse": Filter("same", "items"),
    "round": Filter("number", "value", guards.round_),
    "slice": Filter("list", "items", guards.slices),
    "sort": Filter("list", "items"),
    "string": Filter("string", "text"),
    "sum": Filter("number", "items", guards.sum_),
    "title": Filter("string", "text"),
    "tojson": Filter("string", "value", guards.tojson),
    "trim": Filter("string", "text", guards.chars),
    "truncate": Filter("string", "text", guards.truncate),
    "unique": Filter("list", "items"),
    "upper": Filter("string", "text"),
    "urlencode": Filter("string", "items"),
    "wordcount": Filter("integer", "text"),
}

ATTRIBUTED = frozenset(("groupby", "join", "max", "min", "sort", "sum", "unique"))
"""The filters of Jinja2's that look up an attribute of each item."""

MEASURED = frozenset(("indent", "truncate"))
"""The filters that ask for a text's length or lines, and so take nothing but texts."""

# What Jinja2 hands to its own functions before the value.
HANDED = ("environment", "env", "eval_ctx", "context")
# What the functions of Jinja2 and Python raise when a value does not suit them.
UNSUITED = (TypeError, AttributeError, LookupError)
REFUSED = (ValueError, ArithmeticError, AssertionError, TemplateError)


@cache
def parameters(name: str) -> Signature:
    """The value and the arguments of a filter of Jinja2's."""
    found = signature(JINJA_FILTERS[name]).parameters.values()
    return Signature([parameter for parameter in found if parameter.name not in HANDED])


def use_jinja(call: Call, value: object, budget: Budget, at: Place) -> object:
    """The result of a filter of Jinja2's on plain values."""
    name, entry = call.name, FILTERS[call.name]
    is_stream = isinstance(value, Iterator)
    if isinstance(value, Iterator) and name == "first":
        return next(value, _nothing(name, at))
    if isinstance(value, Iterator) and entry.reads == "items":
        value = list(value)
    if isinstance(value, bool) and entry.reads == "text" and name not in MEASURED:
        value = text_of(value, at)
    if isinstance(value, list | tuple) and name == "join" and "attribute" not in call.kwargs and len(call.args) < 2:
        value = [text_of(item, at) if isinstance(item, bool) else item for item in value]
    weight = weigh(budget, at, value, *call.parts())
    if weight.unknown:
        return Unknown(kind_of(value) if entry.kind == "same" else entry.kind)
    if weight.streams:
        raise unfinished(at)
    if weight.characters > 2 * MAX_TEXT and entry.reads != "value":
        raise at.limit(f"`{name}` is given more than {2 * MAX_TEXT:,} characters")
    given = _given(call) if entry.guard is not None or name in ATTRIBUTED else {}
    if entry.guard is not None:
        entry.guard(Use(name, value, given, weight, budget, at))
    if name in ATTRIBUTED and given["attribute"] is not None and isinstance(value, Iterable):
        _hold_attributes(name, value, given, call.attribute_at or at)
    try:
        subject = iter(value) if is_stream and isinstance(value, list) else value
        result = HERMETIC.call_filter(name, subject, call.args, call.kwargs, eval_ctx=CONTEXT)
        if isinstance(result, Iterator):
            # Taken through here, where its faults are caught, and given on as the one-shot iterator that it is.
            return iter(cast(list[object], settled(name, list(result), budget, at)))
        return settled(name, result, budget, at)
    except UndefinedError as error:
        raise EvaluationFault(at.fault(codes.UNDEFINED_NAME, error.message or "", DEFAULT_HELP)) from None
    except UNSUITED:
        raise at.error(f"`{name}` does not work on {noun(value)} like this") from None
    except REFUSED as error:
        raise at.error(f"`{name}`: {error}") from None


def _hold_attributes(name: str, items: Iterable[object], given: dict[str, Any], at: Place) -> None:
    """Raises EvaluationFault where an item lacks the attribute: Jinja2 would say so for some lists, without a place."""
    attribute = given["attribute"]
    paths = attribute.split(",") if name == "sort" and isinstance(attribute, str) else [attribute]
    known = [parts_of(path, at) for path in paths]
    for item in items:
        for parts in known:
            found = attribute_of(item, parts, given.get("default"), at)
            if isinstance(found, Undefined):
                raise EvaluationFault(fault_of(found, at))


def _given(call: Call) -> dict[str, Any]:
    """All arguments by name, with the defaults of those that are left out."""
    arguments = list(parameters(call.name).parameters.values())[1:]
    names = [argument.name for argument in arguments]
    defaults = {argument.name: argument.default for argument in arguments}
    return {**defaults, **dict(zip(names, call.args, strict=False)), **call.kwargs}


def settled(name: str, result: object, budget: Budget, at: Place) -> object:
    """What a function of Jinja2's or the caller's gives, paid for, as a value that templates work with."""
    match result:
        case str():
            budget.text(len(result), at)
            return str.__str__(result)
        case list():
            budget.items(len(result), at)
            return result
        case Undefined():
            return _nothing(name, at)
        case int():
            return result if isinstance(result, bool) else bounded(result, at)
        case _:
            return result


def _nothing(name: str, at: Place) -> Absent:
    return Absent(at.fault(codes.TEMPLATE_ERROR, f"`{name}` finds nothing: the list is empty", DEFAULT_HELP))
