"""Reports as text: pure functions from a `Report` to what is printed. Each ends with a line break, or is empty."""

from collections.abc import Callable
from importlib import import_module

from specc.reporters.report import Report, Summary, sort

__all__ = ["REPORTERS", "Report", "Summary", "sort"]


def _text(report: Report, color: bool) -> str:
    text: str = import_module("specc.reporters.text").render(report, color=color)
    return text


def _plain(module: str) -> Callable[[Report, bool], str]:
    """A report that knows no colours."""

    def render(report: Report, color: bool) -> str:
        # Deferred, because all of them together cost 18 ms.
        text: str = import_module(f"specc.reporters.{module}").render(report)
        return text

    return render


REPORTERS: dict[str, Callable[[Report, bool], str]] = {
    "text": _text,
    "concise": _plain("concise"),
    "json": _plain("json_report"),
    "sarif": _plain("sarif"),
    "github": _plain("github"),
    "gitlab": _plain("gitlab"),
    "junit": _plain("junit"),
}
