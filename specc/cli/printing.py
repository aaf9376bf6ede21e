"""Findings on the screen or in a file."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from specc.diagnostics import Diagnostic
from specc.errors import SpeccError
from specc.reporters import REPORTERS, Report, Summary, sort
from specc.workspace import write_file


def wants_color(stream: IO[str]) -> bool:
    """Colour on a terminal, unless NO_COLOR says otherwise (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def report_of(diagnostics: Iterable[Diagnostic], *, files: int = 0, specs: int = 0, payloads: int = 0) -> Report:
    found = tuple(sort(diagnostics))
    errors = sum(d.is_error for d in found)
    return Report(found, Summary(files, specs, payloads, errors, len(found) - errors))


def write_report(report: Report, outputs: list[str]) -> None:
    """Each FORMAT goes to standard output, each FORMAT:PATH to a file. Raises SpeccError for an unknown format."""
    for output in outputs:
        name, _, path = output.partition(":")
        if name not in REPORTERS:
            raise SpeccError(f"there is no output format `{name}`", help=f"formats: {', '.join(REPORTERS)}")
        if path:
            write_file(Path(path), REPORTERS[name](report, False))
        else:
            sys.stdout.write(REPORTERS[name](report, wants_color(sys.stdout)))


def print_findings(diagnostics: Iterable[Diagnostic]) -> bool:
    """Findings for people, on standard error. Says whether there is an error among them."""
    found = list(diagnostics)
    report = report_of(found, files=len({diagnostic.span.source for diagnostic in found}))
    if report.diagnostics:
        sys.stderr.write(REPORTERS["text"](report, wants_color(sys.stderr)))
    return report.summary.errors > 0
