"""Findings as GitLab's Code Quality report, which merge requests show as what became better and worse."""

import json

from specc.diagnostics import Diagnostic, Severity
from specc.reporters.fingerprints import fingerprints
from specc.reporters.locations import in_repository, stretch
from specc.reporters.report import Report, sort
from specc.visible import visible

SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor"}


def render(report: Report) -> str:
    """A JSON list, empty when all is well. Each finding has a fingerprint of its own."""
    found = fingerprints(sort(report.diagnostics), report)
    return json.dumps([_issue(finding, digest, report) for finding, digest in found], indent=2) + "\n"


def _issue(finding: Diagnostic, digest: str, report: Report) -> dict[str, object]:
    first, last = stretch(finding.span)
    help = f" ({finding.help})" if finding.help else ""
    return {
        "description": visible(f"{finding.code.slug}: {finding.message}{help}".replace("\n", " ")),
        "check_name": finding.code.code,
        "fingerprint": digest,
        "severity": SEVERITIES[finding.severity],
        "location": {
            "path": in_repository(finding.span.source.path, report),
            "lines": {"begin": first.line, "end": last.line},
        },
    }
