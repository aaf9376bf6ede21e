"""The events of any YAML text, read by ruamel.yaml in Python, with the exceptions that a spec needs.

A tag, an unquoted `{{ template }}` and a line of `{% statement %}` are recorded and passed over instead of ending the
parse, so that one run reports all of them. Everything else is read by ruamel.yaml.
"""

import re
from collections.abc import Iterator
from itertools import chain
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml import events as ruamel
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.reader import Reader
from ruamel.yaml.scanner import Scanner
from ruamel.yaml.tokens import AliasToken, AnchorToken, ScalarToken, TagToken

from specc.nodes import Style
from specc.parser.events import (
    TEMPLATE,
    Event,
    Kind,
    NestedTooDeep,
    NotYaml,
    ScalarSpan,
    next_token,
    offset_of_nothing,
    without_blank_lines,
)
from specc.source import BLANKS

BLANK = {
    False: re.compile(r"(?:[ ]*+(?:#[^\r\n\0]*+)?(?:\r\n|\r|\n))*+[ ]*+(?:#[^\r\n\0]*+)?"),
    True: re.compile(r"(?:[ \t]*+(?:#[^\r\n\0]*+)?(?:\r\n|\r|\n))*+[ \t]*+(?:#[^\r\n\0]*+)?"),
}
"""Spaces, comments and line breaks, outside and inside of `[...]` and `{...}`."""

TAG = re.compile(r"!<[^>\s\0]*>?|![^\s\0,\[\]{}]*")
STATEMENT_LINE = re.compile(r"\{%[^\r\n\0]*%\}[ \t]*(?=[\r\n\0])")
BLOCK_END = re.compile(r"[ \t]#|:(?=[ \t\r\n\0])|[\r\n\0]|\{[{%]")
FLOW_END = re.compile(r"[ \t]#|:(?=[ \t\r\n\0])|[,\[\]{}\r\n\0]")
LINE_END = re.compile(r"[\r\n\0]")
OPENERS = ("{{", "{%")


class TooDeepMark(MarkedYAMLError):
    """Brackets are nested deeper than in any document that specc reads."""


class SpecReader(Reader):
    """Reads a text that is wholly in memory, and so needs less care than a stream."""

    def peek(self, index: int = 0) -> str:
        return str(self.buffer[self.pointer + index])

    def prefix(self, length: int = 1) -> str:
        return str(self.buffer[self.pointer : self.pointer + length])

    def forward(self, length: int = 1) -> None:
        chunk = self.buffer[self.pointer : self.pointer + length]
        if "\n" in chunk or "\r" in chunk or "\ufeff" in chunk:
            super().forward(length)
            return
        self.pointer += length
        self.index += length
        self.column += length


class SpecScanner(Scanner):
    """`properties` maps the start of an anchor or a tag to its end; `tags` and `templates` are spans to report."""

    max_depth = 1000

    def reset_scanner(self) -> None:
        super().reset_scanner()
        self.properties: dict[int, int] = {}
        self.tags: list[tuple[int, int]] = []
        self.templates: list[tuple[int, int]] = []

    @property
    def scanner_processing_version(self) -> tuple[int, int]:
        return (1, 2)

    def scan_to_next_token(self) -> None:
        """Skip blanks and comments, and the lines of template statements that stand between the lines of YAML."""
        reader = self.reader
        if reader.index == 0 and reader.peek() == "\ufeff":
            reader.forward()
        while True:
            self.skip(BLANK[bool(self.flow_context)])
            statement = STATEMENT_LINE.match(reader.buffer, reader.pointer)
            before = reader.buffer[reader.pointer - reader.column : reader.pointer]
            if statement is None or self.flow_context or before.strip(" "):
                return
            self.templates.append((reader.index, reader.index + len(statement.group().rstrip(BLANKS))))
            self.skip(STATEMENT_LINE)

    def skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.reader.buffer, self.reader.pointer)
        if match is None or not match.group():
            return
        if not self.flow_context and ("\n" in match.group() or "\r" in match.group()):
            self.allow_simple_key = True
        self.reader.forward(len(match.group()))

    def fetch_directive(self) -> None:
        raise MarkedYAMLError(problem="found a directive", problem_mark=self.reader.get_mark())

    def fetch_flow_collection_start(self, TokenClass: type, to_push: str) -> None:
        # ruamel.yaml looks up to 1024 characters ahead for the `:` of a key, over any number of brackets
        if len(self.flow_context) > self.max_depth:
            raise TooDeepMark(problem="too deep", problem_mark=self.reader.get_mark())
        super().fetch_flow_collection_start(TokenClass, to_push)

    def fetch_flow_mapping_start(self) -> None:
        if self.reader.prefix(2) in OPENERS:
            self.save_possible_simple_key()
            self.allow_simple_key = False
            self.tokens.append(self.scan_template())
        else:
            super().fetch_flow_mapping_start()

    def fetch_plain(self) -> None:
        """Read a plain scalar. Inside of `[...]` it ends at a brace, unless a template begins there."""
        super().fetch_plain()
        token: ScalarToken = self.tokens[-1]
        reader = self.reader
        between = reader.buffer[reader.pointer - (reader.index - token.end_mark.index) : reader.pointer]
        if reader.prefix(2) in OPENERS and not between.strip(" "):
            template = self.scan_template()
            self.templates[-1] = (token.start_mark.index, self.templates[-1][1])
            text = f"{token.value}{between}{template.value}"
            self.tokens[-1] = ScalarToken(text, True, token.start_mark, template.end_mark)

    def scan_template(self) -> ScalarToken:
        """Read an unquoted template with the text around it, as the plain scalar that its writer meant."""
        reader = self.reader
        ends = FLOW_END if self.flow_context else BLOCK_END
        end = reader.pointer
        while reader.buffer.startswith(OPENERS, end):
            inside = TEMPLATE.match(reader.buffer, end)
            # the NUL that ruamel.yaml puts behind the text always matches; an unclosed template takes the whole line
            after = (ends, inside.end()) if inside else (LINE_END, end)
            end = next(match.start() for match in after[0].finditer(reader.buffer, after[1]))
            if inside is None:
                break
        text = reader.buffer[reader.pointer : end].rstrip(" \t")
        start_mark = reader.get_mark()
        self.templates.append((reader.index, reader.index + len(text)))
        reader.forward(len(text))
        return ScalarToken(text, True, start_mark, reader.get_mark())

    def scan_anchor(self, TokenClass: type) -> AliasToken | AnchorToken:
        start = self.reader.index
        token: AliasToken | AnchorToken = super().scan_anchor(TokenClass)
        self.properties[start] = self.reader.index
        return token

    def scan_tag(self) -> TagToken:
        """Read any tag as the tag that changes nothing."""
        reader = self.reader
        start_mark, start = reader.get_mark(), reader.index
        match = TAG.match(reader.buffer, reader.pointer)
        reader.forward(len(match.group()) if match else 1)
        self.properties[start] = reader.index
        self.tags.append((start, reader.index))
        return TagToken((None, "!"), start_mark, reader.get_mark())


STYLES = {None: Style.PLAIN, "'": Style.SINGLE, '"': Style.DOUBLE, "|": Style.LITERAL, ">": Style.FOLDED}

LOOKALIKES = "\x85\u2028\u2029\ufeff"
"""Ordinary characters of YAML 1.2 that ruamel.yaml, as YAML 1.1, reads as line breaks or skips."""


class PureEvents:
    """The events of `text[start:]`; all offsets count from the start of `text`.

    Iterating raises `NotYaml` or `NestedTooDeep` where the text cannot be read further. `tags`, `templates` and
    `scalars` are the spans of tags, unquoted templates and scalars up to there, in the order of the text.
    """

    def __init__(self, text: str, start: int = 0, max_depth: int = 64) -> None:
        self.base = start
        self.text = text[start:]
        self.back, readable = shielded(self.text)
        yaml = YAML(typ="safe", pure=True)
        yaml.Reader = SpecReader
        yaml.Scanner = SpecScanner
        yaml.reader.stream = readable
        self.scanner: SpecScanner = yaml.scanner
        self.scanner.max_depth = max_depth
        self.parser = yaml.parser
        self.scalars: list[ScalarSpan] = []

    @property
    def tags(self) -> list[tuple[int, int]]:
        return [(self.base + start, self.base + end) for start, end in self.scanner.tags]

    @property
    def templates(self) -> list[tuple[int, int]]:
        return [(self.base + start, self.base + end) for start, end in self.scanner.templates]

    def __iter__(self) -> Iterator[Event]:
        try:
            while self.parser.check_event():
                event = self.event(self.parser.get_event())
                if event is not None:
                    yield event
        except TooDeepMark as error:
            raise NestedTooDeep(self.offset(error.problem_mark)) from error
        except MarkedYAMLError as error:
            problem = ": ".join(filter(None, (error.context, error.problem)))
            at = self.offset(error.problem_mark or error.context_mark)
            context_at = self.offset(error.context_mark) if error.context_mark else None
            raise NotYaml(self.restored(problem), at, context_at) from error
        except (ValueError, OverflowError) as error:  # an escape such as "\UFFFFFFFF"
            raise NotYaml("no such character", self.base + self.scanner.reader.index, None) from error

    def event(self, event: ruamel.Event) -> Event | None:
        start, end = self.offset(event.start_mark), self.offset(event.end_mark)
        match event:
            case ruamel.ScalarEvent():
                style = STYLES[event.style]
                if start == end:
                    start = end = self.base + offset_of_nothing(self.text, start - self.base)
                start = min(self.content_start(start), end)
                if style in (Style.LITERAL, Style.FOLDED):
                    end = start + len(without_blank_lines(self.text[start - self.base : end - self.base]))
                self.scalars.append(ScalarSpan(start, end, style))
                return Event(Kind.SCALAR, start, end, self.restored(event.value), style, self.anchor(event))
            case ruamel.MappingStartEvent() | ruamel.SequenceStartEvent():
                kind = Kind.MAPPING if isinstance(event, ruamel.MappingStartEvent) else Kind.SEQUENCE
                start = self.content_start(start)
                is_flow = self.text.startswith(("{", "["), start - self.base)
                return Event(kind, start, end, anchor=self.anchor(event), is_flow=is_flow)
            case ruamel.MappingEndEvent() | ruamel.SequenceEndEvent():
                return Event(Kind.END, start, end)
            case ruamel.AliasEvent():
                return Event(Kind.ALIAS, start, end, self.restored(event.anchor))
            case ruamel.DocumentStartEvent():
                return Event(Kind.DOCUMENT, start, end)
            case _:
                return None

    def anchor(self, event: ruamel.NodeEvent) -> str | None:
        return None if event.anchor is None else self.restored(event.anchor)

    def offset(self, mark: Any) -> int:
        return self.base + int(mark.index)

    def content_start(self, start: int) -> int:
        """Return the offset of a value, behind its anchor and tag."""
        local = start - self.base
        while local in self.scanner.properties:
            local = self.scanner.properties[local]
            local = next_token(self.text, local)
        return self.base + local

    def restored(self, text: str) -> str:
        return text.translate(self.back) if self.back else text


def shielded(text: str) -> tuple[dict[int, str], str]:
    """Return a table that restores the text, and the text with other characters in place of `LOOKALIKES`."""
    if not any(character in text for character in LOOKALIKES):
        return {}, text
    unused = (chr(code) for code in chain(range(0xE000, 0xF900), range(0xF0000, 0xFFFFE)) if chr(code) not in text)
    stand_ins = dict(zip(map(ord, LOOKALIKES), unused, strict=False))
    back = {ord(stand_in): chr(code) for code, stand_in in stand_ins.items()}
    mark, rest = (text[:1], text[1:]) if text.startswith("\ufeff") else ("", text)
    return back, mark + rest.translate(stand_ins)
