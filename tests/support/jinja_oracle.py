"""Real Jinja2 as the oracle of our evaluation, and the variables that both are given."""

import copy
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from jinja2 import StrictUndefined, TemplateError, Undefined
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from specc.expressions import MISSING, Budget, EvaluationFailed, Template, TemplateMistake, compile_template

REAL = SandboxedEnvironment(
    undefined=StrictUndefined, comment_start_string="\r{", comment_end_string="}\r", keep_trailing_newline=True
)
REAL.globals = {"range": REAL.globals["range"]}

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
def without_warnings() -> Iterator[None]:
    """Jinja2 hands its code to Python as it is, which warns of escapes such as `\\d` and of `3[0]`."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "invalid (octal )?escape sequence", DeprecationWarning)
        warnings.filterwarnings("ignore", category=SyntaxWarning)
        yield


def value_by_jinja(expression: str) -> object:
    """What Jinja2 makes of an expression, as plain data, or REFUSED."""
    try:
        with without_warnings():
            value = REAL.compile_expression(f"({expression})", undefined_to_none=False)(**copy.deepcopy(DATA))
        return plain(value)
    except FAILURES:
        return REFUSED


def text_by_jinja(text: str) -> object:
    """What Jinja2 makes of a template, or REFUSED."""
    try:
        with without_warnings():
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
    """Whether two results are equal, and of the same types all the way down. Not-a-number is itself.

    In texts, booleans are `true` and `false` here, and Python's `True` and `False` there.
    """
    return _as_yaml_writes(one) == _as_yaml_writes(other)


def _as_yaml_writes(value: object) -> str:
    written = repr(value)
    if not isinstance(value, bool):
        written = re.sub(r"(?i:true)", "true", re.sub(r"(?i:false)", "false", written))
    return written


def cells(table: str) -> list[str]:
    """The expressions of a table. Bars with blanks around them part cells; those of filters have none."""
    return [cell.strip() for line in table.strip().splitlines() for cell in re.split(r" +\| +", line)]
