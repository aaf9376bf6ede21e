"""The output formats that a user can name, each in one place, and the one function that reads such a name.

A new format of reports is a member of `ReportFormat`, its case in `report_text`, and a function that writes it.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import TypeVar, assert_never

from specc.diagnostics import closest
from specc.errors import SpeccError
from specc.language import Translate, in_english
from specc.reporters.report import Report

Name = TypeVar("Name", bound=str)


class ReportFormat(StrEnum):
    """The formats of diagnostics."""

    TEXT = "text"
    CONCISE = "concise"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"
    GITLAB = "gitlab"
    JUNIT = "junit"


class PayloadFormat(StrEnum):
    """The formats of payloads."""

    NDJSON = "ndjson"
    PRETTY = "pretty"
    YAML = "yaml"
    REQUEST = "request"
    CELLS = "cells"


class TextOrJson(StrEnum):
    """The formats of everything else that a command prints: text for people, JSON for programs."""

    TEXT = "text"
    JSON = "json"


def format_named(word: str, formats: Iterable[Name]) -> Name:
    """Return the format that a user names. Raises SpeccError, with all formats and the nearest, where there is none."""
    known = list(formats)
    for each in known:
        if each == word:
            return each
    near = closest(word, known)
    help = f"formats: {', '.join(known)}"
    raise SpeccError(
        f"there is no output format `{word}`", help=f"did you mean `{near}`? {help}" if near is not None else help
    )


def report_text(report: Report, format: ReportFormat, *, color: bool = False, translate: Translate = in_english) -> str:
    """Return a report in one of its formats. The text ends with a line break, or is empty.

    Only `text`, which a person reads, is translated. What programs read is the same in every language.
    """
    # Each format is imported where it is asked for, because all of them together cost 18 ms.
    match format:
        case ReportFormat.TEXT:
            from specc.reporters import text

            return text.render(report, color=color, translate=translate)
        case ReportFormat.CONCISE:
            from specc.reporters.tools import concise

            return concise(report)
        case ReportFormat.JSON:
            from specc.reporters.tools import as_json

            return as_json(report)
        case ReportFormat.SARIF:
            from specc.reporters.ci import sarif

            return sarif(report)
        case ReportFormat.GITHUB:
            from specc.reporters.ci import github

            return github(report)
        case ReportFormat.GITLAB:
            from specc.reporters.ci import gitlab

            return gitlab(report)
        case ReportFormat.JUNIT:
            from specc.reporters.ci import junit

            return junit(report)
        case _:
            assert_never(format)
