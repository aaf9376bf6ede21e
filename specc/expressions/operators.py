"""Jinja2's operators on plain values, each priced and held to its limit before it works."""

import operator
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

from specc.expressions.run import MAX_TEXT, Budget, weigh
from specc.expressions.values import MAX_BITS, EvaluationFailed, Kind, TemplateSpan, Unknown, bounded, kind_of, noun

DIRECTIVE = re.compile(
    r"%(?:\((?P<key>[^()]*)\))?[#0 +-]*(?P<width>[0-9]*)(?:\.(?P<precision>[0-9]*))?[hlL]?(?P<type>[diouxXeEfFgGcrsa%])"
)
MAX_DIGITS = 1_000
CHARACTERS_OF_A_NUMBER = 2_000


def check_format(template: str, characters: int, at: TemplateSpan) -> None:
    """Check a format. Raises EvaluationFailed if Python cannot read it, or if the text would be too long.

    `characters` counts the text of the template and its values together.
    """
    length, keyed, position = characters, 0, template.find("%")
    while position >= 0:
        match = DIRECTIVE.match(template, position)
        if match is None:
            shown = template[position : position + 10]
            raise at.error(f"`{shown}` is not a format", "write `%s`, `%d`, `%05d` or `%.3f`, and `%%` for a `%`")
        width, precision = int((match["width"] or "0")[:9]), int((match["precision"] or "0")[:9])
        if precision > MAX_DIGITS:
            raise at.limit(f"the format asks for {precision} digits: the limit is {MAX_DIGITS}")
        length += width + precision
        keyed += match["key"] is not None
        position = template.find("%", match.end())
    # A named value can be used many times.
    if length + keyed * characters > MAX_TEXT + CHARACTERS_OF_A_NUMBER:
        raise at.limit(f"the formatted text may be longer than the limit of {MAX_TEXT:,} characters")


Binary = Callable[[Any, Any, Budget, TemplateSpan], object]

NUMBER = (int, float)


def add(left: Any, right: Any, budget: Budget, at: TemplateSpan) -> object:
    if isinstance(left, NUMBER) and isinstance(right, NUMBER):
        return _calculated(operator.add, left, right, at)
    if isinstance(left, str) and isinstance(right, str):
        budget.text(len(left) + len(right), at)
        return left + right
    if _are_both(list, left, right) or _are_both(tuple, left, right):
        budget.items(len(left) + len(right), at)
        return left + right
    has_text = isinstance(left, str) or isinstance(right, str)
    help = "`int` and `float` make numbers of texts, and `~` joins values as text" if has_text else None
    raise _unfit("+", "two numbers, two texts or two lists", left, right, at, help)


def _are_both(kind: type, left: object, right: object) -> bool:
    return isinstance(left, kind) and isinstance(right, kind)


def multiply(left: Any, right: Any, budget: Budget, at: TemplateSpan) -> object:
    if isinstance(left, NUMBER) and isinstance(right, NUMBER):
        return _calculated(operator.mul, left, right, at)
    many, times = (right, left) if isinstance(left, int) else (left, right)
    if isinstance(times, int):
        if isinstance(many, str | list | tuple) and abs(times) > sys.maxsize:
            raise at.limit("the number is too large")  # for Python's own multiplication, too
        if isinstance(many, str):
            budget.text(len(many) * max(times, 0), at)
            return many * max(times, 0) if many else ""
        if isinstance(many, list | tuple):
            budget.items(len(many) * max(times, 0), at)
            return many * max(times, 0) if many else many[:0]
    raise _unfit("*", "two numbers, or a text or list and a whole number", left, right, at)


def modulo(left: Any, right: Any, budget: Budget, at: TemplateSpan) -> object:
    if isinstance(left, str):
        return fill(left, right, budget, at)
    return _REMAINDER(left, right, budget, at)


def power(left: Any, right: Any, budget: Budget, at: TemplateSpan) -> object:
    # The result has at least so many bits, and at most twice as many.
    if isinstance(left, int) and isinstance(right, int) and (left.bit_length() - 1) * right > MAX_BITS:
        raise at.limit("the number is too large")
    result = _POWER(left, right, budget, at)
    if isinstance(result, complex):
        raise at.error("a negative number has no such power")
    return result


def fill(template: str, values: object, budget: Budget, at: TemplateSpan) -> object:
    """Return `template % values`, for the operator and the filter `format`."""
    weight = weigh(budget, at, template, values)
    if weight.unknown:
        return Unknown("string")
    if weight.streams:
        raise unfinished(at)
    check_format(template, weight.characters, at)
    try:
        text = template % _for_format(values)
    except (TypeError, ValueError, LookupError, OverflowError) as error:
        raise at.error(f"the format does not fit its values: {error}") from None
    budget.text(len(text), at)
    return text


class _Boolean(int):
    """A boolean for a format: `%s` writes it as all texts of templates do, `%d` as a number, `%r` as Python does."""

    def __str__(self) -> str:
        return "true" if self else "false"

    def __repr__(self) -> str:
        return repr(bool(self))


def _for_format(values: object) -> object:
    """Return the values of a format, one or a tuple or mapping of them, with each boolean as a `_Boolean`."""
    match values:
        case tuple():
            return tuple(_Boolean(value) if isinstance(value, bool) else value for value in values)
        case dict():
            return {key: _Boolean(value) if isinstance(value, bool) else value for key, value in values.items()}
        case _:
            return _Boolean(values) if isinstance(values, bool) else values


def arithmetic(sign: str, calculate: Callable[[Any, Any], object]) -> Binary:
    """Return an operator that takes numbers only."""

    def calculated(left: Any, right: Any, budget: Budget, at: TemplateSpan) -> object:
        if isinstance(left, NUMBER) and isinstance(right, NUMBER):
            return _calculated(calculate, left, right, at)
        raise _unfit(sign, "two numbers", left, right, at)

    return calculated


_REMAINDER = arithmetic("%", operator.mod)
_POWER = arithmetic("**", operator.pow)


def sign(symbol: str, calculate: Callable[[Any], object]) -> Callable[[Any, TemplateSpan], object]:
    """Return the function of a sign before a number."""

    def signed(value: Any, at: TemplateSpan) -> object:
        if not isinstance(value, NUMBER):
            raise at.error(f"`{symbol}` takes a number, not {noun(value)}")
        return calculate(value)

    return signed


def _calculated(calculate: Callable[[Any, Any], object], left: Any, right: Any, at: TemplateSpan) -> object:
    try:
        result = calculate(left, right)
        return bounded(result, at) if isinstance(result, int) else result
    except ZeroDivisionError:
        raise at.error("division by zero") from None
    except OverflowError:
        raise at.error("the number is too large") from None


def unfinished(at: TemplateSpan) -> EvaluationFailed:
    return at.error("the result of `map`, `select` and similar filters is not a list yet", "write `| list` after it")


def _unfit(
    sign: str, takes: str, left: object, right: object, at: TemplateSpan, help: str | None = None
) -> EvaluationFailed:
    one, other = noun(left), noun(right)
    kinds = f"two {one.removeprefix('a ')}s" if one == other else f"{one} and {other}"
    return at.error(f"`{sign}` takes {takes}, not {kinds}", help)


def compare(sign: str, left: object, right: object, budget: Budget, at: TemplateSpan) -> object:
    """Return the result of a comparison, by Jinja2's name for it; Unknown if one of the values is unknown."""
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return Unknown("boolean")
    if sign in ("in", "notin"):
        found = _contains(left, right, budget, at)
        return found if isinstance(found, Unknown) or sign == "in" else not found
    if weigh(budget, at, left, right).unknown:
        return Unknown("boolean")
    symbol, function = COMPARISONS[sign]
    try:
        return function(left, right)
    except TypeError:
        raise _unfit(symbol, "two numbers or two texts", left, right, at) from None


def _contains(left: Any, right: Any, budget: Budget, at: TemplateSpan) -> object:
    if isinstance(right, str) and not isinstance(left, str):
        raise at.error(f"`in` looks for a text in a text, not for {noun(left)}")
    if right is None or isinstance(right, NUMBER):
        raise at.error(f"`in` looks into a list, a mapping or a text, not into {noun(right)}")
    if isinstance(right, Iterator):
        return _comes(left, right, budget, at)
    if weigh(budget, at, left, right).unknown:
        return Unknown("boolean")
    try:
        return left in right
    except TypeError:
        raise at.error(f"{noun(left)} cannot be the key of a mapping") from None


def _comes(left: object, stream: Iterator[object], budget: Budget, at: TemplateSpan) -> object:
    """Return whether a value comes in a stream. As in Python, the stream is read only up to the value."""
    for item in stream:
        if weigh(budget, at, left, item).unknown:
            return Unknown("boolean")
        if item is left or item == left:
            return True
    return False


COMPARISONS: dict[str, tuple[str, Callable[[Any, Any], object]]] = {
    "eq": ("==", operator.eq),
    "ne": ("!=", operator.ne),
    "lt": ("<", operator.lt),
    "lteq": ("<=", operator.le),
    "gt": (">", operator.gt),
    "gteq": (">=", operator.ge),
}


def kind_of_signed(kind: Kind | None) -> Kind | None:
    """Return the kind of a value of this kind behind a sign, or of its absolute value: a boolean becomes an integer."""
    return "integer" if kind == "boolean" else kind


def kind_of_result(symbol: str, left: object, right: object) -> Kind | None:
    """Return the kind of `left symbol right` when one of the two is unknown."""
    kinds = {kind_of(left), kind_of(right)}
    if "string" in kinds and symbol in ("+", "%", "*"):
        return "string"
    if "list" in kinds and symbol in ("+", "*"):
        return "list"
    if not kinds <= {"integer", "boolean", "number"}:
        return None
    return "number" if "number" in kinds or symbol in ("/", "**") else "integer"
