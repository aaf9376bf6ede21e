"""What a run found, ready to be printed."""

from collections.abc import Iterable

from specc.diagnostics import Diagnostic
from specc.fast_dataclass import dataclass
from specc.source import Position, Span


@dataclass(frozen=True, slots=True)
class Summary:
    """The counts of one run. `payloads` is 0 where none were made."""

    files: int
    specs: int
    payloads: int
    errors: int
    warnings: int


@dataclass(frozen=True, slots=True)
class Report:
    """`folder` is where relative paths begin, and `repository` the git root, as whole paths, where there are any."""

    diagnostics: tuple[Diagnostic, ...]
    summary: Summary
    folder: str = ""
    repository: str = ""


def sort(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """By path, then by place, then by code and message: the same order on every machine."""
    return sorted(diagnostics, key=_key)


def _key(diagnostic: Diagnostic) -> tuple[str, Position, str, str, Position]:
    start, end = place(diagnostic.span)
    return diagnostic.span.source.path, start, diagnostic.code.code, diagnostic.message, end


def inside(span: Span) -> Span:
    """`span`, cut to what its source has. A report must come out even when a stage counted wrongly."""
    size = len(span.source.text)
    start = min(max(span.start, 0), size)
    return Span(span.source, start, min(max(span.end, start), size))


def place(span: Span) -> tuple[Position, Position]:
    """Where `span` begins, and where it ends (exclusive)."""
    within = inside(span)
    return within.first, within.last
