"""Diagnostics for people: the source line, carets under it, and the way out, in the manner of rustc and ruff.

A mark over several lines is a bar at their left, closed by a caret under its last character:

    7 | / job:
    8 | |   core_limit: 4
      | |_______________^ label
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from specc.diagnostics import Diagnostic
from specc.fast_dataclass import dataclass
from specc.language import Translate, in_english
from specc.reporters.counts import sum_up
from specc.reporters.display import Strip, cells, strip
from specc.reporters.locations import is_file, stretch, uri
from specc.reporters.paint import Paint, Style, painter
from specc.reporters.report import Report, sort
from specc.source import Position, Source, Span
from specc.visible import visible

WIDTH = 120
LEAST_ROOM = 20
MANY = 50
NEAR_LINES = 4
NEAR_COLUMNS = 40
LONG = 6
OPEN_LINK, CLOSE_LINK = "\x1b]8;;", "\x1b\\"


@dataclass(frozen=True, slots=True)
class Links:
    """Makes links that a terminal opens when they are clicked: OSC 8 hyperlinks. Other terminals show the text.

    https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda describes them. Relative paths begin in `folder`,
    which is absolute; `host` is the name of the machine.

    With the name of the machine, a terminal on another machine knows that it does not have the file.
    """

    folder: str
    host: str

    def path(self, path: str, shown: str) -> str:
        """Return `shown` as a link to the file of a path, or unchanged where the path is not of a file."""
        if not is_file(path):
            return shown
        whole = path if path.startswith("/") else f"{self.folder.rstrip('/')}/{path}"
        return f"{OPEN_LINK}file://{uri(self.host)}{uri(whole)}{CLOSE_LINK}{shown}{OPEN_LINK}{CLOSE_LINK}"


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch to underline, with the text beside the underline. `last` is the position just behind it."""

    first: Position
    last: Position
    label: str
    style: Style

    @property
    def many_lines(self) -> bool:
        return self.first.line < self.last.line

    def lines(self) -> list[int]:
        """Return the lines worth showing: of a long stretch, its first three and last two."""
        numbers = list(range(self.first.line, self.last.line + 1))
        return numbers if len(numbers) <= LONG else [*numbers[:3], *numbers[-2:]]


@dataclass(frozen=True, slots=True)
class Snippet:
    """Lines of one source with their marks. Only the first mark, which is the main one, may span lines."""

    source: Source
    marks: tuple[Mark, ...]

    def lines(self) -> list[int]:
        """Return the lines to show, in order and without a gap of a single line, which would save nothing."""
        marked = sorted({line for mark in self.marks for line in mark.lines()})
        fillers = {line + 1 for line in marked if line + 2 in marked}
        return sorted({*marked, *fillers})


@dataclass(frozen=True, slots=True)
class Page:
    """What all rows share. `margin` is the width of the line numbers, `width` that of a whole row."""

    margin: int
    width: int
    paint: Paint
    links: Links | None = None
    translate: Translate = in_english

    def row(self, body: str = "", number: int | None = None) -> str:
        head = f"{'' if number is None else number:>{self.margin}} |"
        return f"{self.paint('frame', head)} {body}".rstrip()


def render(
    report: Report,
    *,
    color: bool,
    width: int = WIDTH,
    links: Links | None = None,
    translate: Translate = in_english,
) -> str:
    """Return the whole report, ending in a line that sums it up. No source line takes more than `width` columns."""
    paint = painter(color)
    page = Page(0, width, paint, links, translate)
    blocks = ["\n".join(_lines(diagnostic, page)) for diagnostic in sort(report.diagnostics)]
    summary = sum_up(report.summary, paint, translate)
    if len(blocks) > MANY:
        # Nothing is left out, because a log cannot be asked again. But so many diagnostics are read by code.
        hint = translate("`--statistics` counts them by code")
        summary += f"\n{paint('help', translate('help'))}: {hint}"
    return "\n\n".join([*blocks, summary]) + "\n"


def _lines(diagnostic: Diagnostic, unset: Page) -> Iterator[str]:
    paint = unset.paint
    style: Style = "error" if diagnostic.is_error else "warning"
    severity = unset.translate(diagnostic.severity.value)
    title = f"{severity}[{diagnostic.code.code} {diagnostic.code.slug}]"
    yield paint(style, title) + paint("bold", f": {visible(unset.translate(diagnostic.message))}")
    first, *others = _snippets(diagnostic, unset.translate)
    page = replace(unset, margin=max(len(str(snippet.lines()[-1])) for snippet in (first, *others)))
    yield from _snippet(first, "-->", page)
    for snippet in others:
        yield page.row()
        yield from _snippet(snippet, ":::", page)
    if diagnostic.notes or diagnostic.help:
        yield page.row()
    for note in diagnostic.notes:
        yield from _hint("bold", "note", note, page)
    if diagnostic.help:
        yield from _hint("help", "help", diagnostic.help, page)


def _snippet(snippet: Snippet, arrow: str, page: Page) -> Iterator[str]:
    line, column = snippet.marks[0].first
    location = f"{visible(snippet.source.path)}:{line}:{column}"
    shown = page.links.path(snippet.source.path, location) if page.links else location
    yield f"{' ' * page.margin}{page.paint('frame', arrow)} {shown}"
    if snippet.source.text or any(mark.label for mark in snippet.marks):
        yield page.row()
        yield from _draw(snippet, page)


def _hint(style: Style, name: str, text: str, page: Page) -> Iterator[str]:
    """Yield `= help: ...`. The lines of a longer text stand under its first."""
    first, *rest = page.translate(text).split("\n")
    word = page.translate(name)
    yield f"{' ' * page.margin} {page.paint('frame', '=')} {page.paint(style, word)}: {visible(first)}"
    for line in rest:
        yield f"{' ' * (page.margin + cells(word) + 5)}{visible(line)}".rstrip()


def _snippets(diagnostic: Diagnostic, translate: Translate) -> list[Snippet]:
    """Return the snippet of the span itself with the labels that are near it, then those of labels elsewhere."""
    style: Style = "error" if diagnostic.is_error else "warning"
    found = [Snippet(diagnostic.span.source, (_mark(diagnostic.span, translate(diagnostic.label), style),))]
    for label in diagnostic.labels:
        _add(found, label.span.source, _mark(label.span, translate(label.message), "frame"))
    return found


def _add(found: list[Snippet], source: Source, mark: Mark) -> None:
    for index, snippet in enumerate(found):
        if snippet.source is source and _is_near(mark, snippet.marks):
            found[index] = Snippet(source, (*snippet.marks, mark))
            return
    found.append(Snippet(source, (mark,)))


def _is_near(mark: Mark, marks: tuple[Mark, ...]) -> bool:
    if mark.many_lines:
        return False
    line = mark.first.line
    beside = [other for other in marks if other.first.line <= line <= other.last.line]
    if beside:
        return all(abs(other.first.column - mark.first.column) <= NEAR_COLUMNS for other in beside)
    return any(min(abs(other.first.line - line), abs(other.last.line - line)) <= NEAR_LINES for other in marks)


def _mark(span: Span, label: str, style: Style) -> Mark:
    first, last = stretch(span)
    return Mark(first, last, label, style)


def _draw(snippet: Snippet, page: Page) -> Iterator[str]:
    """Yield the rows of a snippet, source lines and marks."""
    main = snippet.marks[0]
    bar = main if main.many_lines else None
    room = max(page.width - page.margin - len(" | ") - (2 if bar else 0), LEAST_ROOM)
    numbers = snippet.lines()
    for previous, number in pairwise([numbers[0], *numbers]):
        if number > previous + 1:
            yield _gap(number, bar, page)
        marks = [mark for mark in snippet.marks if not mark.many_lines and mark.first.line == number]
        shown = strip(snippet.source.line(number), _focus(number, marks, bar), room)
        if bar is None:
            yield page.row(shown.text, number)
            yield from (page.row(_underline(mark, shown, page.paint)) for mark in marks)
        else:
            yield from _beside(bar, marks, shown, number, page)


def _beside(bar: Mark, marks: list[Mark], shown: Strip, number: int, page: Page) -> Iterator[str]:
    """Yield the rows of one line that has the bar, or its column, at the left."""
    opens, closes = number == bar.first.line, number == bar.last.line
    start = shown.column(bar.first.column - 1)
    slanted = opens and not shown.text[:start].strip()
    before = "/" if slanted else _side(number, bar)
    yield page.row(f"{page.paint(bar.style, before)} {shown.text}", number)
    if opens and not slanted:
        yield page.row(page.paint(bar.style, f" {'_' * (start + 1)}^"))
    after = "|" if opens else _side(number, bar)
    for mark in marks:
        yield page.row(f"{page.paint(bar.style, after)} {_underline(mark, shown, page.paint)}")
    if closes:
        end = shown.column(bar.last.column - 2)
        yield page.row(page.paint(bar.style, _labelled(f"|{'_' * (end + 1)}^", bar.label)))


def _focus(number: int, marks: list[Mark], bar: Mark | None) -> int:
    """Return the code point that must be seen if the line is too long to be shown whole."""
    if marks:
        return min(mark.first.column for mark in marks) - 1
    if bar is not None and number == bar.first.line:
        return bar.first.column - 1
    return max(bar.last.column - 2, 0) if bar is not None and number == bar.last.line else 0


def _side(number: int, bar: Mark) -> str:
    return "|" if bar.first.line < number <= bar.last.line else " "


def _gap(number: int, bar: Mark | None, page: Page) -> str:
    dots = f"{page.paint('frame', '...')}{' ' * page.margin}"
    return dots.rstrip() if bar is None else f"{dots}{page.paint(bar.style, _side(number, bar))}".rstrip()


def _underline(mark: Mark, shown: Strip, paint: Paint) -> str:
    start = shown.column(mark.first.column - 1)
    size = max(shown.column(mark.last.column - 1) - start, 1)
    line = ("-" if mark.style == "frame" else "^") * size
    return " " * start + paint(mark.style, _labelled(line, mark.label))


def _labelled(line: str, label: str) -> str:
    return f"{line} {visible(label)}" if label else line
