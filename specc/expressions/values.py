"""What templates compute with: plain data, the lazy namespaces of a spec, unknown values, and mistakes.

Values are Python's own `str`, `int`, `float`, `bool`, `None`, `list`, `tuple`, `dict`, `range`, the views of a
mapping, and one-shot iterators, which `map` and its like give in Jinja2, too. A mistake is at offsets into the text of
the template; the caller knows where that text is written.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Map
from typing import Any, Final, Literal, NamedTuple, Protocol, TypeGuard, runtime_checkable

from jinja2.exceptions import UndefinedError
from jinja2.runtime import StrictUndefined, Undefined

from specc.diagnostics import Code, codes
from specc.fast_dataclass import dataclass


class TemplateMistake(NamedTuple):
    """One mistake in a template. `start` and `end` are offsets into its text; `help` says what to write instead.

    `instead` is the text that was probably meant between `start` and `end`, if there is one.
    """

    code: Code
    start: int
    end: int
    message: str
    help: str | None = None
    instead: str | None = None


class EvaluationFailed(Exception):
    """Evaluation found mistakes and has no value to give. `Template.evaluate` raises nothing else."""

    def __init__(self, *mistakes: TemplateMistake) -> None:
        super().__init__(*mistakes)
        self.mistakes = mistakes

    @property
    def is_limit(self) -> bool:
        """Return whether a limit was exceeded: then evaluating the rest of the template would only exceed it again."""
        return any(mistake.code is codes.TEMPLATE_LIMIT for mistake in self.mistakes)


class TemplateSpan(NamedTuple):
    """A span in the text of a template."""

    start: int
    end: int

    def mistake(self, code: Code, message: str, help: str | None = None) -> TemplateMistake:
        return TemplateMistake(code, self.start, self.end, message, help)

    def error(self, message: str, help: str | None = None) -> EvaluationFailed:
        return EvaluationFailed(self.mistake(codes.TEMPLATE_ERROR, message, help))

    def limit(self, message: str, help: str | None = None) -> EvaluationFailed:
        return EvaluationFailed(self.mistake(codes.TEMPLATE_LIMIT, message, help))


Kind = Literal["string", "integer", "number", "boolean", "list", "mapping"]

MISSING: Final = object()
"""The answer of a namespace that does not have a member."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value of which at most the kind is known. A value that is computed from it is unknown, too."""

    kind: Kind | None = None


class Quoted(str):
    """The result of the filter `sh`. Any further operation gives a plain text."""

    __slots__ = ()


class Raw(str):
    """The result of the filter `raw`: a text for the shell as it is. Any further operation gives a plain text."""

    __slots__ = ()


@runtime_checkable
class Namespace(Protocol):
    """A mapping or list whose members are evaluated when they are asked for."""

    def member(self, key: str | int) -> object:
        """Return a plain value, an `Unknown`, a namespace, or `MISSING`. An index counts from 0, never from the end."""

    def keys(self) -> Sequence[str | int]:
        """Return the names, or the indices of a list. No member is evaluated."""

    def plain(self) -> object:
        """Return the whole as a dict or list of plain values and `Unknown`s."""


class Scope(Protocol):
    """The names that a template starts from: `params`, `vars`, `job` and so on."""

    def namespace(self, name: str) -> Namespace | None:
        """Return the namespace of this name, or None."""


class Absent(StrictUndefined):
    """The value of an undefined name. Any use but `is defined` and `default` is the mistake that it carries."""

    __slots__ = ("mistake",)

    def __init__(self, mistake: TemplateMistake) -> None:
        super().__init__(hint=mistake.message)
        self.mistake = mistake


class Omitted(Absent):
    """The value of `{{ a if b }}` where `b` is false. Jinja2 prints nothing for it, and neither does specc."""

    __slots__ = ()


def mistake_of(value: Undefined, at: TemplateSpan) -> TemplateMistake:
    """Return the mistake of using an undefined value, at the span that the value came from, if that is known."""
    if isinstance(value, Absent):
        return value.mistake
    try:
        message = str(value)
    except UndefinedError as error:
        message = error.message or "the value is not defined"
    return at.mistake(codes.UNDEFINED_NAME, message, DEFAULT_HELP)


class Call(NamedTuple):
    """One use of a filter, test or method: its name and its arguments."""

    name: str
    args: Sequence[Any]
    kwargs: Map[str, Any]
    attribute_at: TemplateSpan | None = None
    """The span of the name of an attribute, if one is given."""

    def parts(self) -> list[object]:
        return [*self.args, *self.kwargs.values()]

    def concrete(self) -> "Call":
        if not self.args and not self.kwargs:
            return self
        kwargs = {key: concrete(value) for key, value in self.kwargs.items()}
        return Call(self.name, [*map(concrete, self.args)], kwargs, self.attribute_at)


MAX_BITS = 4_096
"""The most bits of an integer: some 1200 digits, which Python still prints."""

DEFAULT_HELP = "write `| default(...)` if it may be absent"


def is_namespace(value: object) -> TypeGuard[Namespace]:
    """Return whether a value is a namespace, by its type: an undefined value must not be asked for its attributes."""
    return issubclass(type(value), Namespace)


def concrete(value: object) -> object:
    """Return the value itself, or the plain data of a namespace, for operators, filters and tests."""
    return value.plain() if is_namespace(value) else value


def truth(value: object, at: TemplateSpan) -> bool | None:
    """Return whether the value counts as true; None if that is not known."""
    match value:
        case Undefined():
            raise EvaluationFailed(mistake_of(value, at))
        case Unknown():
            return None
        case _:
            return bool(value.keys()) if is_namespace(value) else bool(value)


def kind_of(value: object) -> Kind | None:
    """Return the kind of a value, known or not; None for null, and if the kind is not known."""
    match value:
        case Unknown(kind=kind):
            return kind
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list() | tuple() | range() | Iterator():
            return "list"
        case Map():
            return "mapping"
        case _:
            return None


def common_kind(*values: object) -> Kind | None:
    """Return the kind that all values share, which is what is known of a choice between them."""
    kinds = {kind_of(value) for value in values}
    return kinds.pop() if len(kinds) == 1 else None


def noun(value: object) -> str:
    """Return what a person calls such a value."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case Map():
            return "a mapping"
        case _:
            return "a list"


def bounded(value: int, at: TemplateSpan) -> int:
    """Return the integer. Raises EvaluationFailed if it is over the limit."""
    if value.bit_length() > MAX_BITS:
        raise at.limit("the number is too large")
    return value


def text_of(value: object, at: TemplateSpan) -> str:
    """Return the text of a value within a text. Booleans are written as YAML and the shell write them.

    Raises EvaluationFailed for null, lists and mappings, which have no text: nobody means `None` there.
    """
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(bounded(value, at))
        case str() | float():
            return str(value)
        case None:
            raise at.error("null is not allowed in a text", "write `| default('', true)` for an empty text")
        case _ if kind_of(value) == "mapping":
            raise at.error("a mapping is not allowed in a text", "name one of its members, or write `| tojson`")
        case _:
            raise at.error("a list is not allowed in a text", "write `| join(' ')`, or `| sh` in a command")
