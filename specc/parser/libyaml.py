"""The events of most texts, from libyaml: much faster than ruamel.yaml, and the same.

libyaml reads YAML 1.1, and its complaints are not ours. So this module answers only where both agree. For a text with
anything odd in it, or with any mistake, it says None, and `specc.parser.events` asks ruamel.yaml. That they agree is
held by `property/test_fast_events.py`.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import yaml

from specc.nodes import Style
from specc.parser.event import Event, Kind, Stretch, next_token, place_of_nothing, without_blank_lines

try:
    from yaml.cyaml import CParser
except ImportError:  # PyYAML was built without libyaml
    CParser = None

ODD = re.compile(r"[\t\r\x85\u2028\u2029\ufeff]|^(?:%|\.\.\.)", re.MULTILINE)
"""Tabs, line breaks of other systems and of YAML 1.1, byte order marks, directives, ends of documents."""

HEADER = re.compile(r"[|>][-+1-9]*(?: +#[^\n]*| *)(?:\n(?!\n* +(?:\n|\Z))|\Z)")
"""The header of a block. A comment behind it without a space, or blank lines with spaces below it, are odd,
and so is a block that is the whole document."""

STYLES = {"": Style.PLAIN, "'": Style.SINGLE, '"': Style.DOUBLE, "|": Style.LITERAL, ">": Style.FOLDED}
NAME_ENDS = frozenset(["", " ", "\n", ",", "[", "]", "{", "}"])
ODD_STARTS = ("{{", "{%", "&", "*")
"""An unquoted template, and the anchor of the first key of a mapping, which is none of the mapping."""


class Odd(Exception):
    """The text has something in it that libyaml may read in another way."""


class FastEvents(list[Event]):
    """All events of a text without a mistake."""

    def __init__(self, events: Iterable[Event]) -> None:
        super().__init__(events)
        self.tags: list[tuple[int, int]] = []
        self.templates: list[tuple[int, int]] = []

    @property
    def scalars(self) -> list[Stretch]:
        return [Stretch(event.start, event.end, event.style) for event in self if event.kind is Kind.SCALAR]


def events_of(text: str, start: int, max_depth: int) -> FastEvents | None:
    """The events of `text[start:]`, or None if this is not the one to say."""
    text = text[start:]
    if CParser is None or ODD.search(text):
        return None
    try:
        return FastEvents(Reading(text, start, max_depth))
    except (Odd, yaml.YAMLError, ValueError):  # ValueError: half of a surrogate pair
        return None


class Reading:
    """One text while libyaml reads it."""

    def __init__(self, text: str, base: int, max_depth: int) -> None:
        self.text = text
        self.base = base
        self.max_depth = max_depth

    def __iter__(self) -> Iterator[Event]:
        base, text = self.base, self.text
        get_event = CParser(text).get_event
        depth = documents = 0
        while True:
            event = get_event()
            kind = type(event)
            start, end = event.start_mark.index + base, event.end_mark.index + base
            if kind is yaml.ScalarEvent:
                yield self.scalar(event, start, end, depth)
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                depth -= 1
                yield Event(Kind.END, start, end)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                depth += 1
                if depth > self.max_depth:
                    raise Odd
                yield self.collection(event, kind, start, end)
            elif kind is yaml.AliasEvent:
                self.behind("*", event.anchor, start)
                yield Event(Kind.ALIAS, start, end, event.anchor)
            elif kind is yaml.DocumentStartEvent:
                documents += 1
                if documents > 1:
                    raise Odd
                yield Event(Kind.DOCUMENT, start, end)
            elif kind is yaml.StreamEndEvent:
                return

    def scalar(self, event: Any, start: int, end: int, depth: int) -> Event:
        if event.tag is not None:
            raise Odd
        style = STYLES[event.style]
        if event.anchor is not None:
            start = self.behind("&", event.anchor, start)
            if not event.value:
                raise Odd
        elif start == end:
            start = end = self.nothing(start - self.base)
        if style is Style.LITERAL or style is Style.FOLDED:
            if depth == 0 or not HEADER.match(self.text, start - self.base):
                raise Odd
            end = start + len(without_blank_lines(self.text[start - self.base : end - self.base]))
        return Event(Kind.SCALAR, start, end, event.value, style, event.anchor)

    def collection(self, event: Any, kind: type, start: int, end: int) -> Event:
        if event.tag is not None:
            raise Odd
        if event.anchor is not None:
            start = self.behind("&", event.anchor, start)
        local = start - self.base
        if self.text.startswith(ODD_STARTS, local):
            raise Odd
        of = Kind.MAPPING if kind is yaml.MappingStartEvent else Kind.SEQUENCE
        return Event(of, start, end, anchor=event.anchor, is_flow=self.text.startswith(("{", "["), local))

    def nothing(self, local: int) -> int:
        place = place_of_nothing(self.text, local)
        if "?" in self.text[local - 1 : local] + self.text[place : place + 1]:  # beside a key that is marked by a `?`
            raise Odd
        return self.base + place

    def behind(self, sign: str, name: str, start: int) -> int:
        """Where the value behind this name begins. For libyaml a name ends sooner than in YAML 1.2."""
        local = start - self.base
        end = local + 1 + len(name)
        if not self.text.startswith(sign + name, local) or self.text[end : end + 1] not in NAME_ENDS:
            raise Odd
        return self.base + next_token(self.text, end)
