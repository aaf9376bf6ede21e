"""An API page: its call, and the tables of the request and of the response."""

import re
from collections.abc import Iterator
from dataclasses import field
from enum import StrEnum
from posixpath import basename
from urllib.parse import urlsplit

from specc.diagnostics import Diagnostic, codes
from specc.fast_dataclass import dataclass
from specc.schemagen.markdown import Block, Code, Grid, Heading, Paragraph, read_blocks
from specc.schemagen.table import Role, Table, read_table, role_of
from specc.source import Source, Span

MAX_LENGTH = 49_152
"""More than twice the longest page of the documentation."""

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
PATH = re.compile(r"/?[A-Za-z0-9_{}.-]+(?:/[A-Za-z0-9_{}.-]+)*/?")
RULE = frozenset("-:| \t>")


class Section(StrEnum):
    """The subject of a part of a page. OTHER are headings that have nothing to do with the call."""

    ACTION = "action"
    METHOD = "method"
    REQUEST = "request"
    RESPONSE = "response"
    OTHER = "other"


WORDS: tuple[tuple[Section, tuple[str, ...]], ...] = (
    (Section.OTHER, ("示例", "样例", "example", "sample", "错误", "error", "公共", "common")),
    (Section.METHOD, ("方式", "方法", "method")),
    (Section.ACTION, ("action",)),
    (Section.RESPONSE, ("响应", "返回", "response")),
    (Section.REQUEST, ("请求", "参数", "request", "parameter")),
)
"""Words of headings. The first line with a word decides, so an example request is an example."""


@dataclass(frozen=True, slots=True, eq=False)
class Message:
    """A request or a response: its table, and further tables of its section, such as the elements of a list.

    `heading` is that of the section, or None.
    """

    table: Table | None = None
    further: tuple[Table, ...] = ()
    heading: Span | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """An API page as understood. Whatever the page does not say is None or empty."""

    source: Source
    introduction: str
    action: str | None
    method: str | None
    endpoint: str | None
    request: Message
    response: Message

    def line_of(self, span: Span) -> str:
        """Return `file:line`, the same on every machine."""
        return f"{basename(self.source.path)}:{span.first.line}"


@dataclass(slots=True)
class Reader:
    """The headings above the current block, and what was read so far."""

    trail: list[tuple[int, str, Section | None]] = field(default_factory=list)
    headings: dict[Section, Span] = field(default_factory=dict)
    texts: dict[Section | None, list[Paragraph]] = field(default_factory=dict)
    grids: list[tuple[Section | None, str, Grid]] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)

    def section(self) -> Section | None:
        """Return the section that the current block belongs to."""
        return next((section for _, _, section in reversed(self.trail) if section), None)

    def read(self, block: Block) -> None:
        """Read one more block."""
        match block:
            case Heading():
                self.trail = [part for part in self.trail if part[0] < block.level]
                section = section_of(block.text)
                self.trail.append((block.level, block.text, section))
                if section:
                    self.headings.setdefault(section, block.span)
            case Paragraph():
                self.texts.setdefault(self.section() if self.trail else None, []).append(block)
            case Code():
                self.codes.append(block.text)
            case Grid():
                self.grids.append((self.section(), self.trail[-1][1] if self.trail else "", block))


def section_of(heading: str) -> Section | None:
    """Return what a heading announces. None leaves the block in the section around it."""
    text = heading.casefold()
    return next((section for section, words in WORDS if any(word in text for word in words)), None)


def read_page(source: Source) -> tuple[Page | None, list[Diagnostic]]:
    """Return the page of any Markdown text, or None for a text without tables.

    A table holds its own diagnostics, which `build_request` and `build_response` report.
    """
    if len(source.text) > MAX_LENGTH:
        message = f"the page has {len(source.text):,} characters, more than {MAX_LENGTH:,}"
        return None, [codes.TOO_LARGE.at(source.span(), message)]
    reader = Reader()
    blocks = read_blocks(source)
    for block in blocks:
        reader.read(block)
    if not reader.grids:
        return None, [_no_table(source, reader)]
    request, response = _messages(reader)
    first = next((i for i, block in enumerate(blocks) if not isinstance(block, Paragraph)), len(blocks))
    introduction = "\n".join(block.text for block in blocks[:first] if isinstance(block, Paragraph))
    page = Page(
        source,
        introduction,
        action=next(_matching(reader, Section.ACTION, PATH), "").strip("/") or None,
        method=next((word for text in _texts(reader, Section.METHOD) if (word := text.upper()) in METHODS), None),
        endpoint=next((url for code in reader.codes if (url := endpoint_of(code))), None),
        request=request,
        response=response,
    )
    return page, []


def _no_table(source: Source, reader: Reader) -> Diagnostic:
    """Return the diagnostic of a page without a table, or with lines that only look like a table."""
    for paragraph in (text for texts in reader.texts.values() for text in texts):
        lines = paragraph.span.text.splitlines()
        if len(lines) > 1 and "|" in lines[0] and "-" in lines[1] and RULE.issuperset(lines[1]):
            message = "this is not a table, because the line under the header has another number of cells"
            start = paragraph.span.start
            return codes.BAD_TABLE.at(source.span(start, start + len(lines[0])), message)
    help = "give the Markdown page of the API call, with a table of its parameters"
    heading = reader.headings.get(Section.REQUEST) or reader.headings.get(Section.RESPONSE) or source.span()
    return codes.BAD_TABLE.at(heading, "the page has no parameter table", help=help)


def _messages(reader: Reader) -> tuple[Message, Message]:
    grids: dict[Section, list[tuple[str, Grid]]] = {Section.REQUEST: [], Section.RESPONSE: []}
    for section, caption, grid in reader.grids:
        if section in grids:
            grids[section].append((caption, grid))
    if not any(grids.values()) and len(reader.grids) == 1:
        _, caption, grid = reader.grids[0]
        grids[_only(grid)].append((caption, grid))
    return _message(reader, Section.REQUEST, grids), _message(reader, Section.RESPONSE, grids)


def _only(grid: Grid) -> Section:
    """Return what the only table of a page without headings describes.

    It describes a request, unless it has examples and no column of what is required.
    """
    roles = {role_of(cell.text) for cell in grid.header.cells}
    return Section.RESPONSE if Role.EXAMPLE in roles and Role.REQUIRED not in roles else Section.REQUEST


def _message(reader: Reader, section: Section, grids: dict[Section, list[tuple[str, Grid]]]) -> Message:
    wants_required = section is Section.REQUEST
    tables = [
        read_table(grid, caption, wants_required=wants_required and index == 0)
        for index, (caption, grid) in enumerate(grids[section])
    ]
    return Message(tables[0] if tables else None, tuple(tables[1:]), reader.headings.get(section))


def _texts(reader: Reader, section: Section) -> Iterator[str]:
    return (paragraph.text for paragraph in reader.texts.get(section, ()))


def _matching(reader: Reader, section: Section, pattern: re.Pattern[str]) -> Iterator[str]:
    return (text for text in _texts(reader, section) if pattern.fullmatch(text))


def endpoint_of(code: str) -> str | None:
    """Return the first URL of a code block up to its `/api`, or its scheme and host without `/api`."""
    url = next((word for word in code.split() if word.startswith(("https://", "http://"))), None)
    if url is None:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if not parts.netloc:
        return None
    prefix = "/api" if parts.path == "/api" or parts.path.startswith("/api/") else ""
    return f"{parts.scheme}://{parts.netloc}{prefix}"
