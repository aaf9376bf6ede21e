"""`--baseline FILE` and `--update-baseline` of `specc check`."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from specc.cli.console import say
from specc.diagnostics import Diagnostic
from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.linter import Checked
from specc.linter.baseline import Counts, compare, count, read_baseline, write_baseline
from specc.reporters import sort
from specc.reporters.locations import is_file
from specc.source import Source
from specc.wording import counted


@dataclass(frozen=True, slots=True)
class Baseline:
    """`counts` is None where the file is yet to be written."""

    path: Path
    counts: Counts | None
    update: bool

    def file_of(self, source: Source) -> str | None:
        """The file from the baseline's folder on: the same from wherever specc is run."""
        return Path(os.path.relpath(source.path, self.path.parent)).as_posix() if is_file(source.path) else None

    def refuses(self, shown: Iterable[Diagnostic]) -> bool:
        """Return whether it was asked to take something in, and must not."""
        return self.update and self.counts is not None and any(True for _ in shown)

    def is_there(self, file: str) -> bool:
        return os.path.lexists(self.path.parent / file)


def baseline_of(path: str | None, *, update: bool, as_is: bool) -> Baseline | None:
    """What the options ask for. Raises SpeccError for what cannot be had, before anything is checked."""
    if not path:
        if update or path is not None:
            raise SpeccError("no baseline is named", help="write `--baseline specc-baseline.json`")
        return None
    counts = read_baseline(Path(path))
    if counts is None and not update:
        raise SpeccError(f"there is no baseline {path}", help="write it with `--update-baseline`")
    if update and not as_is:
        help = "leave out --profile, -p, --set and --target"
        raise SpeccError("a baseline is written from a check without options that change the specs", help=help)
    return Baseline(Path(path), counts, update)


def hold_back(
    baseline: Baseline, diagnostics: Iterable[Diagnostic], checked: Sequence[Checked]
) -> tuple[Diagnostic, ...]:
    """Return the diagnostics that the baseline does not cover. Bring its file up to date, and say what changed."""
    found = sort(diagnostics)
    if baseline.counts is None:
        counts = count(found, baseline.file_of)
        write_baseline(baseline.path, counts)
        number = sum(number for codes in counts.values() for number in codes.values())
        _say(f"wrote {baseline.path} with {counted(number, 'diagnostic')}")
        return compare(found, counts, baseline.file_of, lambda file, code: False).shown
    read = {
        baseline.file_of(source): (result.coverage, source.name)
        for result in checked
        for source in result.coverage.texts
    }

    def is_complete(file: str, code: str) -> bool:
        if file not in read:
            return not baseline.is_there(file)
        coverage, name = read[file]
        return coverage.is_complete(name, code)

    compared = compare(found, baseline.counts, baseline.file_of, is_complete)
    # An error that is new may be the reason why others are gone.
    if compared.gone and not any(diagnostic.is_error for diagnostic in compared.shown):
        _shrink(baseline, compared.gone, compared.counts)
    if baseline.refuses(compared.shown):
        _say(
            f"{counted(len(compared.shown), 'diagnostic')} not added to {baseline.path}, which may only shrink",
            "fix or ignore them, or delete the file to start again",
        )
    return compared.shown


def _shrink(baseline: Baseline, gone: int, counts: Counts) -> None:
    if baseline.update:
        write_baseline(baseline.path, counts)
        _say(f"removed {counted(gone, 'diagnostic')} from {baseline.path}")
    else:
        _say(
            f"{counted(gone, 'diagnostic')} fewer than {baseline.path} allows",
            "add `--update-baseline` to allow no more than that",
        )


def _say(message: str, help: str | None = None) -> None:
    say(f"baseline: {message}")
    if help:
        say(f"help: {help}")
