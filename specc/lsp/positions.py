"""Lines and columns as editors count them: from 0, in units of an encoding that client and server agree on.

Everything else in specc counts code points of a text from its beginning.
"""

from enum import StrEnum

from specc.source import Source, Span


class Encoding(StrEnum):
    """What a column counts: bytes, halves of surrogate pairs, or code points."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"


Place = tuple[int, int]
"""A line and a column, both from 0."""


def units(text: str, encoding: Encoding) -> int:
    """Return how many columns a text takes."""
    if encoding is Encoding.UTF32 or text.isascii():
        return len(text)
    if encoding is Encoding.UTF8:
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text) + sum(character > "\uffff" for character in text)


def place_of(source: Source, offset: int, encoding: Encoding) -> Place:
    """Return the line and column of an offset, which is taken for the nearest one that the text has."""
    at = min(max(offset, 0), len(source.text))
    line = source.position(at).line - 1
    return line, units(source.text[source.line_starts[line] : at], encoding)


def offset_of(source: Source, place: Place, encoding: Encoding) -> int:
    """Return the offset of a line and column. Behind the end of a line is its end; inside a character, its beginning.

    A text can be shorter than its client thinks, so no place is wrong.
    """
    line, column = place
    if line < 0:
        return 0
    if line >= len(source.line_starts):
        return len(source.text)
    start, text = source.line_starts[line], source.line(line + 1)
    if encoding is Encoding.UTF32 or text.isascii():
        return start + min(max(column, 0), len(text))
    taken = 0
    for index, character in enumerate(text):
        taken += units(character, encoding)
        if taken > column:
            return start + index
    return start + len(text)


def range_of(span: Span, encoding: Encoding) -> tuple[Place, Place]:
    """Return where a span begins and ends."""
    start = place_of(span.source, span.start, encoding)
    return start, max(start, place_of(span.source, span.end, encoding))
