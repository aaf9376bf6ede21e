"""The rows of a snippet: numbered source lines, and under them the carets with their labels.

A mark over several lines is a bar at their left, closed by a caret under its last character:

    7 | / job:
    8 | |   core_limit: 4
      | |_______________^ label
"""

from collections.abc import Iterator
from itertools import pairwise

from specc.fast_dataclass import dataclass
from specc.reporters.display import Strip, strip
from specc.reporters.links import Links
from specc.reporters.paint import Paint
from specc.reporters.snippet import Mark, Snippet
from specc.visible import visible

LEAST_ROOM = 20


@dataclass(frozen=True, slots=True)
class Page:
    """`margin` is the width of the line numbers, `width` that of the whole."""

    margin: int
    width: int
    paint: Paint
    links: Links | None = None

    def row(self, body: str = "", number: int | None = None) -> str:
        head = f"{'' if number is None else number:>{self.margin}} |"
        return f"{self.paint('frame', head)} {body}".rstrip()


def draw(snippet: Snippet, page: Page) -> Iterator[str]:
    """The rows of `snippet`, source lines and marks."""
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
    """The rows of one line that has the bar, or its column, at the left."""
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
    """The code point that must be seen if the line is too long to be shown whole."""
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
