"""The result of a run, ready to be printed."""

from collections.abc import Iterable

from specc.diagnostics import Diagnostic
from specc.fast_dataclass import dataclass
from specc.source import Position, Span


@dataclass(frozen=True, slots=True)
class Summary:
    """The counts of one run. `payloads` is 0 where no payloads were made."""

    files: int
    specs: int
    payloads: int
    errors: int
    warnings: int


@dataclass(frozen=True, slots=True)
class Report:
    """Diagnostics with their counts. Relative paths begin in `folder`; `repository` is the git root."""

    diagnostics: tuple[Diagnostic, ...]
    summary: Summary
    folder: str = ""
    repository: str = ""


def sort(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return diagnostics by path, then by position, code and message: in the same order on every machine."""
    return sorted(diagnostics, key=_key)


def _key(diagnostic: Diagnostic) -> tuple[str, Position, str, str, Position]:
    start, end = positions(diagnostic.span)
    return diagnostic.span.source.path, start, diagnostic.code.code, diagnostic.message, end


def inside(span: Span) -> Span:
    """Return `span` cut to the text of its source, so that a report is written even when a stage counted wrongly."""
    size = len(span.source.text)
    start = min(max(span.start, 0), size)
    return Span(span.source, start, min(max(span.end, start), size))


def positions(span: Span) -> tuple[Position, Position]:
    """Return where `span` begins, and where it ends (exclusive)."""
    within = inside(span)
    return within.first, within.last
