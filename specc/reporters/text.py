"""Findings for people: the source line, carets under it, and the way out, in the manner of rustc and ruff."""

from collections.abc import Iterator
from dataclasses import replace

from specc.diagnostics import Diagnostic
from specc.reporters.drawing import Page, draw
from specc.reporters.links import Links
from specc.reporters.paint import Style, painter
from specc.reporters.report import Report, sort
from specc.reporters.snippet import Snippet, snippets
from specc.reporters.summary import sum_up
from specc.visible import visible

WIDTH = 120
MANY = 50


def render(report: Report, *, color: bool, width: int = WIDTH, links: Links | None = None) -> str:
    """The whole report, ending in a line that sums it up. No source line takes more than `width` columns."""
    paint = painter(color)
    page = Page(0, width, paint, links)
    blocks = ["\n".join(_lines(diagnostic, page)) for diagnostic in sort(report.diagnostics)]
    summary = sum_up(report.summary, paint)
    if len(blocks) > MANY:
        # Nothing is left out: who reads a log cannot ask again. But this many are read by kind.
        summary += f"\n{paint('help', 'help')}: `--statistics` counts them by code"
    return "\n\n".join([*blocks, summary]) + "\n"


def _lines(diagnostic: Diagnostic, unset: Page) -> Iterator[str]:
    paint = unset.paint
    style: Style = "error" if diagnostic.is_error else "warning"
    title = f"{diagnostic.severity}[{diagnostic.code.code} {diagnostic.code.slug}]"
    yield paint(style, title) + paint("bold", f": {visible(diagnostic.message)}")
    first, *others = snippets(diagnostic)
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
    place = f"{visible(snippet.source.path)}:{line}:{column}"
    shown = page.links.path(snippet.source.path, place) if page.links else place
    yield f"{' ' * page.margin}{page.paint('frame', arrow)} {shown}"
    if snippet.source.text or any(mark.label for mark in snippet.marks):
        yield page.row()
        yield from draw(snippet, page)


def _hint(style: Style, name: str, text: str, page: Page) -> Iterator[str]:
    """`= help: ...`. A text of several lines is continued under its first."""
    first, *rest = text.split("\n")
    yield f"{' ' * page.margin} {page.paint('frame', '=')} {page.paint(style, name)}: {visible(first)}"
    for line in rest:
        yield f"{' ' * (page.margin + len(name) + 5)}{visible(line)}".rstrip()
