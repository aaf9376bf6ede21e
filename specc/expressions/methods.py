"""The methods that templates may call: Python's own, of texts, lists and mappings."""

from collections.abc import Iterator
from typing import Any

from specc.expressions import guards
from specc.expressions.filters import settled
from specc.expressions.guards import Guard, Use
from specc.expressions.operators import unfinished
from specc.expressions.run import Budget, weigh
from specc.expressions.values import MISSING, Call, Kind, Namespace, TemplateSpan, Unknown, concrete, is_namespace, noun

_TO_TEXT = (
    *("capitalize", "casefold", "center", "expandtabs", "join", "ljust", "lower", "lstrip", "removeprefix"),
    *("removesuffix", "replace", "rjust", "rstrip", "strip", "swapcase", "title", "upper", "zfill"),
)
_TO_BOOLEAN = (
    *("endswith", "startswith", "isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "islower", "isnumeric"),
    *("isspace", "istitle", "isupper"),
)
_TO_INTEGER = ("count", "find", "index", "rfind", "rindex")
_TO_LIST = ("partition", "rpartition", "rsplit", "split", "splitlines")

OF_TEXT: dict[str, Kind | None] = {
    **dict.fromkeys(_TO_TEXT, "string"),
    **dict.fromkeys(_TO_BOOLEAN, "boolean"),
    **dict.fromkeys(_TO_INTEGER, "integer"),
    **dict.fromkeys(_TO_LIST, "list"),
}
OF_LIST: dict[str, Kind | None] = {"count": "integer", "index": "integer"}
OF_MAPPING: dict[str, Kind | None] = {"get": None, "items": "list", "keys": "list", "values": "list"}
METHODS = {**OF_MAPPING, **OF_LIST, **OF_TEXT}

# Methods of texts that need a guard, with the names by which it knows their arguments.
GUARDS: dict[str, tuple[Guard, tuple[str, ...]]] = {
    **dict.fromkeys(("center", "ljust", "rjust", "zfill"), (guards.width, ("width",))),
    **dict.fromkeys(("strip", "lstrip", "rstrip"), (guards.chars, ("chars",))),
    **dict.fromkeys(("rfind", "rindex", "rsplit", "rpartition"), (guards.needle, ("needle",))),
    "replace": (guards.replace, ("old", "new", "count")),
    "join": (guards.items, ("items",)),
    "expandtabs": (guards.tabs, ("tabsize",)),
}


def call_method(call: Call, subject: object, budget: Budget, at: TemplateSpan) -> object:
    """Return `subject.name(...)`. Raises EvaluationFailed if values of its kind do not have the method."""
    call = call.concrete()
    name = call.name
    if name == "get" and is_namespace(subject) and call.args and isinstance(call.args[0], str):
        return _get(subject, call, at)
    value = concrete(subject)
    if isinstance(value, Unknown):
        return Unknown(METHODS[name])
    if name not in _methods_of(value):
        raise at.error(f"`{name}` is not a method of {noun(value)}")
    if name == "join" and call.args and isinstance(call.args[0], Iterator):
        call = Call(name, [list(call.args[0]), *call.args[1:]], call.kwargs)
    weight = weigh(budget, at, value, *call.parts())
    if weight.unknown:
        return Unknown(METHODS[name])
    if weight.streams:
        raise unfinished(at)
    if isinstance(value, str) and name in GUARDS:
        guard, names = GUARDS[name]
        given: dict[str, Any] = {**dict.fromkeys(names), **dict(zip(names, call.args, strict=False)), **call.kwargs}
        guard(Use(name, value, given, weight, budget, at))
    return _called(call, value, budget, at)


def _called(call: Call, value: object, budget: Budget, at: TemplateSpan) -> object:
    try:
        result = getattr(value, call.name)(*call.args, **call.kwargs)
    except (TypeError, ValueError, OverflowError) as error:
        raise at.error(f"`{call.name}`: {error}") from None
    return settled(call.name, result, budget, at)


def _methods_of(value: object) -> dict[str, Kind | None]:
    match value:
        case str():
            return OF_TEXT
        case list() | tuple():
            return OF_LIST
        case dict():
            return OF_MAPPING
        case _:
            return {}


def _get(subject: Namespace, call: Call, at: TemplateSpan) -> object:
    """Return one member of a namespace; `plain` would evaluate all of them."""
    if call.kwargs or len(call.args) > 2:
        raise at.error("`get` takes a name and a value to use when there is none")
    names = subject.keys()
    if not all(isinstance(name, str) for name in names):
        raise at.error("`get` is not a method of a list")
    found = subject.member(call.args[0])
    return (call.args[1] if call.args[1:] else None) if found is MISSING else found
