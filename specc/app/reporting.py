"""Diagnostics as a report, which `specc.reporters` writes in any format."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from specc.diagnostics import Diagnostic
from specc.reporters import Report, Summary, sort

if TYPE_CHECKING:  # it brings the compiler, which a check may not need
    from specc.app.checking import Outcome


def report_of(
    diagnostics: Iterable[Diagnostic], *, files: int | None = None, specs: int = 0, payloads: int = 0
) -> Report:
    """Return the report. `files` counts those that were read; without it, those that have diagnostics."""
    found = tuple(sort(diagnostics))
    errors = sum(d.is_error for d in found)
    count = len({diagnostic.span.source for diagnostic in found}) if files is None else files
    folder = Path.cwd()
    repository = next((above for above in (folder, *folder.parents) if os.path.exists(above / ".git")), folder)
    summary = Summary(count, specs, payloads, errors, len(found) - errors)
    return Report(found, summary, folder.as_posix(), repository.as_posix())


def report_of_check(outcome: "Outcome", shown: Iterable[Diagnostic] | None = None) -> Report:
    """Return the report of a check, with these of its diagnostics, or with all."""
    found = outcome.diagnostics if shown is None else shown
    if outcome.are_settings_wrong:
        return report_of(found)
    counts = outcome.counts
    return report_of(found, files=counts.files, specs=counts.specs, payloads=counts.payloads)
