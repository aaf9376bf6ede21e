"""Which source lines are shown for a finding, and which marks stand under them."""

from specc.diagnostics import Diagnostic
from specc.fast_dataclass import dataclass
from specc.reporters.paint import Style
from specc.reporters.report import inside
from specc.source import BLANKS, Position, Source, Span

NEAR_LINES = 4
NEAR_COLUMNS = 40
LONG = 6


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
        """The lines worth showing: of a long stretch, its first three and last two."""
        numbers = list(range(self.first.line, self.last.line + 1))
        return numbers if len(numbers) <= LONG else [*numbers[:3], *numbers[-2:]]


@dataclass(frozen=True, slots=True)
class Snippet:
    """Lines of one source with their marks. The first mark gives its place; only that one may span lines."""

    source: Source
    marks: tuple[Mark, ...]

    def lines(self) -> list[int]:
        """In order, and without a gap of a single line, which would save nothing."""
        marked = sorted({line for mark in self.marks for line in mark.lines()})
        fillers = {line + 1 for line in marked if line + 2 in marked}
        return sorted({*marked, *fillers})


def snippets(diagnostic: Diagnostic) -> list[Snippet]:
    """The finding's own place first, with the labels that are near it; then those that are elsewhere."""
    style: Style = "error" if diagnostic.is_error else "warning"
    found = [Snippet(diagnostic.span.source, (_mark(diagnostic.span, diagnostic.label, style),))]
    for label in diagnostic.labels:
        _place(found, label.span.source, _mark(label.span, label.message, "frame"))
    return found


def _place(found: list[Snippet], source: Source, mark: Mark) -> None:
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
    within = inside(span)
    if within.first.line < within.last.line:
        within = _without_tail(within)
    return Mark(within.first, within.last, label, style)


def _without_tail(span: Span) -> Span:
    """Without the blank lines that end a YAML block: nobody means them."""
    size = len(span.text.rstrip(BLANKS))
    return Span(span.source, span.start, span.start + size)
