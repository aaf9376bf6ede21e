"""Findings as workflow commands, which GitHub Actions shows beside the changed lines."""

from itertools import islice

from specc.diagnostics import Diagnostic
from specc.reporters.locations import in_repository, is_file, stretch, writable
from specc.reporters.report import Report, sort
from specc.visible import visible

MOST = 10
"""GitHub shows so many annotations of each kind for a step, and drops the others without a word."""


def render(report: Report) -> str:
    """Errors first, as many as GitHub shows, then one line that says what was left out."""
    found = sort(report.diagnostics)
    errors = [finding for finding in found if finding.is_error]
    warnings = [finding for finding in found if not finding.is_error]
    lines = [_annotation(finding, report) for finding in (*islice(errors, MOST), *islice(warnings, MOST))]
    left_out = _counted(len(errors) - MOST, len(warnings) - MOST)
    if left_out:
        why = f"GitHub shows {MOST} of each kind a step. Add `--output text` to read all in the log"
        lines.append(f"::notice title=specc::{_data(f'{left_out} more not annotated: {why}')}")
    return "".join(f"{writable(line)}\n" for line in lines)


def _counted(errors: int, warnings: int) -> str:
    counts = [(errors, "error"), (warnings, "warning")]
    return " and ".join(f"{count:,} {noun}{'' if count == 1 else 's'}" for count, noun in counts if count > 0)


def _annotation(finding: Diagnostic, report: Report) -> str:
    properties = {**_place(finding, report), "title": f"{finding.code.code} {finding.code.slug}"}
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    hints = [f"note: {note}" for note in finding.notes] + ([f"help: {finding.help}"] if finding.help else [])
    texts = [visible(line) for hint in hints for line in hint.split("\n")]
    # What a command line says is at no place in a file.
    message = finding.message if is_file(finding.span.source.path) else f"{finding.span}: {finding.message}"
    text = "\n".join([visible(message), *texts])
    return f"::{finding.severity} {listed}::{_data(text)}"


def _place(finding: Diagnostic, report: Report) -> dict[str, str]:
    """Columns only within a line: GitHub takes no others."""
    path = finding.span.source.path
    if not is_file(path):
        return {}
    first, last = place = stretch(finding.span)
    lines = {"file": visible(in_repository(path, report)), "line": str(first.line), "endLine": str(last.line)}
    columns = {"col": str(first.column), "endColumn": str(last.column)}
    return {**lines, **columns} if place.is_one_line else lines


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
