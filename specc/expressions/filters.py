"""The filters of templates: functions of Jinja2, of the caller, and those that use filters and tests themselves.

Each of Jinja2's filters has a guard that bounds its work before it begins. Items are looked up; attributes of Python
objects never are.
"""

import shlex
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Mapping as Map
from functools import cache
from inspect import Parameter, Signature, signature
from typing import Any, Literal, cast

from jinja2 import nodes
from jinja2.environment import Environment
from jinja2.exceptions import TemplateError, TemplateRuntimeError, UndefinedError
from jinja2.filters import FILTERS as JINJA_FILTERS
from jinja2.runtime import StrictUndefined, Undefined

from specc.diagnostics import codes, did_you_mean
from specc.expressions import guards
from specc.expressions.guards import Guard, Use
from specc.expressions.operators import fill, kind_of_signed, unfinished
from specc.expressions.predicates import TESTS, apply_test
from specc.expressions.predicates import parameters as test_signature
from specc.expressions.run import CHARACTERS_READ_IN_A_STEP, MAX_TEXT, Budget, weigh
from specc.expressions.values import (
    DEFAULT_HELP,
    Absent,
    Call,
    EvaluationFailed,
    Kind,
    Quoted,
    Raw,
    TemplateSpan,
    Unknown,
    bounded,
    common_kind,
    concrete,
    kind_of,
    mistake_of,
    noun,
    text_of,
    truth,
)
from specc.fast_dataclass import dataclass

MOST_DIGITS = 18
"""The most digits of an index in the path of an attribute, such as `tags.0`."""


class Hermetic(Environment):
    """An environment that looks up items only: Jinja2's filters look up `attribute=...` by its `getitem`."""

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(argument, str) and argument.startswith("_"):
            raise TemplateRuntimeError(f"`{argument}` begins with `_`")
        return item(obj, argument, self.undefined(hint=f"an item has no `{argument}`"))


def item(value: Any, key: Any, otherwise: object) -> Any:
    """Return `value[key]`, a field of a result of `groupby`, or `otherwise`."""
    try:
        return value[key]
    except (TypeError, LookupError):
        is_field = isinstance(key, str) and isinstance(value, tuple) and key in getattr(value, "_fields", ())
        return getattr(value, key) if is_field else otherwise


def parts_of(attribute: object, at: TemplateSpan) -> list[str | int]:
    """Return the path that `attribute='name.0'` spells, as Jinja2 reads it. Raises EvaluationFailed for others."""
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


def attribute_of(value: object, parts: Iterable[str | int], default: object, at: TemplateSpan) -> object:
    """Return the value at the path, else `default`, else an undefined value that says what is missing.

    Raises EvaluationFailed, as Jinja2 does, if a part of the path before the last one is missing.
    """
    for part in parts:
        if isinstance(value, Absent):
            raise EvaluationFailed(value.mistake)
        below = value
        value = item(below, part, ABSENT)
        if isinstance(value, Undefined):
            value = _missing(below, part, at) if default is None else default
    return value


def _missing(value: object, part: str | int, at: TemplateSpan) -> Absent:
    names = [name for name in value if isinstance(name, str)] if isinstance(value, dict) else []
    fields = getattr(value, "_fields", names) if isinstance(value, tuple) else names
    help = did_you_mean(part, fields, "names") if isinstance(part, str) else None
    what = "an item" if isinstance(value, dict) else noun(value)
    return Absent(at.mistake(codes.UNDEFINED_NAME, f"{what} has no `{part}`", help))


HERMETIC = Hermetic(undefined=StrictUndefined)
ABSENT = StrictUndefined()
CONTEXT = nodes.EvalContext(HERMETIC)


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter of Jinja2's. `kind` is the kind of its result, if it has one; `reads` says how it reads its value."""

    kind: Kind | None
    reads: Literal["text", "items", "value"]
    guard: Guard | None = None


FILTERS: dict[str, Filter] = {
    "abs": Filter("number", "value", guards.number_only),
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
    "reverse": Filter(None, "items"),
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
"""Jinja2's filters that look up an attribute of each item."""

MEASURED = frozenset(("indent", "truncate"))
"""The filters that need the length or the lines of a text, and so take texts only."""

# The arguments that Jinja2 passes to its own functions before the value.
HANDED = ("environment", "env", "eval_ctx", "context")
# The exceptions of Jinja2's and Python's functions for a value that they do not take.
UNSUITED = (TypeError, AttributeError, LookupError)
REFUSED = (ValueError, ArithmeticError, AssertionError, TemplateError)


@cache
def parameters(name: str) -> Signature:
    """Return the value and the arguments of one of Jinja2's filters."""
    try:
        found = signature(JINJA_FILTERS[name]).parameters.values()
    except ValueError:  # written in C, as `string` is with an older markupsafe
        return Signature([Parameter("value", Parameter.POSITIONAL_ONLY)])
    return Signature([parameter for parameter in found if parameter.name not in HANDED])


def use_jinja(call: Call, value: object, budget: Budget, at: TemplateSpan) -> object:
    """Return the result of one of Jinja2's filters on plain values."""
    name, entry = call.name, FILTERS[call.name]
    is_stream = isinstance(value, Iterator)
    if isinstance(value, Iterator) and name == "first":
        return next(value, _nothing(name, at))
    if isinstance(value, Iterator) and entry.reads == "items":
        value = list(value)
    weight = weigh(budget, at, value, *call.parts())
    if weight.unknown:
        return Unknown(_kind_of_result(call, value))
    if weight.streams:
        raise unfinished(at)
    if weight.characters > 2 * MAX_TEXT and entry.reads != "value":
        raise at.limit(f"`{name}` is given more than {2 * MAX_TEXT:,} characters")
    if name in ATTRIBUTED and isinstance(value, Iterable):
        _hold_attributes(name, value, _given(call), call.attribute_at or at)
    call, value = _with_texts(call, value, at)
    if entry.guard is not None:
        entry.guard(Use(name, value, _given(call), weight, budget, at))
    try:
        subject = iter(value) if is_stream and isinstance(value, list) else value
        result = HERMETIC.call_filter(name, subject, call.args, call.kwargs, eval_ctx=CONTEXT)
        if isinstance(result, Iterator):
            # It is read here, where its mistakes are caught, and passed on as the one-shot iterator that it is.
            return iter(cast(list[object], settled(name, list(result), budget, at)))
        return settled(name, result, budget, at)
    except UndefinedError as error:
        raise EvaluationFailed(at.mistake(codes.UNDEFINED_NAME, error.message or "", DEFAULT_HELP)) from None
    except UNSUITED:
        raise at.error(f"`{name}` does not work on {noun(value)} like this") from None
    except REFUSED as error:
        raise at.error(f"`{name}`: {error}") from None


def _kind_of_result(call: Call, value: object) -> Kind | None:
    """Return the kind of a filter's result when a part of what the filter is given is unknown."""
    own, kind = FILTERS[call.name].kind, kind_of(value)
    match call.name:
        case "abs":
            return kind_of_signed(kind)
        case "int" | "float":
            # A value that cannot be read becomes the default, whatever its kind.
            return own if kind_of(_given(call)["default"]) in (own, "integer") else None
        case "reverse":
            return "list" if kind == "mapping" else kind
        case _:
            return own


def _hold_attributes(name: str, items: Iterable[object], given: dict[str, Any], at: TemplateSpan) -> None:
    """Raise EvaluationFailed if an item has no such attribute: Jinja2 says so for some lists only, without a span."""
    attribute = given["attribute"]
    if attribute is None:
        return
    paths = attribute.split(",") if name == "sort" and isinstance(attribute, str) else [attribute]
    known = [parts_of(path, at) for path in paths]
    for item in items:
        for parts in known:
            found = attribute_of(item, parts, given.get("default"), at)
            if isinstance(found, Undefined):
                raise EvaluationFailed(mistake_of(found, at))


def _with_texts(call: Call, value: object, at: TemplateSpan) -> tuple[Call, object]:
    """Return a call and its value with texts for the booleans that Jinja2 would write as `True` and `False`."""
    match call.name:
        case "join" if isinstance(value, Iterable):
            given = _given(call)
            parts = () if given["attribute"] is None else parts_of(given["attribute"], at)
            items = [_text_of_boolean(attribute_of(item, parts, None, at), at) for item in value]
            return Call("join", [_text_of_boolean(given["d"], at)], {}), items
        case "replace":
            given = _given(call)
            texts = [_text_of_boolean(given[name], at) for name in ("old", "new")]
            return Call("replace", [*texts, given["count"]], {}), _text_of_boolean(value, at)
        case "urlencode" if isinstance(value, Iterable) and not isinstance(value, str):
            pairs = value.items() if isinstance(value, dict) else value
            return call, [_texts_of_booleans(pair, at) for pair in pairs]
        case name if name == "urlencode" or (FILTERS[name].reads == "text" and name not in MEASURED):
            return call, _text_of_boolean(value, at)
        case _:
            return call, value


def _text_of_boolean(value: object, at: TemplateSpan) -> object:
    return text_of(value, at) if isinstance(value, bool) else value


def _texts_of_booleans(pair: object, at: TemplateSpan) -> object:
    if isinstance(pair, Iterable) and not isinstance(pair, str):
        return [_text_of_boolean(part, at) for part in pair]
    return pair


def _given(call: Call) -> dict[str, Any]:
    """Return all arguments by name, with the defaults of those that are left out."""
    arguments = list(parameters(call.name).parameters.values())[1:]
    names = [argument.name for argument in arguments]
    defaults = {argument.name: argument.default for argument in arguments}
    return {**defaults, **dict(zip(names, call.args, strict=False)), **call.kwargs}


def settled(name: str, result: object, budget: Budget, at: TemplateSpan) -> object:
    """Return the result of a function of Jinja2's or of the caller, paid for, as a value of templates."""
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


def _nothing(name: str, at: TemplateSpan) -> Absent:
    return Absent(at.mistake(codes.TEMPLATE_ERROR, f"`{name}` finds nothing: the list is empty", DEFAULT_HELP))


def sh(value: object, budget: Budget, at: TemplateSpan) -> object:
    """Return the value as one word of the shell, or a list as several words, with a blank between them."""
    if isinstance(value, str):
        budget.spend(1 + len(value) // CHARACTERS_READ_IN_A_STEP, at)
        quoted = shlex.quote(str(value))
        budget.text(len(quoted), at)
        return Quoted(quoted)
    weight = weigh(budget, at, value)
    if weight.unknown:
        return Unknown("string")
    if weight.streams:
        raise unfinished(at)
    parts = value if isinstance(value, list | tuple | range) else [value]
    text = " ".join(shlex.quote(_word(part, at)) for part in parts)
    budget.text(len(text), at)
    return Quoted(text)


def _word(value: object, at: TemplateSpan) -> str:
    if isinstance(value, str | int | float):
        return text_of(value, at)
    raise at.error(f"`sh` makes words of texts and numbers, not of {noun(value)}")


def raw(value: object, budget: Budget, at: TemplateSpan) -> object:
    """Return the text of the value, for the shell as it is."""
    if isinstance(value, Unknown):
        return Unknown("string")
    return Raw(text_of(value, at))


Extra = Map[str, Callable[..., object]]
"""Filters that the caller adds. They raise ValueError with a message to show."""

DEFAULTS = ("default", "d")
SELECTING = ("select", "reject", "selectattr", "rejectattr")
SHELL = {"sh": sh, "raw": raw}
NAMES = (*FILTERS, *DEFAULTS, *SELECTING, *SHELL, "map", "format")


def apply_filter(call: Call, value: object, extra: Extra, budget: Budget, at: TemplateSpan) -> object:
    """Return the value after the filter. An undefined value is a mistake for all filters but `default`."""
    name = call.name
    if name in DEFAULTS:
        return _default(value, at, *call.args, **call.kwargs)
    if isinstance(value, Undefined):
        raise EvaluationFailed(mistake_of(value, at))
    value, call = concrete(value), call.concrete()
    if name in extra:
        return _use_extra(extra[name], call, value, budget, at)
    if name in SHELL:
        return SHELL[name](value, budget, at)
    if name == "format":
        return _format(call, value, budget, at)
    if name in FILTERS:
        return use_jinja(call, value, budget, at)
    looked_up = (*call.args[: 2 if name.endswith("attr") else 1], call.kwargs.get("attribute"))
    if any(isinstance(part, Unknown) for part in (value, *looked_up)):
        return Unknown("list")
    items = items_of(value, budget, at)
    return _map(call, items, extra, budget, at) if name == "map" else _select(call, items, budget, at)


def _default(value: object, at: TemplateSpan, default_value: object = "", boolean: object = False) -> object:
    if isinstance(value, Undefined):
        return default_value
    wants_true = truth(boolean, at)
    holds = True if wants_true is False else truth(value, at)
    if wants_true is None or holds is None:
        return Unknown(common_kind(value, default_value))
    return value if holds else default_value


def _format(call: Call, value: object, budget: Budget, at: TemplateSpan) -> object:
    if isinstance(value, Unknown):
        return Unknown("string")
    if not isinstance(value, str):
        raise at.error(f"`format` takes a text such as '%03d', not {noun(value)}")
    if call.args and call.kwargs:
        raise at.error("`format` takes either values or named values")
    return fill(value, dict(call.kwargs) or tuple(call.args), budget, at)


def _use_extra(function: Callable[..., object], call: Call, value: object, budget: Budget, at: TemplateSpan) -> object:
    weight = weigh(budget, at, value, *call.parts())
    if weight.unknown:
        return Unknown(None)
    if weight.streams:
        raise unfinished(at)
    try:
        return settled(call.name, function(value, *call.args, **call.kwargs), budget, at)
    except ValueError as error:
        raise at.error(str(error)) from None


def items_of(value: object, budget: Budget, at: TemplateSpan) -> list[object]:
    """Return what a loop or filter goes through, paid for: items, keys of a mapping, or characters of a text."""
    if isinstance(value, Undefined):
        raise EvaluationFailed(mistake_of(value, at))
    if not isinstance(value, Iterable):
        raise at.error(f"found {noun(value)}, expected a list")
    items = list(value)
    budget.items(len(items), at)
    return items


def _map(call: Call, items: list[object], extra: Extra, budget: Budget, at: TemplateSpan) -> object:
    if not call.args and "attribute" in call.kwargs:
        if call.kwargs.keys() - {"attribute", "default"}:
            raise at.error("`map` takes `attribute` and `default`, or the name of a filter")
        get = _getter(call.kwargs["attribute"], call.attribute_at or at, call.kwargs.get("default"))
        return iter([get(item) for item in items])
    inner = Call(_named(call, 0, (*NAMES, *extra), "filter", at), call.args[1:], call.kwargs, call.attribute_at)
    if inner.name == "map":
        raise at.error("`map` cannot run `map`")
    _check_arguments(inner, filter_signature(inner.name, extra), at)
    return iter([apply_filter(inner, item, extra, budget, at) for item in items])


def _select(call: Call, items: list[object], budget: Budget, at: TemplateSpan) -> object:
    """Apply `select` or `selectattr`, with a test or by truth; `reject` and `rejectattr` are their opposites."""
    offset = 1 if call.name.endswith("attr") else 0
    if len(call.args) < offset:
        raise at.error(f"`{call.name}` takes the name of an attribute")
    get = _getter(call.args[0], call.attribute_at or at) if offset else None
    test = None
    if len(call.args) > offset:
        test = Call(_named(call, offset, TESTS, "test", at), call.args[offset + 1 :], call.kwargs)
        _check_arguments(test, test_signature(test.name), at)
    kept = []
    for item in items:
        subject = item if get is None else get(item)
        if isinstance(subject, Unknown) and test is not None and test.name in ("defined", "undefined"):
            return Unknown("list")  # what an unknown item has in it may be missing
        holds = truth(subject if test is None else apply_test(test, subject, budget, at), at)
        if holds is None:
            return Unknown("list")
        if holds == call.name.startswith("select"):
            kept.append(item)
    return iter(kept)


def _named(call: Call, index: int, known: tuple[str, ...], what: str, at: TemplateSpan) -> str:
    """Return the name of a filter or test that is given as an argument."""
    name = call.args[index] if len(call.args) > index else None
    if not isinstance(name, str) or name not in known:
        raise at.error(f"`{call.name}` takes the name of a {what}", did_you_mean(str(name), known, f"{what}s"))
    return name


def filter_signature(name: str, extra: Extra) -> Signature | None:
    """Return the value and the arguments of a filter; None for filters that take any."""
    if name in extra:
        return signature(extra[name])
    if name in SHELL:
        return Signature([Parameter("value", Parameter.POSITIONAL_ONLY)])
    return parameters(name) if name in FILTERS or name in DEFAULTS else None


def wrong_arguments(call: Call, known: Signature | None) -> str | None:
    """Return what is wrong with the number or the names of a call's arguments, or None."""
    try:
        if known is not None:
            known.bind(None, *call.args, **call.kwargs)
    except TypeError as error:
        return f"`{call.name}`: {error}"
    return None


def _check_arguments(call: Call, known: Signature | None, at: TemplateSpan) -> None:
    message = wrong_arguments(call, known)
    if message is not None:
        raise at.error(message)


def _getter(attribute: object, at: TemplateSpan, default: object = None) -> Callable[[object], object]:
    """Return a function that looks up `attribute` of an item, as Jinja2 does. It passes undefined values on."""
    parts = parts_of(attribute, at)

    def got(item: object) -> object:
        return Unknown(None) if isinstance(item, Unknown) else attribute_of(item, parts, default, at)

    return got
