"""Real Jinja2 as the oracle of our evaluation, and the variables that both are given.

It differs from Jinja2 as it is installed in one thing, which the manual says: where a boolean becomes a text, the text
is `true` or `false`. To that end Jinja2's own modules get another `str` while the oracle works.
"""

import copy
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import jinja2.nodes
import jinja2.tests
from jinja2 import StrictUndefined, TemplateError, Undefined, filters, runtime, utils
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from specc.expressions import MISSING, Budget, EvaluationFailed, Template, TemplateMistake, compile_template


class _Kind(type):
    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, str)

    def __call__(cls, value: object = "") -> str:
        return _text(value)


class Text(metaclass=_Kind):
    """What `str` is for Jinja2 here: its instances are the same, but it makes `true` of a boolean."""


class Boolean(int):
    """A boolean among the values of a format, which `%s` alone writes otherwise."""

    def __str__(self) -> str:
        return _text(bool(self))

    def __repr__(self) -> str:
        return repr(bool(self))


def _text(value: object) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def _soft(value: object) -> str:
    return value if isinstance(value, str) else _text(value)


def _filled(template: str, values: Any) -> str:
    if isinstance(values, dict):
        return template % {key: Boolean(value) if isinstance(value, bool) else value for key, value in values.items()}
    many = values if isinstance(values, tuple) else (values,)
    many = tuple(Boolean(value) if isinstance(value, bool) else value for value in many)
    return template % (many if isinstance(values, tuple) else many[0])


def _format(value: object, *args: object, **kwargs: object) -> str:
    if args and kwargs:
        raise TemplateError("either values or named values")
    return _filled(_soft(value), kwargs or args)


class Sandbox(SandboxedEnvironment):
    """Jinja2's sandbox, with the operator `%` between texts and booleans."""

    intercepted_binops = frozenset("%")

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        return _filled(left, right) if isinstance(left, str) else left % right


REAL = Sandbox(
    undefined=StrictUndefined,
    comment_start_string="\r{",
    comment_end_string="}\r",
    keep_trailing_newline=True,
    optimized=False,  # or it computes constants before it runs, even those that are never reached
    finalize=lambda value: _text(value) if isinstance(value, bool) else value,
)
REAL.globals = {"range": REAL.globals["range"]}
REAL.filters |= {"string": _soft, "format": _format}

DATA: dict[str, Any] = {
    "params": {"n": 4, "zero": 0, "f": 2.5, "name": "cavity", "empty": "", "yes": True, "no": False, "none": None},
    "vars": {
        "words": ["Mesh", "coarse", "fine"],
        "sizes": [3, 1, 2],
        "run": {"dir": "/scratch/a b", "depth": 2},
        "cases": [{"id": 1, "name": "b", "tags": ["x"]}, {"id": 2, "name": "A", "tags": []}],
        "text": "one two\nthree <&'\"> 四\n",
    },
}
REFUSED = object()

# What Python and Jinja2 raise when a template fails.
FAILURES = (TemplateError, TypeError, ValueError, LookupError, AttributeError, ArithmeticError, AssertionError)


@dataclass(frozen=True)
class Lazy:
    """A namespace over plain data, lazy all the way down."""

    data: Any

    def member(self, key: str | int) -> object:
        try:
            value = self.data[key]
        except (LookupError, TypeError):
            return MISSING
        return Lazy(value) if isinstance(value, dict | list) else value

    def keys(self) -> list[str | int]:
        return list(self.data) if isinstance(self.data, dict) else list(range(len(self.data)))

    def plain(self) -> object:
        return copy.deepcopy(self.data)


@dataclass(frozen=True)
class Names:
    data: Mapping[str, Any]

    def namespace(self, name: str) -> Lazy | None:
        return Lazy(self.data[name]) if name in self.data else None


SCOPE = Names(DATA)


def ours(text: str) -> object:
    """What we make of a template: its value, its text, or REFUSED."""
    template = compile_template(text)
    if not isinstance(template, Template):
        return REFUSED
    try:
        return template.evaluate(SCOPE, Budget())
    except EvaluationFailed:
        return REFUSED


def mistakes_of(text: str, data: Mapping[str, Any] = DATA) -> tuple[TemplateMistake, ...]:
    """All that is wrong with a template, found when it is compiled or else when it is evaluated."""
    template = compile_template(text)
    if not isinstance(template, Template):
        return template
    try:
        template.evaluate(Names(data), Budget())
    except EvaluationFailed as error:
        return error.mistakes
    return ()


@contextmanager
def oracle() -> Iterator[None]:
    """Jinja2 with its other `str`, and without Python's warnings: it is handed `\\d` and `3[0]` as they are."""
    with ExitStack() as stack:
        for module in (filters, jinja2.nodes, jinja2.tests, runtime, utils):
            stack.enter_context(patch.dict(vars(module), {"str": Text, "soft_str": _soft}))
        stack.enter_context(warnings.catch_warnings())
        warnings.filterwarnings("ignore", "invalid (octal )?escape sequence", DeprecationWarning)
        warnings.filterwarnings("ignore", category=SyntaxWarning)
        yield


def value_by_jinja(expression: str) -> object:
    """What Jinja2 makes of an expression, as plain data, or REFUSED."""
    try:
        with oracle():
            value = REAL.compile_expression(f"({expression})", undefined_to_none=False)(**copy.deepcopy(DATA))
            return plain(value)
    except FAILURES:
        return REFUSED


def text_by_jinja(text: str) -> object:
    """What Jinja2 makes of a template, or REFUSED."""
    try:
        with oracle():
            return REAL.from_string(text).render(copy.deepcopy(DATA))
    except FAILURES:
        return REFUSED


def plain(value: object) -> object:
    """Data without the types that only Python has."""
    match value:
        case Undefined():
            raise TemplateError("undefined")
        case Markup():
            return str.__str__(value)
        case dict():
            return {plain(key): plain(item) for key, item in value.items()}
        case list() | tuple() | range() | Iterator():
            return [plain(item) for item in value]
        case None | str() | int() | float():
            return value
        case _:
            return [plain(item) for item in value]  # the views of a mapping


def same(one: object, other: object) -> bool:
    """Whether two results are equal, and of the same types all the way down. Not-a-number is itself."""
    return repr(one) == repr(other)


def cells(table: str) -> list[str]:
    """The expressions of a table. Bars with blanks around them part cells; those of filters have none."""
    return [cell.strip() for line in table.strip().splitlines() for cell in re.split(r" +\| +", line)]
