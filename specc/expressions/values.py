"""What templates compute with: plain data, the lazy namespaces of a spec, and values that are not known yet.

Values are Python's own `str`, `int`, `float`, `bool`, `None`, `list`, `tuple`, `dict`, `range`, the views of a
mapping, and one-shot iterators, which `map` and its like give in Jinja2 too.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Map
from typing import Any, Final, Literal, NamedTuple, Protocol, TypeGuard, runtime_checkable

from specc.diagnostics import codes
from specc.expressions.faults import EvaluationFault, Fault, Place
from specc.expressions.jinja import StrictUndefined, Undefined, UndefinedError
from specc.fast_dataclass import dataclass

Kind = Literal["string", "integer", "number", "boolean", "list", "mapping"]

MISSING: Final = object()
"""What a namespace answers when it has no such member."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value of which at most the kind is known. What is computed from it is unknown too."""

    kind: Kind | None = None


class Quoted(str):
    """What the filter `sh` gives. Any further operation gives a plain text."""

    __slots__ = ()


class Raw(str):
    """What the filter `raw` gives: meant for the shell as it is. Any further operation gives a plain text."""

    __slots__ = ()


@runtime_checkable
class Namespace(Protocol):
    """A mapping or list whose members are evaluated when they are asked for."""

    def member(self, key: str | int) -> object:
        """A plain value, an `Unknown`, another namespace, or `MISSING`. An index counts from 0, never from the end."""

    def keys(self) -> Sequence[str | int]:
        """Names, or the indices of a list; no member is evaluated."""

    def plain(self) -> object:
        """The whole as a dict or list of plain values and `Unknown`s."""


class Scope(Protocol):
    """The names that a template starts from: `params`, `vars`, `job` and so on."""

    def namespace(self, name: str) -> Namespace | None:
        """None for an unknown name."""


class Absent(StrictUndefined):
    """The value of a name that is not defined. Any use but `is defined` and `default` is the fault that it carries."""

    __slots__ = ("fault",)

    def __init__(self, fault: Fault) -> None:
        super().__init__(hint=fault.message)
        self.fault = fault


class Omitted(Absent):
    """The value of `{{ a if b }}` where `b` is false. Jinja2 prints nothing for it, and so do we."""

    __slots__ = ()


def fault_of(value: Undefined, at: Place) -> Fault:
    """The fault of using an undefined value, at the place that it came from, if that is known."""
    if isinstance(value, Absent):
        return value.fault
    try:
        message = str(value)
    except UndefinedError as error:
        message = error.message or "the value is not defined"
    return at.fault(codes.UNDEFINED_NAME, message, DEFAULT_HELP)


class Call(NamedTuple):
    """One use of a filter, test or method: its name and its arguments."""

    name: str
    args: Sequence[Any]
    kwargs: Map[str, Any]
    attribute_at: Place | None = None
    """Where the name of an attribute stands, if one is given."""

    def parts(self) -> list[object]:
        return [*self.args, *self.kwargs.values()]

    def concrete(self) -> "Call":
        if not self.args and not self.kwargs:
            return self
        kwargs = {key: concrete(value) for key, value in self.kwargs.items()}
        return Call(self.name, [*map(concrete, self.args)], kwargs, self.attribute_at)


MAX_BITS = 4_096
"""Bits of an integer: some 1200 digits, fewer than Python refuses to print."""

MAKES_NAMESPACES: dict[type, bool] = {}
"""Types that were compared with the protocol: that costs as much as a small template, and there are few types."""

DEFAULT_HELP = "write `| default(...)` if it may be absent"


def is_namespace(value: object) -> TypeGuard[Namespace]:
    """Is this a namespace? Only its type is asked: an undefined value may not even be asked for its attributes."""
    kind = type(value)
    found = MAKES_NAMESPACES.get(kind)
    if found is None:
        found = MAKES_NAMESPACES[kind] = issubclass(kind, Namespace)
    return found


def concrete(value: object) -> object:
    """The value itself, or the plain data of a namespace: what operators, filters and tests work on."""
    return value.plain() if is_namespace(value) else value


def truth(value: object, at: Place) -> bool | None:
    """Does the value count as true? None when that is not known."""
    match value:
        case Undefined():
            raise EvaluationFault(fault_of(value, at))
        case Unknown():
            return None
        case _:
            return bool(value.keys()) if is_namespace(value) else bool(value)


def kind_of(value: object) -> Kind | None:
    """The kind of a value, known or not; None for null and where nothing is known."""
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
    """The kind that all values share: what is known of a choice between them."""
    kinds = {kind_of(value) for value in values}
    return kinds.pop() if len(kinds) == 1 else None


def noun(value: object) -> str:
    """What a person calls such a value."""
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


def bounded(value: int, at: Place) -> int:
    """The integer, if it is not over the limit."""
    if value.bit_length() > MAX_BITS:
        raise at.limit("the number is too large")
    return value


def text_of(value: object, at: Place) -> str:
    """Return the text that stands for a value within a text. Booleans are written as YAML and the shell write them, not
    as Python does. Null, lists and mappings have no text: nobody means `None` there.
    """
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(bounded(value, at))
        case str() | float():
            return str(value)
        case None:
            raise at.error("null cannot stand in a text", "write `| default('', true)` for an empty text")
        case _ if kind_of(value) == "mapping":
            raise at.error("a mapping cannot stand in a text", "name one of its members, or write `| tojson`")
        case _:
            raise at.error("a list cannot stand in a text", "write `| join(' ')`, or `| sh` in a command")
