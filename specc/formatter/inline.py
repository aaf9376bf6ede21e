"""Values on one line: which quotes a scalar has, and `[...]` and `{...}`.

A scalar has no quotes where none are needed, else double quotes.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from specc.formatter.order import OTHER, Order, kind_below
from specc.nodes import Style
from specc.parser import TEMPLATE_OPENER, Event, Kind, plain_value, read_1_1

WORD = r"[\w./~$+=@%^()-]"
BEGIN = r"(?:-{0,2}[^\W\d]|[\d/.~$])"
PLAIN = re.compile(rf"{BEGIN}(?:{WORD}|[:,](?={WORD})|,?[ ](?={WORD}))*")
PLAIN_IN_FLOW = re.compile(rf"{BEGIN}(?:{WORD}|:(?={WORD}))*")
"""Texts that nobody mistakes for anything else. YAML allows more, such as blanks between brackets."""

ESCAPED = re.compile(r'["\\]')


class Pair(NamedTuple):
    """A key of `{...}` with its value, as they are written."""

    name: str | None
    text: str
    defines: frozenset[str]
    uses: frozenset[str]
    is_long: bool = False


class _Unusual(Exception):
    """A form that is not changed, such as `[a: b]` or `{a, b}`."""


def one_line(text: str, events: list[Event], kind: str, order: Order) -> str | None:
    """Return the collection with its keys in order and a blank behind each comma, or None where it must stay as it is.

    `events` are those of the collection, without the anchor before it.
    """
    first, *rest = events
    try:
        return _Line(text, iter(rest), order).collection(first, kind)
    except _Unusual:
        return None


class _Line:
    """Writes a collection from its events."""

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


def quoted(source: str, value: str, style: Style, *, in_flow: bool) -> str:
    """Return a scalar of one line in its best form. `source` is how the scalar is written now, `value` its text."""
    if style not in (Style.SINGLE, Style.DOUBLE):
        return source
    if not TEMPLATE_OPENER.search(value) and _can_be_plain(value, in_flow=in_flow):
        return value
    return f'"{value}"' if style is Style.SINGLE and not ESCAPED.search(value) else source


def _can_be_plain(value: str, *, in_flow: bool) -> bool:
    """Return whether a text is the same without quotes, for every version of YAML and for the eye."""
    pattern = PLAIN_IN_FLOW if in_flow else PLAIN
    looks_plain = pattern.fullmatch(value) is not None and any(char.isalnum() for char in value)
    return looks_plain and isinstance(plain_value(value), str) and read_1_1(value) == value
