"""From words of specc to those of the protocol."""

from pathlib import Path

from lsprotocol import types
from pygls.uris import from_fs_path

from specc.app.editing import EditedProject
from specc.diagnostics import Diagnostic, Severity, codes
from specc.lsp.positions import Encoding, Place, range_of
from specc.source import Span
from specc.visible import visible

NAME = "specc"
SEVERITIES = {Severity.ERROR: types.DiagnosticSeverity.Error, Severity.WARNING: types.DiagnosticSeverity.Warning}
UNUSED = frozenset(
    code.code
    for code in (
        codes.UNUSED_PARAM,
        codes.UNUSED_VAR,
        codes.UNUSED_AXIS,
        codes.UNUSED_PROFILE,
        codes.UNUSED_PARENT,
        codes.UNUSED_IGNORE,
    )
)
"""What an editor shows faded: it can be removed."""


def lsp_range(span: Span, encoding: Encoding) -> types.Range:
    """Return a span as the protocol has it."""
    start, end = range_of(span, encoding)
    return types.Range(_position(start), _position(end))


def _position(place: Place) -> types.Position:
    return types.Position(*place)


def uri_of(path: Path) -> str:
    """Return the address of a file."""
    return from_fs_path(str(path)) or path.as_uri()


def lsp_diagnostic(
    found: Diagnostic, project: EditedProject, encoding: Encoding, manual: str | None
) -> types.Diagnostic:
    """Return a diagnostic as the protocol has it. `manual` is the address that the pages of the manual are below."""
    related = [
        types.DiagnosticRelatedInformation(
            types.Location(uri_of(project.file_of(label.span.source.name)), lsp_range(label.span, encoding)),
            visible(label.message),
        )
        for label in found.labels
    ]
    return types.Diagnostic(
        lsp_range(found.span, encoding),
        message_of(found),
        severity=SEVERITIES[found.severity],
        code=found.code.code,
        code_description=types.CodeDescription(page_of(found.code.code, manual)) if manual else None,
        source=NAME,
        tags=[types.DiagnosticTag.Unnecessary] if found.code.code in UNUSED else None,
        related_information=related or None,
        data={"fixable": True} if found.fix is not None else None,
    )


def message_of(found: Diagnostic) -> str:
    """Return all that a report says of a diagnostic, line by line."""
    lines = [found.message, found.label, *(f"note: {note}" for note in found.notes)]
    if found.help:
        lines.append(f"help: {found.help}")
    return "\n".join(visible(line) for line in lines if line)


def page_of(code: str, manual: str) -> str:
    """Return the address of the page about a code."""
    return f"{manual.rstrip('/')}/{'rules' if code in codes.OF_RULES else 'codes'}/{code}.html"
