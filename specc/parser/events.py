"""The events of a YAML text: what starts, what ends, and where. Nothing above knows libyaml or ruamel.yaml.

libyaml is much faster than ruamel.yaml, but it reads YAML 1.1 and words mistakes in its own way. So it is asked only
for texts that both read alike; for a text with anything odd in it, or with any mistake, `events_of` asks ruamel.yaml.
`property/test_fast_events.py` holds that the two agree.
"""

import re
from collections.abc import Iterable, Iterator
from enum import Enum, auto
from typing import Any, NamedTuple, Protocol

import yaml

from specc.nodes import Style

BETWEEN = re.compile(r"(?:[ \t\r\n]++|#[^\r\n]*+)*+")
"""What may stand between an anchor and what it names."""

TEMPLATE = re.compile(r"\{\{[^\r\n\0]*?\}\}|\{%[^\r\n\0]*?%\}")
"""A template on one line, quoted or not."""
LINE = re.compile(r"[^\r\n\0]+")


def has_template(text: str) -> bool:
    """Return whether a line of the text has a whole template.

    A search for `TEMPLATE` would read to the end of the line from each brace that is never closed.
    """
    lines = LINE.findall(text) if "{" in text else ()
    pairs = (("{{", "}}"), ("{%", "%}"))
    return any((at := line.find(begin)) >= 0 and line.find(end, at + 2) >= 0 for line in lines for begin, end in pairs)


class Kind(Enum):
    DOCUMENT = auto()
    SCALAR = auto()
    ALIAS = auto()
    MAPPING = auto()
    SEQUENCE = auto()
    END = auto()


class Event(NamedTuple):
    """A start, an end or a scalar. `start` is where the value begins, behind its anchor and tag.

    `value` is the name of an alias, or the text of a scalar.
    """

    kind: Kind
    start: int
    end: int
    value: str = ""
    style: Style = Style.PLAIN
    anchor: str | None = None
    is_flow: bool = False


class ScalarSpan(NamedTuple):
    """The span of a scalar, and how it is quoted."""

    start: int
    end: int
    style: Style


class NotYaml(Exception):
    """The text is not YAML. `at` is the offset where ruamel.yaml noticed, `context_at` where the value began."""

    def __init__(self, problem: str, at: int, context_at: int | None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.at = at
        self.context_at = context_at


class NestedTooDeep(Exception):
    """Too many brackets are open at the offset `at`."""

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


def without_blank_lines(text: str) -> str:
    """Return the text up to the end of its last line that is not blank, with the spaces at the end of that line."""
    stripped = text.rstrip(" \t\r\n")
    trailing = text[len(stripped) :]
    return stripped + trailing[: len(trailing) - len(trailing.lstrip(" \t"))]


def next_token(text: str, at: int) -> int:
    """Return the offset of the next token, behind blanks and comments."""
    between = BETWEEN.match(text, at)
    return between.end() if between else at


def offset_of_nothing(text: str, at: int) -> int:
    """Return the offset of an empty value. The two libraries differ behind a `:`; for specc it is the next token."""
    return next_token(text, at) if text[at - 1 : at] == ":" else at


try:
    from yaml.cyaml import CParser
except ImportError:  # PyYAML was built without libyaml
    CParser = None

ODD = re.compile(r"[\t\r\x85\u2028\u2029\ufeff]|^(?:%|\.\.\.)", re.MULTILINE)
"""Tabs, line breaks of other systems and of YAML 1.1, byte order marks, directives, ends of documents."""

BLOCK_HEADER = re.compile(r"[|>][-+1-9]*(?: +#[^\n]*| *)(?:\n(?!\n* +(?:\n|\Z))|\Z)")
"""The header of a block. A comment behind it without a space, or blank lines with spaces below it, are odd,
and so is a block that is the whole document."""

LIBYAML_STYLES = {"": Style.PLAIN, "'": Style.SINGLE, '"': Style.DOUBLE, "|": Style.LITERAL, ">": Style.FOLDED}
NAME_ENDS = frozenset(["", " ", "\n", ",", "[", "]", "{", "}"])
ODD_STARTS = ("{{", "{%", "&", "*")
"""An unquoted template, and the anchor of a mapping's first key, which is not the mapping's."""


class Odd(Exception):
    """libyaml may read something in the text in another way than ruamel.yaml."""


class FastEvents(list[Event]):
    """All events of a text without a mistake."""

    def __init__(self, events: Iterable[Event]) -> None:
        super().__init__(events)
        self.tags: list[tuple[int, int]] = []
        self.templates: list[tuple[int, int]] = []

    @property
    def scalars(self) -> list[ScalarSpan]:
        return [ScalarSpan(event.start, event.end, event.style) for event in self if event.kind is Kind.SCALAR]


def fast_events_of(text: str, start: int, max_depth: int) -> FastEvents | None:
    """Return libyaml's events of `text[start:]`, or None if ruamel.yaml must read the text."""
    text = text[start:]
    if CParser is None or ODD.search(text):
        return None
    try:
        return FastEvents(LibyamlReader(text, start, max_depth))
    except (Odd, yaml.YAMLError, ValueError):  # ValueError: half of a surrogate pair
        return None


class LibyamlReader:
    """One text while libyaml reads it. Iterating gives its events, and raises `Odd`."""

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
        style = LIBYAML_STYLES[event.style]
        if event.anchor is not None:
            start = self.behind("&", event.anchor, start)
            if not event.value:
                raise Odd
        elif start == end:
            start = end = self.nothing(start - self.base)
        if style is Style.LITERAL or style is Style.FOLDED:
            if depth == 0 or not BLOCK_HEADER.match(self.text, start - self.base):
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
        offset = offset_of_nothing(self.text, local)
        if "?" in self.text[local - 1 : local] + self.text[offset : offset + 1]:  # beside a key that is marked by a `?`
            raise Odd
        return self.base + offset

    def behind(self, sign: str, name: str, start: int) -> int:
        """Return the offset of the value behind a name. For libyaml a name ends sooner than in YAML 1.2."""
        local = start - self.base
        end = local + 1 + len(name)
        if not self.text.startswith(sign + name, local) or self.text[end : end + 1] not in NAME_ENDS:
            raise Odd
        return self.base + next_token(self.text, end)


class Events(Protocol):
    """The events of a text. Iterating raises `NotYaml` or `NestedTooDeep` where the text cannot be read further.

    `tags` and `templates` are the spans of tags and unquoted templates, `scalars` those of all scalars, in the order of
    the text: at least those of the events that were read.
    """

    @property
    def tags(self) -> list[tuple[int, int]]: ...

    @property
    def templates(self) -> list[tuple[int, int]]: ...

    @property
    def scalars(self) -> list[ScalarSpan]: ...

    def __iter__(self) -> Iterator[Event]: ...


def events_of(text: str, start: int = 0, max_depth: int = 64) -> Events:
    """Return the events of `text[start:]`. All offsets count from the start of `text`."""
    return fast_events_of(text, start, max_depth) or _pure(text, start, max_depth)


def _pure(text: str, start: int, max_depth: int) -> Events:
    from specc.parser.ruamel_events import PureEvents  # 15 ms, and only a text that is odd or wrong needs it

    return PureEvents(text, start, max_depth)
