"""Diagnostics as workflow commands, which GitHub Actions shows beside the changed lines."""

from itertools import islice

from specc.diagnostics import Diagnostic
from specc.reporters.locations import in_repository, is_file, stretch, writable
from specc.reporters.report import Report, sort
from specc.visible import visible
from specc.wording import counted

MOST = 10
"""GitHub shows so many annotations of each kind for a step, and drops all others silently."""


def render(report: Report) -> str:
    """Return errors, then warnings, as many as GitHub shows, then a line that counts those that were left out."""
    found = sort(report.diagnostics)
    errors = [diagnostic for diagnostic in found if diagnostic.is_error]
    warnings = [diagnostic for diagnostic in found if not diagnostic.is_error]
    lines = [_annotation(diagnostic, report) for diagnostic in (*islice(errors, MOST), *islice(warnings, MOST))]
    rest = [(len(errors) - MOST, "error"), (len(warnings) - MOST, "warning")]
    left_out = " and ".join(counted(count, noun) for count, noun in rest if count > 0)
    if left_out:
        why = f"GitHub shows {MOST} of each kind a step. Add `--output text` to read all in the log"
        lines.append(f"::notice title=specc::{_data(f'{left_out} more not annotated: {why}')}")
    return "".join(f"{writable(line)}\n" for line in lines)


def _annotation(diagnostic: Diagnostic, report: Report) -> str:
    properties = {**_location(diagnostic, report), "title": f"{diagnostic.code.code} {diagnostic.code.slug}"}
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    hints = [f"note: {note}" for note in diagnostic.notes] + ([f"help: {diagnostic.help}"] if diagnostic.help else [])
    texts = [visible(line) for hint in hints for line in hint.split("\n")]
    # A diagnostic of the command line has no location in a file.
    message = diagnostic.message if is_file(diagnostic.span.source.path) else f"{diagnostic.span}: {diagnostic.message}"
    text = "\n".join([visible(message), *texts])
    return f"::{diagnostic.severity} {listed}::{_data(text)}"


def _location(diagnostic: Diagnostic, report: Report) -> dict[str, str]:
    """Return the location. Columns are only for a single line: GitHub takes no others."""
    path = diagnostic.span.source.path
    if not is_file(path):
        return {}
    first, last = stretched = stretch(diagnostic.span)
    lines = {"file": visible(in_repository(path, report)), "line": str(first.line), "endLine": str(last.line)}
    columns = {"col": str(first.column), "endColumn": str(last.column)}
    return {**lines, **columns} if stretched.is_one_line else lines


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
