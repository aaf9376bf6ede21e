"""The tests of templates, `x is ...`: Jinja2's own functions."""

from collections.abc import Callable
from functools import cache
from inspect import Signature, signature
from typing import cast

from jinja2.runtime import Undefined
from jinja2.tests import TESTS as JINJA_TESTS

from specc.expressions.operators import compare, unfinished
from specc.expressions.run import MAX_TEXT, Budget, weigh
from specc.expressions.values import Call, EvaluationFailed, TemplateSpan, Unknown, concrete, mistake_of, text_of

# Jinja2's names of comparisons, and the comparison of each.
COMPARING = {
    "==": "eq",
    "eq": "eq",
    "equalto": "eq",
    "!=": "ne",
    "ne": "ne",
    "in": "in",
    ">": "gt",
    "gt": "gt",
    "greaterthan": "gt",
    ">=": "gteq",
    "ge": "gteq",
    "<": "lt",
    "lt": "lt",
    "lessthan": "lt",
    "<=": "lteq",
    "le": "lteq",
}
CALCULATING = ("odd", "even", "divisibleby")
READING = ("lower", "upper")
LOOKING = (
    "none",
    "boolean",
    "true",
    "false",
    "integer",
    "float",
    "number",
    "string",
    "mapping",
    "iterable",
    "sequence",
)
TESTS = (*COMPARING, *CALCULATING, *READING, *LOOKING, "defined", "undefined", "sameas")


def apply_test(call: Call, value: object, budget: Budget, at: TemplateSpan) -> object:
    """Return whether the test holds for `value`: True, False, or an unknown boolean."""
    name = call.name
    if name in ("defined", "undefined"):
        return isinstance(value, Undefined) == (name == "undefined")
    if isinstance(value, Undefined):
        raise EvaluationFailed(mistake_of(value, at))
    value, call = concrete(value), call.concrete()
    if isinstance(value, Unknown) or any(isinstance(part, Unknown) for part in call.parts()):
        return Unknown("boolean")
    if name in COMPARING:
        return compare(COMPARING[name], value, call.parts()[0], budget, at)
    if name in READING:
        return _read(name, value, budget, at)
    _check(call, value, at)
    try:
        return _function(name)(value, *call.args, **call.kwargs)
    except ArithmeticError:
        raise at.error("division by zero") from None


def _read(name: str, value: object, budget: Budget, at: TemplateSpan) -> object:
    """Return whether the text of a value is written in small letters, or in capitals: `lower` and `upper`."""
    weight = weigh(budget, at, value)
    if weight.unknown:
        return Unknown("boolean")
    if weight.streams:
        raise unfinished(at)
    if weight.characters > 2 * MAX_TEXT:
        raise at.limit(f"`is {name}` reads more than {2 * MAX_TEXT:,} characters")
    return _function(name)(text_of(value, at) if isinstance(value, bool) else value)


def _check(call: Call, value: object, at: TemplateSpan) -> None:
    """Check a test that could be slow, or whose result could differ from one run to the next."""
    name = call.name
    if name in CALCULATING and not all(isinstance(part, int | float) for part in (value, *call.parts())):
        raise at.error(f"`is {name}` takes numbers")
    if name == "sameas" and not any(part is None or isinstance(part, bool) for part in call.parts()):
        raise at.error("`is sameas` compares with `true`, `false` or `none`", "write `==`")


def _function(name: str) -> Callable[..., object]:
    return cast(Callable[..., object], JINJA_TESTS[name])


@cache
def parameters(name: str) -> Signature:
    """Return the value and the arguments of a test."""
    return signature(_function(name))
