"""One use of a filter by name, whosever it is: Jinja2's, the caller's, or one that uses filters and tests itself."""

from collections.abc import Callable, Iterable
from collections.abc import Mapping as Map
from inspect import Parameter, Signature, signature

from specc.diagnostics import did_you_mean
from specc.expressions.budget import Budget, weigh
from specc.expressions.environment import attribute_of, parts_of
from specc.expressions.faults import EvaluationFault, Place
from specc.expressions.filters import FILTERS, parameters, settled, use_jinja
from specc.expressions.jinja import Undefined
from specc.expressions.operators import fill, unfinished
from specc.expressions.predicates import TESTS, apply_test
from specc.expressions.predicates import parameters as test_signature
from specc.expressions.shellwords import raw, sh
from specc.expressions.values import Call, Unknown, common_kind, concrete, fault_of, noun, truth

Extra = Map[str, Callable[..., object]]
"""Filters that the caller adds. They raise ValueError with a message to show."""

DEFAULTS = ("default", "d")
SELECTING = ("select", "reject", "selectattr", "rejectattr")
SHELL = {"sh": sh, "raw": raw}
NAMES = (*FILTERS, *DEFAULTS, *SELECTING, *SHELL, "map", "format")


def apply_filter(call: Call, value: object, extra: Extra, budget: Budget, at: Place) -> object:
    """The value after the filter. An undefined value is a fault for all of them but `default`."""
    name = call.name
    if name in DEFAULTS:
        return _default(value, at, *call.args, **call.kwargs)
    if isinstance(value, Undefined):
        raise EvaluationFault(fault_of(value, at))
    value, call = concrete(value), call.concrete()
    if name in extra:
        return _use_extra(extra[name], call, value, budget, at)
    if name in SHELL:
        return SHELL[name](value, budget, at)
    if name == "format":
        return _format(call, value, budget, at)
    if name in FILTERS:
        return use_jinja(call, value, budget, at)
    if isinstance(value, Unknown):
        return Unknown("list")
    items = items_of(value, budget, at)
    return _map(call, items, extra, budget, at) if name == "map" else _select(call, items, budget, at)


def _default(value: object, at: Place, default_value: object = "", boolean: object = False) -> object:
    if isinstance(value, Undefined):
        return default_value
    wants_true = truth(boolean, at)
    holds = True if wants_true is False else truth(value, at)
    if wants_true is None or holds is None:
        return Unknown(common_kind(value, default_value))
    return value if holds else default_value


def _format(call: Call, value: object, budget: Budget, at: Place) -> object:
    if isinstance(value, Unknown):
        return Unknown("string")
    if not isinstance(value, str):
        raise at.error(f"`format` takes a text such as '%03d', not {noun(value)}")
    if call.args and call.kwargs:
        raise at.error("`format` takes either values or named values")
    return fill(value, dict(call.kwargs) or tuple(call.args), budget, at)


def _use_extra(function: Callable[..., object], call: Call, value: object, budget: Budget, at: Place) -> object:
    weight = weigh(budget, at, value, *call.parts())
    if weight.unknown:
        return Unknown(None)
    if weight.streams:
        raise unfinished(at)
    try:
        return settled(call.name, function(value, *call.args, **call.kwargs), budget, at)
    except ValueError as error:
        raise at.error(str(error)) from None


def items_of(value: object, budget: Budget, at: Place) -> list[object]:
    """What a loop or filter goes through, paid for: items, the keys of a mapping, the characters of a text."""
    if isinstance(value, Undefined):
        raise EvaluationFault(fault_of(value, at))
    if not isinstance(value, Iterable):
        raise at.error(f"found {noun(value)}, expected a list")
    items = list(value)
    budget.items(len(items), at)
    return items


def _map(call: Call, items: list[object], extra: Extra, budget: Budget, at: Place) -> object:
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


def _select(call: Call, items: list[object], budget: Budget, at: Place) -> object:
    """`select` and `selectattr` with a test, or by truth; `reject` and `rejectattr` are their opposites."""
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
        holds = truth(subject if test is None else apply_test(test, subject, budget, at), at)
        if holds is None:
            return Unknown("list")
        if holds == call.name.startswith("select"):
            kept.append(item)
    return iter(kept)


def _named(call: Call, index: int, known: tuple[str, ...], what: str, at: Place) -> str:
    """The name of a filter or test that stands in an argument."""
    name = call.args[index] if len(call.args) > index else None
    if not isinstance(name, str) or name not in known:
        raise at.error(f"`{call.name}` takes the name of a {what}", did_you_mean(str(name), known, f"{what}s"))
    return name


def filter_signature(name: str, extra: Extra) -> Signature | None:
    """The value and the arguments of a filter; None for those that take any."""
    if name in extra:
        return signature(extra[name])
    if name in SHELL:
        return Signature([Parameter("value", Parameter.POSITIONAL_ONLY)])
    return parameters(name) if name in FILTERS or name in DEFAULTS else None


def complaint(call: Call, known: Signature | None) -> str | None:
    """What is wrong with the number or the names of a call's arguments."""
    try:
        if known is not None:
            known.bind(None, *call.args, **call.kwargs)
    except TypeError as error:
        return f"`{call.name}`: {error}"
    return None


def _check_arguments(call: Call, known: Signature | None, at: Place) -> None:
    message = complaint(call, known)
    if message is not None:
        raise at.error(message)


def _getter(attribute: object, at: Place, default: object = None) -> Callable[[object], object]:
    """Looks up `attribute` of an item, as Jinja2 does; gives undefined values on."""
    parts = parts_of(attribute, at)

    def got(item: object) -> object:
        return Unknown(None) if isinstance(item, Unknown) else attribute_of(item, parts, default, at)

    return got
