"""Diagnostics as GitLab's Code Quality report, which merge requests show as what became better and worse."""

import json

from specc.diagnostics import Diagnostic, Severity
from specc.reporters.locations import fingerprints, in_repository, stretch
from specc.reporters.report import Report, sort
from specc.visible import visible

SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor"}


def render(report: Report) -> str:
    """Return a JSON list, empty without diagnostics. Each diagnostic has a fingerprint of its own."""
    found = fingerprints(sort(report.diagnostics), report)
    return json.dumps([_issue(diagnostic, digest, report) for diagnostic, digest in found], indent=2) + "\n"


def _issue(diagnostic: Diagnostic, digest: str, report: Report) -> dict[str, object]:
    first, last = stretch(diagnostic.span)
    help = f" ({diagnostic.help})" if diagnostic.help else ""
    return {
        "description": visible(f"{diagnostic.code.slug}: {diagnostic.message}{help}".replace("\n", " ")),
        "check_name": diagnostic.code.code,
        "fingerprint": digest,
        "severity": SEVERITIES[diagnostic.severity],
        "location": {
            "path": in_repository(diagnostic.span.source.path, report),
            "lines": {"begin": first.line, "end": last.line},
        },
    }
