"""Values on one line: which quotes a scalar has, and `[...]` and `{...}`, which may take several lines.

A scalar has no quotes where none are needed, else double quotes, or single ones around double quotes. A collection
stands on one line where it fits, else each of its items has a line. Both is what prettier does.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from specc.fast_dataclass import dataclass
from specc.formatter.order import OTHER, Order, kind_below
from specc.nodes import Style
from specc.parser import TEMPLATE_OPENER, Event, Kind, plain_value, read_1_1

WORD = r"[\w./~$+=@%^()-]"
BEGIN = r"(?:-{0,2}[^\W\d]|[\d/.~$])"
PLAIN = re.compile(rf"{BEGIN}(?:{WORD}|[:,](?={WORD})|,?[ ](?={WORD}))*")
PLAIN_IN_FLOW = re.compile(rf"{BEGIN}(?:{WORD}|:(?={WORD}))*")
"""Texts that nobody mistakes for anything else. YAML allows more, such as blanks between brackets."""

ESCAPED = re.compile(r'["\\]')
OTHER_ESCAPE = re.compile(r'\\[^"]')


WIDTH = 120
STEP = 2


@dataclass(frozen=True, slots=True)
class Collection:
    """`[...]` or `{...}`: its items, each with the key before it and its colon, if it has one."""

    opens: str
    items: tuple[tuple[str, "str | Collection"], ...]
    closes: str

    @property
    def line(self) -> str:
        """Return the collection on one line."""
        parts = (f"{key} {_on_a_line(value)}".lstrip(" ") for key, value in self.items)
        return f"{self.opens}{', '.join(parts)}{self.closes}"

    def lines(self, indent: int) -> list[str]:
        """Return the collection with a line for each item. All lines but the first have their indentation."""
        inner = indent + STEP
        found = [self.opens]
        for key, value in self.items:
            first, *rest = _item(key, value, inner)
            found += [" " * inner + first, *rest]
            found[-1] += ","
        return [*found, " " * indent + self.closes]

    def below(self, indent: int, behind: str = "") -> list[str]:
        """Return the collection as lines of their own, in as few as fit before the text that stands behind."""
        pad = " " * indent
        if fits(self.line + behind, indent):
            return [pad + self.line]
        first, *rest = self.lines(indent)
        return [pad + first, *rest]


def _on_a_line(value: str | Collection) -> str:
    return value.line if isinstance(value, Collection) else value


def _item(key: str, value: str | Collection, indent: int) -> list[str]:
    """Return an item in as few lines as fit before a comma. All lines but the first have their indentation."""
    whole = f"{key} {_on_a_line(value)}".lstrip(" ")
    if isinstance(value, str) or not value.items or fits(f"{whole},", indent):
        return [whole]
    return [key, *value.below(indent + STEP, ",")] if key else value.lines(indent)


def fits(text: str, indent: int) -> bool:
    """Return whether a text fits on a line. Chinese characters are two columns wide."""
    return indent + len(text) + sum(unicodedata.east_asian_width(char) in "WF" for char in text) <= WIDTH


class Pair(NamedTuple):
    """A key of `{...}` with its value, as they are written."""

    name: str | None
    text: str
    value: str | Collection
    defines: frozenset[str]
    uses: frozenset[str]
    is_long: bool = False


class _Unusual(Exception):
    """A form that is not changed, such as `[a: b]` or `{a, b}`."""


def collection(text: str, events: list[Event], kind: str, order: Order) -> Collection | None:
    """Return the collection with its keys in order, or None where it must stay as it is.

    `events` are those of the collection, without the anchor before it.
    """
    first, *rest = events
    if _has_comment(text, events):
        return None
    try:
        return _Line(text, iter(rest), order).collection(first, kind)
    except _Unusual:
        return None


def _has_comment(text: str, events: list[Event]) -> bool:
    """Return whether a comment stands between the parts of a collection."""
    at = events[0].start
    for event in events[1:]:
        if event.kind in (Kind.SCALAR, Kind.ALIAS):
            if "#" in text[at : event.start]:
                return True
            at = event.end
    return "#" in text[at : events[-1].end]


class _Line:
    """Reads a collection from its events."""

    def __init__(self, text: str, events: Iterator[Event], order: Order) -> None:
        self.text = text
        self.events = events
        self.order = order
        self.defined: list[str] = []
        self.used: list[str] = []

    def collection(self, event: Event, kind: str, anchor: str = "") -> Collection:
        if event.kind is Kind.MAPPING:
            if not self.text.startswith("{", event.start):
                raise _Unusual
            pairs = self.order.arranged(kind, list(self.pairs(kind)))
            return Collection(f"{anchor}{{", tuple((pair.text, pair.value) for pair in pairs), "}")
        return Collection(f"{anchor}[", tuple(("", item) for item in self.items()), "]")

    def items(self) -> Iterator[str | Collection]:
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
            yield Pair(key.value, f"{name}:", value, defines, uses)

    def value(self, event: Event, kind: str) -> str | Collection:
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
                return self.collection(event, kind, anchor)

    def scalar(self, event: Event) -> str:
        source = self.text[event.start : event.end]
        if "\n" in source or (event.style is Style.PLAIN and not event.value):
            raise _Unusual
        return quoted(source, event.value, event.style, in_flow=True)


def quoted(source: str, value: str, style: Style, *, in_flow: bool) -> str:
    """Return a scalar of one line in its best form. `source` is how the scalar is written now, `value` its text."""
    if style not in (Style.SINGLE, Style.DOUBLE):
        return source
    if not TEMPLATE_OPENER.search(value) and _can_be_plain(value, in_flow=in_flow):
        return value
    if style is Style.SINGLE:
        return source if ESCAPED.search(value) else f'"{value}"'
    return source if '"' not in value or OTHER_ESCAPE.search(source) else "'" + value.replace("'", "''") + "'"


def _can_be_plain(value: str, *, in_flow: bool) -> bool:
    """Return whether a text is the same without quotes, for every version of YAML and for the eye."""
    pattern = PLAIN_IN_FLOW if in_flow else PLAIN
    looks_plain = pattern.fullmatch(value) is not None and any(char.isalnum() for char in value)
    return looks_plain and isinstance(plain_value(value), str) and read_1_1(value) == value
