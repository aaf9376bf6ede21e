"""Reports as text: pure functions from a `Report` to what is printed. Each ends with a line break, or is empty."""

from collections.abc import Callable

from specc.reporters import concise, github, gitlab, json_report, junit, sarif, text
from specc.reporters.report import Report, Summary, sort

__all__ = ["REPORTERS", "Report", "Summary", "sort"]


def _text(report: Report, color: bool) -> str:
    return text.render(report, color=color)


def _plain(render: Callable[[Report], str]) -> Callable[[Report, bool], str]:
    """A report that knows no colours."""
    return lambda report, color: render(report)


REPORTERS: dict[str, Callable[[Report, bool], str]] = {
    "text": _text,
    "concise": _plain(concise.render),
    "json": _plain(json_report.render),
    "sarif": _plain(sarif.render),
    "github": _plain(github.render),
    "gitlab": _plain(gitlab.render),
    "junit": _plain(junit.render),
}
