"""Diagnostics for editors, grep and other programs: one line each, or one JSON document."""

import json
from dataclasses import asdict

from specc.diagnostics import Diagnostic, Fix
from specc.reporters.report import Report, positions, sort
from specc.source import Position, Span
from specc.visible import visible


def concise(report: Report) -> str:
    """Return `path:line:column: error[SPC401 unknown-field]: message` for each diagnostic."""
    return "".join(f"{_line(diagnostic)}\n" for diagnostic in sort(report.diagnostics))


def _line(diagnostic: Diagnostic) -> str:
    (line, column), _ = positions(diagnostic.span)
    where = f"{visible(diagnostic.span.source.path)}:{line}:{column}"
    kind = f"{diagnostic.severity}[{diagnostic.code.code} {diagnostic.code.slug}]"
    return f"{where}: {kind}: {visible(diagnostic.message)}"


VERSION = 1
"""It changes when the form of the JSON document does."""


def as_json(report: Report) -> str:
    """Return the report as JSON, in ASCII alone, so that no pipe spoils it.

    Lines and columns count from 1, columns in code points; `end` is exclusive.
    """
    document = {
        "version": VERSION,
        "diagnostics": [_diagnostic(diagnostic) for diagnostic in sort(report.diagnostics)],
        "summary": asdict(report.summary),
    }
    return json.dumps(document, indent=2) + "\n"


def _diagnostic(diagnostic: Diagnostic) -> dict[str, object]:
    return {
        "code": diagnostic.code.code,
        "slug": diagnostic.code.slug,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        **_location(diagnostic.span),
        "labels": [{"message": label.message, **_location(label.span)} for label in diagnostic.labels],
        "notes": list(diagnostic.notes),
        "help": diagnostic.help,
        "fix": _fix(diagnostic.fix) if diagnostic.fix is not None else None,
    }


def _fix(fix: Fix) -> dict[str, object]:
    edits = [{**_location(edit.span), "replacement": edit.replacement} for edit in fix.edits]
    return {"title": fix.title, "safe": fix.is_safe, "edits": edits}


def _location(span: Span) -> dict[str, object]:
    start, end = positions(span)
    return {"path": span.source.path, "start": _position(start), "end": _position(end)}


def _position(position: Position) -> dict[str, int]:
    return {"line": position.line, "column": position.column}
