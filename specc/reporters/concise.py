"""One line a finding, for editors and for grep."""

from specc.diagnostics import Diagnostic
from specc.reporters.report import Report, place, sort
from specc.visible import visible


def render(report: Report) -> str:
    """`path:line:column: error[SPC401 unknown-field]: message`, and nothing when there is nothing to say."""
    return "".join(f"{_line(diagnostic)}\n" for diagnostic in sort(report.diagnostics))


def _line(diagnostic: Diagnostic) -> str:
    (line, column), _ = place(diagnostic.span)
    where = f"{visible(diagnostic.span.source.path)}:{line}:{column}"
    kind = f"{diagnostic.severity}[{diagnostic.code.code} {diagnostic.code.slug}]"
    return f"{where}: {kind}: {visible(diagnostic.message)}"
