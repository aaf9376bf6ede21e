"""A Markdown page as a list of headings, paragraphs, code blocks and tables, every table cell with its span.

In the text of a piece of Markdown, HTML tags are read as layout, and the marks of Markdown are dropped.
"""

from collections.abc import Iterable, Iterator
from html import escape
from html.parser import HTMLParser

from markdown_it import MarkdownIt
from markdown_it.token import Token

from specc.fast_dataclass import dataclass
from specc.source import Source, Span

BOLD_LEVEL = 7
"""The level of a paragraph in bold, which is a heading below those of Markdown."""

BYTE_ORDER_MARK = "\ufeff"

BLOCKS = MarkdownIt("commonmark").enable("table").disable("inline")
"""Finds blocks only. Inline text is read where it matters, which keeps a hostile page cheap."""

BREAKS = frozenset(["br", "dd", "div", "dl", "dt", "hr", "li", "ol", "p", "pre", "table", "tr", "ul"])
CELLS = frozenset(["tbody", "td", "th", "thead"])
MARKS = frozenset(["a", "b", "big", "center", "code", "del", "em", "font", "i", "kbd", "mark", "s", "small", "span"])
SMALL_MARKS = frozenset(["strike", "strong", "sub", "sup", "tt", "u"])
LAYOUT = BREAKS | CELLS | MARKS | SMALL_MARKS
"""Tags that say how a text looks. Any other tag is a placeholder in the text, such as `<name>`."""

INLINE = MarkdownIt("commonmark")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading, or a paragraph in bold."""

    level: int
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of text."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Code:
    """A block of code."""

    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """As many cells as the header has; `surplus` is the span of the first cell beyond them."""

    cells: tuple[Cell, ...]
    span: Span
    surplus: Span | None = None


@dataclass(frozen=True, slots=True)
class Grid:
    """A table. `torn` is the line behind the table that was probably meant to be a row."""

    header: Row
    rows: tuple[Row, ...]
    torn: Span | None = None


Block = Heading | Paragraph | Code | Grid


def read_blocks(source: Source) -> list[Block]:
    """Return the blocks of a page in order, without its front matter. No text raises an error."""
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
    """Return the text with empty lines instead of its `---` header, so that line numbers stay; no byte order mark."""
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
    """Return the lines of a block, without the space around them."""
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
    """Return the line of a block with a bar that follows without an empty line: HTML at a line's start ends a table."""
    following = next((token for token in behind if token.map is not None), None)
    if following is None or following.map is None or following.map[0] != table_end:
        return None
    if following.type in ("heading_open", "fence") or "|" not in _lines(source, following).text:
        return None
    start = source.line_starts[table_end]
    return source.span(start, start + len(source.line(table_end + 1)))


def _row(source: Source, number: int, contents: list[str]) -> Row:
    """Return the cells of line `number`, found in its text, because markdown-it tells only lines."""
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
    """Yield where each text between bars begins and ends. A bar behind a backslash is text."""
    start = 0
    for index, character in enumerate(line):
        if character == "|" and line[index - 1 : index] != "\\":
            yield start, index
            start = index + 1
    yield start, len(line)


def _trimmed(source: Source, start: int, end: int) -> Span:
    """Return a range without the space around it; for an empty range, the position behind its first space."""
    text = source.text[start:end]
    if not text.strip():
        return source.span(min(start + 1, end))
    return source.span(start + len(text) - len(text.lstrip()), start + len(text.rstrip()))


class Layout(HTMLParser):
    """Collects text. A tag that starts a line adds a line break, a list item also a dash."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in BREAKS:
            self.parts.append("\n- " if tag == "li" else "\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in BREAKS:
            self.parts.append("\n")


def plain(markdown: str) -> str:
    """Return the text that a reader of the page sees, one line for each line shown, list items with a dash."""
    layout = Layout()
    for token in tokens(markdown):
        layout.feed(_markup(token))
    layout.close()
    lines = (" ".join(line.split()) for line in "".join(layout.parts).split("\n"))
    return "\n".join(line for line in lines if line not in ("", "-"))


def is_bold(markdown: str) -> bool:
    """Return whether a whole text is bold, as the headings of some pages are."""
    if not markdown.startswith(("**", "__")):
        return False
    shown = [token for token in tokens(markdown) if token.type != "text" or token.content]
    depths = list(_depths(shown))
    return bool(shown) and shown[0].type == "strong_open" and depths[-1] == 0 and 0 not in depths[:-1]


def tokens(markdown: str) -> list[Token]:
    """Return the inline tokens of a text."""
    return INLINE.parseInline(markdown)[0].children or []


def _depths(shown: Iterable[Token]) -> Iterable[int]:
    """Yield how deep in bold the text is behind each token."""
    depth = 0
    for token in shown:
        depth += {"strong_open": 1, "strong_close": -1}.get(token.type, 0)
        yield depth


def _markup(token: Token) -> str:
    match token.type:
        case "html_inline":
            return token.content if _is_layout(token.content) else escape(_visible(token.content), quote=False)
        case "softbreak" | "hardbreak":
            return "\n"
        case _:
            return escape(token.content, quote=False)


def _is_layout(tag: str) -> bool:
    name = tag.strip("</>").split(maxsplit=1)
    return bool(name) and name[0].rstrip("/").lower() in LAYOUT


def _visible(tag: str) -> str:
    return "" if tag.startswith(("<!", "<?")) else tag
