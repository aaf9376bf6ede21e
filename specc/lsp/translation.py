"""From words of specc to those of the protocol."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from lsprotocol import types
from pygls.uris import from_fs_path

from specc.app.editing import EditedProject
from specc.diagnostics import Diagnostic, Severity, codes
from specc.language import translated
from specc.lsp.positions import Encoding, Place, range_of
from specc.source import Span
from specc.visible import visible

NAME = "specc"
SEVERITIES = {Severity.ERROR: types.DiagnosticSeverity.Error, Severity.WARNING: types.DiagnosticSeverity.Warning}
FENCE = re.compile(r"^`{3,}(?:text)?\n", re.MULTILINE)
MARKED_NAME = re.compile(r"^\*\*(.+?)\*\*", re.MULTILINE)
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


class Manual(NamedTuple):
    """Where the pages of the manual are: their address, and how the names of pages end there."""

    address: str
    suffix: str = ".html"

    def page_of(self, code: str) -> str:
        """Return the address of the page about a code."""
        return f"{self.address.rstrip('/')}/{'rules' if code in codes.OF_RULES else 'codes'}/{code}{self.suffix}"


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
    found: Diagnostic, project: EditedProject, encoding: Encoding, manual: Manual | None
) -> types.Diagnostic:
    """Return a diagnostic as the protocol has it, with a link to its page in a manual."""
    related = [
        types.DiagnosticRelatedInformation(
            types.Location(uri_of(project.file_of(label.span.source.name)), lsp_range(label.span, encoding)),
            visible(translated(label.message)),
        )
        for label in found.labels
    ]
    return types.Diagnostic(
        lsp_range(found.span, encoding),
        message_of(found),
        severity=SEVERITIES[found.severity],
        code=found.code.code,
        code_description=types.CodeDescription(manual.page_of(found.code.code)) if manual is not None else None,
        source=NAME,
        tags=[types.DiagnosticTag.Unnecessary] if found.code.code in UNUSED else None,
        related_information=related or None,
        data={"fixable": True} if found.fix is not None else None,
    )


def markup(text: str, formats: Sequence[types.MarkupKind] | None) -> types.MarkupContent:
    """Return a text in Markdown as what a client shows, which says `formats`: as plain text where that is all."""
    if formats and types.MarkupKind.Markdown not in formats:
        plain = MARKED_NAME.sub(r"\1", FENCE.sub("", text))
        return types.MarkupContent(types.MarkupKind.PlainText, plain)
    return types.MarkupContent(types.MarkupKind.Markdown, text)


def message_of(found: Diagnostic) -> str:
    """Return all that a report says of a diagnostic, line by line, in the language of the person."""
    lines = [translated(found.message), translated(found.label)]
    lines += [f"{translated('note')}: {translated(note)}" for note in found.notes]
    if found.help:
        lines.append(f"{translated('help')}: {translated(found.help)}")
    return "\n".join(visible(line) for line in lines if line)
