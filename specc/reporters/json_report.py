"""Findings for other tools, as one JSON document whose `version` changes when its form does."""

import json
from dataclasses import asdict

from specc.diagnostics import Diagnostic, Fix
from specc.reporters.report import Report, place, sort
from specc.source import Position, Span

VERSION = 1


def render(report: Report) -> str:
    """Lines and columns count from 1, columns in code points; `end` is exclusive. ASCII only, so no pipe spoils it."""
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
        **_place(diagnostic.span),
        "labels": [{"message": label.message, **_place(label.span)} for label in diagnostic.labels],
        "notes": list(diagnostic.notes),
        "help": diagnostic.help,
        "fix": _fix(diagnostic.fix) if diagnostic.fix is not None else None,
    }


def _fix(fix: Fix) -> dict[str, object]:
    edits = [{**_place(edit.span), "replacement": edit.replacement} for edit in fix.edits]
    return {"title": fix.title, "safe": fix.is_safe, "edits": edits}


def _place(span: Span) -> dict[str, object]:
    start, end = place(span)
    return {"path": span.source.path, "start": _position(start), "end": _position(end)}


def _position(position: Position) -> dict[str, int]:
    return {"line": position.line, "column": position.column}
