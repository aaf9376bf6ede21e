"""`[...]` and `{...}` on one line."""

from collections.abc import Iterator
from typing import NamedTuple

from specc.formatter.order import OTHER, Order, kind_below
from specc.formatter.quotes import quoted
from specc.nodes import Style
from specc.parser.event import Event, Kind


class Pair(NamedTuple):
    """A key of `{...}`, and what is written for it and its value."""

    name: str | None
    text: str
    defines: frozenset[str]
    uses: frozenset[str]
    is_long: bool = False


class _Unusual(Exception):
    """A form that is better left alone, such as `[a: b]` or `{a, b}`."""


def one_line(text: str, events: list[Event], kind: str, order: Order) -> str | None:
    """The collection with its keys in order, one blank behind each comma, or None where it is left as it is.

    `events` are those of the collection, without the anchor before it.
    """
    first, *rest = events
    try:
        return _Line(text, iter(rest), order).collection(first, kind)
    except _Unusual:
        return None


class _Line:
    def __init__(self, text: str, events: Iterator[Event], order: Order) -> None:
        self.text = text
        self.events = events
        self.order = order
        self.defined: list[str] = []
        self.used: list[str] = []

    def collection(self, event: Event, kind: str) -> str:
        if event.kind is Kind.MAPPING:
            if not self.text.startswith("{", event.start):
                raise _Unusual
            pairs = self.order.arranged(kind, list(self.pairs(kind)))
            return "{" + ", ".join(pair.text for pair in pairs) + "}"
        return "[" + ", ".join(self.items()) + "]"

    def items(self) -> Iterator[str]:
        while (event := next(self.events)).kind is not Kind.END:
            yield self.value(event, OTHER)

    def pairs(self, kind: str) -> Iterator[Pair]:
        while (key := next(self.events)).kind is not Kind.END:
            if key.kind is not Kind.SCALAR or key.anchor is not None:
                raise _Unusual
            defined, used = len(self.defined), len(self.used)
            name = self.scalar(key)
            value = self.value(next(self.events), kind_below(kind, key.value))
            defines, uses = frozenset(self.defined[defined:]), frozenset(self.used[used:])
            yield Pair(key.value, f"{name}: {value}", defines, uses)

    def value(self, event: Event, kind: str) -> str:
        anchor = ""
        if event.anchor is not None:
            self.defined.append(event.anchor)
            anchor = f"&{event.anchor} "
        match event.kind:
            case Kind.ALIAS:
                self.used.append(event.value)
                return f"*{event.value}"
            case Kind.SCALAR:
                return anchor + self.scalar(event)
            case _:
                return anchor + self.collection(event, kind)

    def scalar(self, event: Event) -> str:
        if event.style is Style.PLAIN and not event.value:
            raise _Unusual
        return quoted(self.text[event.start : event.end], event.value, event.style, in_flow=True)
