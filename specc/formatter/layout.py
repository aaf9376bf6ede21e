"""A spec as it is laid out, read from a text without mistakes: entries, and the text of their values.

Comments are kept apart, in `Remarks`.
"""

import re
from collections.abc import Iterator
from dataclasses import field

from specc.fast_dataclass import dataclass
from specc.formatter.inline import Collection, collection, quoted
from specc.formatter.order import OTHER, Order, kind_below
from specc.nodes import Style
from specc.parser import BETWEEN, Event, Kind, events_of

COLON = re.compile(r"[ \t]*:")
PROPERTIES = re.compile(r"&\S+")
BLANK_LINES = re.compile(r"(?:\n[ ]*(?=\n))*")
INDENTED_BY = re.compile(r"[1-9]")


@dataclass(frozen=True, slots=True)
class Inline:
    """A value on the line of its key: a scalar, an alias, or nothing at all."""

    text: str


@dataclass(frozen=True, slots=True)
class Continued:
    """A value of several lines that begins on the line of its key. All but the first are without indentation.

    `is_flow` says that the value is `[...]` or `{...}` as somebody wrote it, with comments or forms that are not
    changed. Its lines keep their indentation relative to the key.
    """

    lines: tuple[str, ...]
    indents: tuple[int, ...]
    is_flow: bool


@dataclass(frozen=True, slots=True)
class BlockScalar:
    """`|` or `>` with its indicators, and the content without its indentation."""

    header: str
    lines: tuple[str, ...]


@dataclass(slots=True, eq=False)
class Block:
    """A mapping or a list over several lines. `column` is where its keys or dashes stand."""

    kind: str
    is_list: bool
    column: int
    parent: "Block | None"
    entries: "list[Entry]" = field(default_factory=list)


Value = Inline | Collection | Continued | BlockScalar | Block


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A key with its value, or an item of a list, which has no name. `key` is what is written before the value."""

    block: Block
    name: str | None
    key: str
    start: int
    column: int
    value: Value
    value_start: int
    defines: frozenset[str]
    uses: frozenset[str]

    @property
    def is_long(self) -> bool:
        """Whether the value has more than one line, however wide a line may be."""
        return not isinstance(self.value, Inline | Collection)


@dataclass(frozen=True, slots=True)
class Remarks:
    """Comments by their position. An empty line is the text ""."""

    above: dict[Entry, list[str]] = field(default_factory=dict)
    beside: dict[Entry, str] = field(default_factory=dict)
    below: dict[Block, list[str]] = field(default_factory=dict)


def all_entries(block: Block) -> Iterator[Entry]:
    """Yield the entries of a block and of all blocks in it, in the order of the text."""
    for entry in block.entries:
        yield entry
        if isinstance(entry.value, Block):
            yield from all_entries(entry.value)


class NoLayout(Exception):
    """The text has a form that is not changed, such as one large `{...}` or keys with `?`."""


class Reader:
    """Reads the events of one text. `leaves` are the ranges in which no comment can stand, in order."""

    def __init__(self, text: str, order: Order) -> None:
        self.text = text
        self.order = order
        self.events: Iterator[Event] = iter(events_of(text))
        self.at = 0
        self.leaves: list[tuple[int, int]] = []
        self.defined: list[str] = []
        self.used: list[str] = []

    def root(self, kind: str) -> Block:
        next(self.events)
        event = next(self.events)
        if event.kind is not Kind.MAPPING or event.is_flow or event.anchor is not None:
            raise NoLayout
        self.at = event.start
        return self.block(event, kind, None)

    def column(self, offset: int) -> int:
        return offset - (self.text.rfind("\n", 0, offset) + 1)

    def block(self, event: Event, kind: str, parent: Block | None) -> Block:
        start = self.gap()
        is_list = event.kind is not Kind.MAPPING
        # The items of a list have no order but their own, also where a mapping belongs.
        block = Block(OTHER if is_list else kind, is_list, self.column(start), parent)
        while (first := next(self.events)).kind is not Kind.END:
            block.entries.append(self.item(block, first) if block.is_list else self.pair(block, first))
        return block

    def gap(self) -> int:
        """Return where the next key or value begins, behind blanks and comments."""
        between = BETWEEN.match(self.text, self.at)
        return between.end() if between else self.at

    def item(self, block: Block, event: Event) -> Entry:
        start = self.gap()
        if not self.text.startswith("-", start):
            raise NoLayout
        self.at = start + 1
        return self.entry(block, None, "-", start, event)

    def pair(self, block: Block, event: Event) -> Entry:
        start = self.gap()
        if event.kind is not Kind.SCALAR or event.anchor is not None or event.start != start:
            raise NoLayout
        colon = COLON.match(self.text, event.end)
        if colon is None or event.style in (Style.LITERAL, Style.FOLDED):
            raise NoLayout
        self.leaves.append((start, event.end))
        self.at = colon.end()
        key = quoted(self.text[start : event.end], event.value, event.style, in_flow=False)
        return self.entry(block, event.value, f"{key}:", start, next(self.events))

    def entry(self, block: Block, name: str | None, key: str, start: int, event: Event) -> Entry:
        defined, used = len(self.defined), len(self.used)
        if event.anchor is not None:
            key = f"{key} {self.anchor(event.anchor)}"
        # An empty value begins where the key ends: a comment in the next line does not belong to it.
        value_start = self.at if _is_nothing(event) else self.gap()
        column = self.column(start)
        kind = OTHER if name is None else kind_below(block.kind, name)
        value = self.value(event, kind, block, column)
        if name == "<<" and isinstance(value, Block):
            raise NoLayout
        return Entry(
            block,
            name,
            key,
            start,
            column,
            value,
            value_start,
            frozenset(self.defined[defined:]),
            frozenset(self.used[used:]),
        )

    def anchor(self, name: str) -> str:
        properties = PROPERTIES.match(self.text, self.gap())
        if properties is None:
            raise NoLayout
        self.at = properties.end()
        self.defined.append(name)
        return properties.group()

    def value(self, event: Event, kind: str, block: Block, column: int) -> Value:
        match event.kind:
            case Kind.ALIAS:
                self.used.append(event.value)
                return self.leaf(event.end)
            case Kind.SCALAR if _is_nothing(event):
                return Inline("")
            case Kind.SCALAR if event.style in (Style.LITERAL, Style.FOLDED):
                return self.block_scalar(event, column)
            case Kind.SCALAR:
                source = self.text[event.start : event.end]
                if "\n" in source:
                    value = self.leaf(event.end, indents=False)
                    return _double_quoted(value) if event.style is Style.SINGLE else value
                self.leaf(event.end)
                return Inline(quoted(source, event.value, event.style, in_flow=False))
            case _ if event.is_flow:
                return self.flow(event, kind)
            case _:
                return self.block(event, kind, block)

    def leaf(self, end: int, *, indents: bool = True) -> Inline | Continued:
        """Return the text up to `end` as it is. `indents` says that the lines keep their indentation."""
        start = self.gap()
        self.leaves.append((start, end))
        self.at = end
        lines = self.text[start:end].split("\n")
        if len(lines) == 1:
            return Inline(lines[0])
        bare = [lines[0], *(line.lstrip(" ") for line in lines[1:])]
        depths = [0, *(len(line) - len(text) for line, text in zip(lines[1:], bare[1:], strict=True))]
        return Continued(tuple(bare), tuple(depths), is_flow=indents)

    def flow(self, event: Event, kind: str) -> Value:
        events = [event, *self.to_end()]
        self.defined += [each.anchor for each in events[1:] if each.anchor is not None]
        self.used += [each.value for each in events if each.kind is Kind.ALIAS]
        value = self.leaf(events[-1].end)
        return collection(self.text, events, kind, self.order) or value

    def to_end(self) -> Iterator[Event]:
        depth = 1
        while depth:
            event = next(self.events)
            depth += (event.kind in (Kind.MAPPING, Kind.SEQUENCE)) - (event.kind is Kind.END)
            yield event

    def block_scalar(self, event: Event, column: int) -> BlockScalar:
        """Return the content without its indentation. Empty lines behind belong to it only where they count."""
        header, *lines = self.text[event.start : event.end].split("\n")
        indicators = header.partition("#")[0]
        given = INDENTED_BY.search(indicators)
        filled = next((line for line in lines if line.strip(" ")), "")
        end, behind = event.end, self.blank_lines_behind(event.end)
        if given:
            depth = column + int(given.group())
        elif filled:
            depth = len(filled) - len(filled.lstrip(" "))
        else:
            # Lines of blanks alone are the indentation, and each of them is an empty line.
            depth = max(map(len, (*lines, *behind)), default=0)
        if "+" in indicators or any(len(line) > depth for line in behind):
            lines += behind
            end += sum(len(line) + 1 for line in behind)
        self.leaves.append((event.start, end))
        self.at = end
        if given:
            indicators = indicators.replace(given.group(), "2", 1)
        if end == len(self.text) and "-" not in indicators:
            # The content ends without a line break. The file gets one, so `-` must keep it out of the content.
            indicators = f"{indicators[:1]}-{indicators[1:].replace('+', '')}"
        header = indicators + header[len(header.partition("#")[0]) :]
        return BlockScalar(header.rstrip(" \t"), tuple(line[depth:] for line in lines))

    def blank_lines_behind(self, end: int) -> list[str]:
        found = BLANK_LINES.match(self.text, end)
        return found.group().split("\n")[1:] if found else []


def _double_quoted(value: Value) -> Value:
    """Return a text of several lines in double quotes, where they mean the same."""
    if not isinstance(value, Continued) or any(char in line for line in value.lines for char in '"\\'):
        return value
    first, *others, last = (line.replace("''", "\0").replace("'", '"').replace("\0", "'") for line in value.lines)
    return Continued((first, *others, last), value.indents, value.is_flow)


def _is_nothing(event: Event) -> bool:
    """Return whether a value is empty: nothing is written for it."""
    return event.kind is Kind.SCALAR and event.style is Style.PLAIN and not event.value
