"""Diagnostics on the screen or in a file, and what a change of a file looks like."""

import os
import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from specc.app.reporting import report_of
from specc.cli.console import wants_color, write_data, write_painted
from specc.diagnostics import Diagnostic
from specc.errors import SpeccError
from specc.language import translated
from specc.reporters import Report, ReportFormat, format_named, report_text
from specc.reporters.counts import statistics
from specc.source import Source
from specc.visible import visible

if TYPE_CHECKING:
    from specc.reporters.text import Links

NARROWEST, WIDEST = 60, 120


class Output(NamedTuple):
    """One report: its format, and the file that it goes to. Without a file it goes to standard output."""

    format: str
    path: Path | None


def links_of(stream: IO[str]) -> "Links | None":
    """Links on a terminal alone: in a file or a pipe they would only be in the way."""
    if not stream.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return None
    import socket  # 5 ms, for the name of this machine

    from specc.reporters.text import Links  # the report in text, which is not always asked for

    return Links(Path.cwd().as_posix(), socket.gethostname())


def width_of(stream: IO[str]) -> int:
    """How wide a report may be: as the terminal, where there is one."""
    columns = shutil.get_terminal_size().columns if stream.isatty() else WIDEST
    return min(max(columns, NARROWEST), WIDEST)


def outputs_of(texts: list[str] | None) -> list[Output]:
    """What `--output FORMAT[:PATH]` asks for, text without it. Raises SpeccError for what cannot be had."""
    words = [text.partition(":") for text in texts or ()]
    outputs = [Output(format_named(name, ReportFormat), Path(path) if path else None) for name, _, path in words]
    files = [output.path for output in outputs if output.path is not None]
    for path in files:
        if files.count(path) > 1:
            raise SpeccError(f"two reports cannot both be written to {path}")
    return outputs or [Output(ReportFormat.TEXT, None)]


def write_report(report: Report, outputs: Sequence[Output]) -> None:
    """The files first: when one cannot be written, nothing is printed."""
    for output in sorted(outputs, key=lambda output: output.path is None):
        format = ReportFormat(output.format)
        if output.path is not None:
            from specc.disk.outputs import write_file  # 10 ms, for files alone

            write_file(output.path, report_text(report, format, translate=translated))
        elif format is ReportFormat.TEXT:
            _print_text(report, sys.stdout)
        elif format is ReportFormat.CONCISE:
            write_painted(report_text(report, format), sys.stdout)
        else:
            write_data(report_text(report, format))


def print_diagnostics(diagnostics: Iterable[Diagnostic], *, is_json: bool = False) -> bool:
    """Print diagnostics for people on standard error, and return whether there is an error among them.

    `is_json`: a program reads the output, so with an error it gets the report that `check --output json` gives.
    """
    report = report_of(diagnostics)
    if is_json and report.summary.errors:
        write_data(report_text(report, ReportFormat.JSON))
    if report.diagnostics:
        _print_text(report, sys.stderr)
    return report.summary.errors > 0


def _print_text(report: Report, stream: IO[str]) -> None:
    from specc.reporters import text  # 15 ms, for this format alone

    drawn = text.render(
        report, color=wants_color(stream), width=width_of(stream), links=links_of(stream), translate=translated
    )
    write_painted(drawn, stream)


def print_statistics(report: Report, stream: IO[str]) -> None:
    write_painted(statistics(report, color=wants_color(stream), translate=translated), stream)


LINE = re.compile(r"[^\n]*\n|[^\n]+")


def difference(source: Source, text: str) -> str:
    """Return the unified diff from a file to its new text."""
    from difflib import unified_diff  # 5 ms, for changes alone

    path = visible(source.path)
    lines = unified_diff(LINE.findall(source.text), LINE.findall(text), f"a/{path}", f"b/{path}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
