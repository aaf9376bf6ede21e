"""The events of any YAML text, read by ruamel.yaml in Python."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml import events as ruamel
from ruamel.yaml.error import MarkedYAMLError

from specc.nodes import Style
from specc.parser.event import (
    DepthProblem,
    Event,
    Kind,
    Stretch,
    SyntaxProblem,
    next_token,
    place_of_nothing,
    without_blank_lines,
)
from specc.parser.reading import SpecReader, SpecScanner, TooDeep

STYLES = {None: Style.PLAIN, "'": Style.SINGLE, '"': Style.DOUBLE, "|": Style.LITERAL, ">": Style.FOLDED}

LOOKALIKES = "\x85\u2028\u2029\ufeff"
"""Ordinary characters of YAML 1.2 that ruamel.yaml, as YAML 1.1, reads as line breaks or skips."""


class PureEvents:
    """The events of `text[start:]`; all offsets count from the start of `text`.

    Iterating raises `SyntaxProblem` or `DepthProblem` where the text cannot be read on. `tags` and `templates` tell
    where tags and unquoted templates were met so far, and `scalars` where all scalars were, in the order of the text.
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
        self.scalars: list[Stretch] = []

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
        except TooDeep as error:
            raise DepthProblem(self.offset(error.problem_mark)) from error
        except MarkedYAMLError as error:
            problem = ": ".join(filter(None, (error.context, error.problem)))
            at = self.offset(error.problem_mark or error.context_mark)
            context_at = self.offset(error.context_mark) if error.context_mark else None
            raise SyntaxProblem(self.restored(problem), at, context_at) from error
        except (ValueError, OverflowError) as error:  # an escape such as "\UFFFFFFFF"
            raise SyntaxProblem("no such character", self.base + self.scanner.reader.index, None) from error

    def event(self, event: ruamel.Event) -> Event | None:
        start, end = self.offset(event.start_mark), self.offset(event.end_mark)
        match event:
            case ruamel.ScalarEvent():
                style = STYLES[event.style]
                if start == end:
                    start = end = self.base + place_of_nothing(self.text, start - self.base)
                start = min(self.content_start(start), end)
                if style in (Style.LITERAL, Style.FOLDED):
                    end = start + len(without_blank_lines(self.text[start - self.base : end - self.base]))
                self.scalars.append(Stretch(start, end, style))
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
        """Where the value behind its anchor and tag begins."""
        local = start - self.base
        while local in self.scanner.properties:
            local = self.scanner.properties[local]
            local = next_token(self.text, local)
        return self.base + local

    def restored(self, text: str) -> str:
        return text.translate(self.back) if self.back else text


def shielded(text: str) -> tuple[dict[int, str], str]:
    """The text with `LOOKALIKES` replaced by characters that it does not hold, and the way back."""
    if not any(character in text for character in LOOKALIKES):
        return {}, text
    unused = (chr(code) for code in chain(range(0xE000, 0xF900), range(0xF0000, 0xFFFFE)) if chr(code) not in text)
    stand_ins = dict(zip(map(ord, LOOKALIKES), unused, strict=False))
    back = {ord(stand_in): chr(code) for code, stand_in in stand_ins.items()}
    mark, rest = (text[:1], text[1:]) if text.startswith("\ufeff") else ("", text)
    return back, mark + rest.translate(stand_ins)
