"""The last line of a report for people."""

from specc.reporters.paint import Paint, Style
from specc.reporters.report import Summary


def sum_up(summary: Summary, paint: Paint) -> str:
    files = _count(summary.files, "file")
    found = [_count(summary.errors, "error")] if summary.errors else []
    found += [_count(summary.warnings, "warning")] if summary.warnings else []
    if found:
        style: Style = "error" if summary.errors else "warning"
        return paint(style, "found " + " and ".join(found)) + f" in {files}"
    payloads = f", {_count(summary.payloads, 'payload')}" if summary.payloads else ""
    return f"checked {files}{payloads}: {paint('good', 'no problems')}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"
