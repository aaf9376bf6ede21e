"""From a character of a scalar's value back to the characters that wrote it.

YAML writes one text in many ways: an escape is several characters for one, a folded line break is a space, a block's
indentation is not part of it. A message about a word in a value has to point at that word in the file, so the
written text is walked once more, and the walk must give the value again or it is not believed.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from specc.nodes.tree import Scalar, Style
from specc.source import Span

BREAK = re.compile(r"\r\n|\r|\n")
ESCAPE = re.compile(
    r"\\(?:x(?P<x>[0-9a-fA-F]{2})|u(?P<u>[0-9a-fA-F]{4})|U(?P<U>[0-9a-fA-F]{8})|(?P<char>.))", re.DOTALL
)
ESCAPED = {
    "0": "\0",
    "a": "\a",
    "b": "\b",
    "t": "\t",
    "\t": "\t",
    "n": "\n",
    "v": "\v",
    "f": "\f",
    "r": "\r",
    "e": "\x1b",
    " ": " ",
    '"': '"',
    "/": "/",
    "\\": "\\",
    "N": "\x85",
    "_": "\xa0",
    "L": "\u2028",
    "P": "\u2029",
}
BLOCK_HEADER = re.compile(r"[|>][-+0-9]*[ \t]*(?:#[^\r\n]*)?(?:\r\n|\r|\n|\Z)")

TOML_QUOTES = ('"""', "'''")
JOINED = re.compile(r"\\[ \t]*+\r?\n[ \t\r\n]*+")
"""A backslash at the end of a line, which in TOML takes all blanks and line breaks after it along."""


class Written(NamedTuple):
    """One character of a value, and where the source text writes it."""

    character: str
    start: int
    end: int


class Line(NamedTuple):
    """A line of a block: where its text begins and ends, and where the next line begins."""

    begin: int
    end: int
    after: int


def locate(scalar: Scalar, start: int, end: int) -> Span:
    """Return the span that wrote the characters `start` to `end` of a scalar's text.

    It is the span of the whole scalar where its text is not in the source: at an alias, or after it was computed.
    """
    written = written_characters(scalar)
    if written is None or not 0 <= start <= end <= len(written):
        return scalar.span
    if start < end:
        return Span(scalar.span.source, written[start].start, written[end - 1].end)
    after = written[-1].end if written else scalar.span.start
    offset = written[start].start if start < len(written) else after
    return Span(scalar.span.source, offset, offset)


@lru_cache(maxsize=64)
def written_characters(scalar: Scalar) -> tuple[Written, ...] | None:
    """Return the characters of a scalar's text as they are written, or None if the source does not write that text."""
    text = scalar.value if isinstance(scalar.value, str) else scalar.raw
    source, start, end = scalar.span
    match scalar.style:
        case Style.PLAIN:
            written = flow(source.text, start, end, scalar.style)
        case Style.SINGLE | Style.DOUBLE:
            written = flow(source.text, start + 1, end - 1, scalar.style)
        case Style.LITERAL if source.text.startswith(TOML_QUOTES, start):
            written = toml(source.text, start, end)
        case Style.LITERAL | Style.FOLDED:
            written = block(source.text, start, text, is_folded=scalar.style is Style.FOLDED)
    # a block reaches to the end of its blank lines, and only the value says how many of them are part of it
    found = tuple(character for character, _ in zip(written, text, strict=False))
    return found if "".join(character.character for character in found) == text else None


def flow(text: str, at: int, end: int, style: Style) -> Iterator[Written]:
    """Yield the characters of a plain or quoted scalar, with its escapes, and line breaks that fold to a space."""
    while at < end:
        character = text[at]
        if character in " \t\r\n":
            run = at
            while run < end and text[run] in " \t\r\n":
                run += 1
            yield from folded_blank(text, at, run)
            at = run
        elif style is Style.DOUBLE and character == "\\":
            written, at = escape(text, at)
            yield from written
        elif style is Style.SINGLE and text.startswith("''", at):
            yield Written("'", at, at + 2)
            at += 2
        else:
            yield Written(character, at, at + 1)
            at += 1


def toml(text: str, start: int, end: int) -> Iterator[Written]:
    """Yield the characters of a TOML text of several lines, without a line break right after its opening quotes."""
    has_escapes, stop = text[start] == '"', end - len(TOML_QUOTES[0])
    first = BREAK.match(text, start + len(TOML_QUOTES[0]))
    at = first.end() if first else start + len(TOML_QUOTES[0])
    while at < stop:
        if has_escapes and (joined := JOINED.match(text, at)):
            at = joined.end()
        elif has_escapes and text[at] == "\\":
            written, at = escape(text, at)
            yield from written
        elif text.startswith("\r\n", at):
            yield Written("\n", at, at + 2)
            at += 2
        else:
            yield Written(text[at], at, at + 1)
            at += 1


def folded_blank(text: str, at: int, end: int) -> Iterator[Written]:
    """Yield what a run of blanks writes: itself within a line, else a space, or all its line breaks but the first."""
    breaks = [Written("\n", match.start(), match.end()) for match in BREAK.finditer(text, at, end)]
    if not breaks:
        yield from (Written(text[index], index, index + 1) for index in range(at, end))
    elif len(breaks) == 1:
        yield Written(" ", breaks[0].start, breaks[0].end)
    else:
        yield from breaks[1:]


def escape(text: str, at: int) -> tuple[list[Written], int]:
    """Return what an escape writes, and where it ends. An escaped line break writes the empty lines after it."""
    match = ESCAPE.match(text, at)
    if match is None:
        return [], at + 1
    if match["char"] is None:
        code = int(match["x"] or match["u"] or match["U"], 16)
        return [Written(chr(code), at, match.end())], match.end()
    if match["char"] in "\r\n":
        end = at + 1
        while end < len(text) and text[end] in " \t\r\n":
            end += 1
        breaks = [Written("\n", found.start(), found.end()) for found in BREAK.finditer(text, at, end)]
        return breaks[1:], end
    return [Written(ESCAPED.get(match["char"], ""), at, match.end())], match.end()


def block(text: str, start: int, value: str, *, is_folded: bool) -> Iterator[Written]:
    """Yield the characters of a literal or folded scalar, line by line, to the end of the file if need be."""
    header = BLOCK_HEADER.match(text, start)
    if header is None:
        return
    lines = list(block_lines(text, header.end(), indentation(text, header.end(), value)))
    for (begin, end, after), character in zip(lines, line_ends(text, lines, is_folded=is_folded), strict=True):
        yield from (Written(text[index], index, index + 1) for index in range(begin, end))
        if character:
            yield Written(character, end, after)


def line_ends(text: str, lines: list[Line], *, is_folded: bool) -> Iterator[str]:
    """Yield what each line's break becomes: a line break, in a folded text also a space or nothing."""
    # from the last line back: the beginning of the next line that is not empty, or None
    following: list[int | None] = [None]
    for begin, end, _ in reversed(lines):
        following.append(begin if end > begin else following[-1])
    following.reverse()
    for number, (begin, end, _) in enumerate(lines):
        beginning = following[number + 1]
        does_fold = is_folded and end > begin and beginning is not None and not text.startswith((" ", "\t"), begin)
        if not does_fold or beginning is None or text.startswith((" ", "\t"), beginning):
            yield "\n"
        else:
            yield " " if lines[number + 1].begin == beginning else ""


def folds(scalar: Scalar) -> Iterator[int]:
    """Yield the offsets in a folded scalar's text of the spaces that stand for line breaks."""
    text, value = scalar.span.source.text, str(scalar.value)
    header = BLOCK_HEADER.match(text, scalar.span.start)
    if header is None:
        return
    lines = list(block_lines(text, header.end(), indentation(text, header.end(), value)))
    at = 0
    for line, character in zip(lines, line_ends(text, lines, is_folded=True), strict=True):
        at += line.end - line.begin
        if at >= len(value):
            return
        if character == " ":
            yield at
        at += len(character)


def block_lines(text: str, at: int, indent: float) -> Iterator[Line]:
    """Yield the lines of a block scalar without their indentation, up to a line that is indented less."""
    while at < len(text):
        found = BREAK.search(text, at)
        end, after = (found.start(), found.end()) if found else (len(text), len(text))
        spaces = leading_spaces(text, at, end)
        if spaces < indent and at + spaces < end:
            return
        yield Line(at + int(min(spaces, indent)), end, after)
        at = after


def indentation(text: str, at: int, value: str) -> float:
    """Return the indentation of a block: that of its first line of text, less the spaces of that line in the value."""
    for match in re.finditer(r"[^\r\n]+", text[at:]):
        line = match.group()
        if line.strip(" "):
            first = next((kept for kept in value.split("\n") if kept.strip(" ")), None)
            if first is None:
                break
            return leading_spaces(line, 0, len(line)) - leading_spaces(first, 0, len(first))
    return float("inf")


def leading_spaces(text: str, start: int, end: int) -> int:
    return end - start - len(text[start:end].lstrip(" "))
