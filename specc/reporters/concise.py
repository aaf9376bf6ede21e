"""Each diagnostic on one line, for editors and for grep."""

from specc.diagnostics import Diagnostic
from specc.reporters.report import Report, positions, sort
from specc.visible import visible


def render(report: Report) -> str:
    """Return `path:line:column: error[SPC401 unknown-field]: message` for each diagnostic."""
    return "".join(f"{_line(diagnostic)}\n" for diagnostic in sort(report.diagnostics))


def _line(diagnostic: Diagnostic) -> str:
    (line, column), _ = positions(diagnostic.span)
    where = f"{visible(diagnostic.span.source.path)}:{line}:{column}"
    kind = f"{diagnostic.severity}[{diagnostic.code.code} {diagnostic.code.slug}]"
    return f"{where}: {kind}: {visible(diagnostic.message)}"
