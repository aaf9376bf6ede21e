"""A Markdown page as a list of headings, paragraphs, code blocks and tables, every table cell with its place."""

from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

from specc.fast_dataclass import dataclass
from specc.schemagen.inline import is_bold, plain
from specc.source import Source, Span

BOLD_LEVEL = 7
"""A paragraph in bold is a heading below those that Markdown has."""

BYTE_ORDER_MARK = "\ufeff"

BLOCKS = MarkdownIt("commonmark").enable("table").disable("inline")
"""Finds blocks only. Inline text is read where it matters, which keeps a hostile page cheap."""


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Heading:
    level: int
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Code:
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """Cells as the header has them; `surplus` is the place of those that are too many."""

    cells: tuple[Cell, ...]
    span: Span
    surplus: Span | None = None


@dataclass(frozen=True, slots=True)
class Grid:
    """A table. `torn` is the line behind it that was probably meant to be a row."""

    header: Row
    rows: tuple[Row, ...]
    torn: Span | None = None


Block = Heading | Paragraph | Code | Grid


def read_blocks(source: Source) -> list[Block]:
    """The page's blocks in order, without its front matter. Never raises, whatever the text."""
    tokens = BLOCKS.parse(_without_front_matter(source))
    blocks: list[Block] = []
    index = 0
    while index < len(tokens):
        token = tokens[index]
        if token.type == "table_open":
            end = next(i for i in range(index, len(tokens)) if tokens[i].type == "table_close")
            blocks.append(_grid(source, tokens[index:end], tokens[end + 1 : end + 50]))
            index = end
        elif token.type == "inline":
            blocks.append(_text(source, token, tokens[index - 1]))
        elif token.type in ("fence", "code_block"):
            blocks.append(Code(token.content))
        index += 1
    return blocks


def _without_front_matter(source: Source) -> str:
    """The text with empty lines in the place of its `---` header, so that line numbers stay; no byte order mark."""
    if source.line(1).lstrip(BYTE_ORDER_MARK).rstrip() == "---":
        for number in range(2, len(source.line_starts) + 1):
            if source.line(number).rstrip() in ("---", "..."):
                rest = source.line_starts[number:]
                return "\n" * number + (source.text[rest[0] :] if rest else "")
    return source.text.replace(BYTE_ORDER_MARK, " ", 1) if source.text.startswith(BYTE_ORDER_MARK) else source.text


def _text(source: Source, token: Token, opening: Token) -> Heading | Paragraph:
    span = _lines(source, token)
    text = plain(token.content)
    if opening.type == "heading_open":
        return Heading(int(opening.tag[1:]), text, span)
    return Heading(BOLD_LEVEL, text, span) if is_bold(token.content) else Paragraph(text, span)


def _lines(source: Source, token: Token) -> Span:
    """The lines of a block, without the space around them."""
    first, last = token.map or [0, 1]
    start = source.line_starts[first]
    end = source.line_starts[last] if last < len(source.line_starts) else len(source.text)
    text = source.text[start:end]
    return source.span(start + len(text) - len(text.lstrip()), start + len(text.rstrip()))


def _grid(source: Source, tokens: list[Token], behind: list[Token]) -> Grid:
    rows: list[Row] = []
    for index, token in enumerate(tokens):
        if token.type == "tr_open":
            end = next(i for i in range(index, len(tokens)) if tokens[i].type == "tr_close")
            contents = [inner.content for inner in tokens[index:end] if inner.type == "inline"]
            rows.append(_row(source, (token.map or [0])[0] + 1, contents))
    table_end = (tokens[0].map or [0, 0])[1]
    return Grid(rows[0], tuple(rows[1:]), _torn(source, table_end, behind))


def _torn(source: Source, table_end: int, behind: list[Token]) -> Span | None:
    """A block that follows without an empty line and has a bar in it: HTML that starts a line ends a table."""
    following = next((token for token in behind if token.map is not None), None)
    if following is None or following.map is None or following.map[0] != table_end:
        return None
    if following.type in ("heading_open", "fence") or "|" not in _lines(source, following).text:
        return None
    start = source.line_starts[table_end]
    return source.span(start, start + len(source.line(table_end + 1)))


def _row(source: Source, number: int, contents: list[str]) -> Row:
    """The cells of line `number`, found again in its text, because markdown-it tells lines only."""
    line, offset = source.line(number), source.line_starts[number - 1]
    places = list(_stretches(line))
    start, end = places[0]
    head = line[start:end].rstrip()
    if contents[0] and head.replace("\\|", "|").endswith(contents[0]):
        places[0] = (start + len(head) - len(contents[0]) - contents[0].count("|"), end)
    else:
        places.pop(0)
    if places and not line[slice(*places[-1])].strip():
        places.pop()
    spans = [_trimmed(source, offset + start, offset + end) for start, end in places]
    surplus = spans[len(contents)] if len(spans) > len(contents) else None
    place = source.span(offset + len(line.rstrip()))
    spans += [place] * (len(contents) - len(spans))
    cells = tuple(Cell(plain(text), span) for text, span in zip(contents, spans, strict=False))
    return Row(cells, _trimmed(source, offset, offset + len(line)), surplus)


def _stretches(line: str) -> Iterator[tuple[int, int]]:
    """Where the text between bars begins and ends. A bar behind a backslash is text."""
    start = 0
    for index, character in enumerate(line):
        if character == "|" and line[index - 1 : index] != "\\":
            yield start, index
            start = index + 1
    yield start, len(line)


def _trimmed(source: Source, start: int, end: int) -> Span:
    """The stretch without the space around it; for an empty one, the place behind its first space."""
    text = source.text[start:end]
    if not text.strip():
        return source.span(min(start + 1, end))
    return source.span(start + len(text) - len(text.lstrip()), start + len(text.rstrip()))
