"""Reports as text: pure functions from a `Report` to what is printed. Each ends with a line break, or is empty."""

from collections.abc import Callable

from specc.reporters import concise, json_report, text
from specc.reporters.report import Report, Summary, sort

__all__ = ["REPORTERS", "Report", "Summary", "sort"]


def _text(report: Report, color: bool) -> str:
    return text.render(report, color=color)


def _concise(report: Report, color: bool) -> str:
    return concise.render(report)


def _json(report: Report, color: bool) -> str:
    return json_report.render(report)


REPORTERS: dict[str, Callable[[Report, bool], str]] = {"text": _text, "concise": _concise, "json": _json}
