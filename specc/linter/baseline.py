"""Diagnostics that a team has decided to live with for now: how many of each code in each file. It may only shrink."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from specc.diagnostics import Diagnostic
from specc.disk import check_stays
from specc.disk.outputs import write_file
from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.source import Source
from specc.system.reader import Unreadable, read_file

VERSION = 1
MOST_LINES = 5
MAX_BYTES = 16 << 20

Counts = dict[str, dict[str, int]]
"""By file, from the baseline's folder on, and by code."""

ANEW = "delete it, and write it anew with `--update-baseline`"


@dataclass(frozen=True, slots=True)
class Compared:
    """`shown` is what the baseline does not cover, `gone` how many diagnostics it covers that are not there any more.

    `counts` is the baseline without those.
    """

    shown: tuple[Diagnostic, ...]
    gone: int
    counts: Counts


def read_baseline(path: Path) -> Counts | None:
    """Return what a baseline allows, or None where there is no such file. Raises SpeccError for a bad one."""
    check_stays(path, "read")
    try:
        document = json.loads(read_file(path, MAX_BYTES, takes_pipes=True).decode())
    except Unreadable as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return None
        raise SpeccError(f"cannot read the baseline {path}: {error.reason}") from error
    except UnicodeDecodeError as error:
        raise SpeccError(f"cannot read the baseline {path}: it is not UTF-8", help=ANEW) from error
    except (ValueError, RecursionError) as error:
        raise SpeccError(f"the baseline {path} is not JSON: {str(error).partition(chr(10))[0]}", help=ANEW) from error
    if isinstance(document, dict) and document.get("version") != VERSION:
        found = json.dumps(document.get("version"))[:20]
        raise SpeccError(f"the baseline {path} has the version {found}, expected {VERSION}", help=ANEW)
    if not isinstance(document, dict) or not _are_counts(document.get("findings")):
        help = f'expected `{{"version": {VERSION}, "findings": {{FILE: {{CODE: NUMBER}}}}}}`; {ANEW}'
        raise SpeccError(f"{path} is not a baseline", help=help)
    return dict(document["findings"])


def _are_counts(value: object) -> bool:
    files = list(value.values()) if isinstance(value, dict) else [None]
    numbers = [number for file in files if isinstance(file, dict) for number in file.values()]
    return all(isinstance(file, dict) for file in files) and all(type(n) is int and n > 0 for n in numbers)


def write_baseline(path: Path, counts: Counts) -> None:
    """Sorted, a line for each code, so that a diff shows what became better. All of it or nothing is written."""
    document = {"version": VERSION, "findings": counts}
    text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False)
    if any("\ud800" <= char <= "\udfff" for char in text):
        text = json.dumps(document, indent=2, sort_keys=True)  # a file's name that is no UTF-8
    write_file(path, text + "\n")


def count(diagnostics: Iterable[Diagnostic], file_of: Callable[[Source], str | None]) -> Counts:
    """What a new baseline holds. `file_of` gives None for what is in no file, which none can hold."""
    counts: Counts = {}
    for diagnostic in diagnostics:
        file = file_of(diagnostic.span.source)
        if file is not None:
            codes = counts.setdefault(file, {})
            codes[diagnostic.code.code] = codes.get(diagnostic.code.code, 0) + 1
    return counts


def compare(
    diagnostics: Iterable[Diagnostic],
    counts: Counts,
    file_of: Callable[[Source], str | None],
    is_complete: Callable[[str, str], bool],
) -> Compared:
    """Hides as many diagnostics as the baseline has. `is_complete` says of a file and a code whether all was found."""
    found = list(diagnostics)
    by_place: dict[tuple[str, str], list[Diagnostic]] = {}
    for diagnostic in found:
        by_place.setdefault((file_of(diagnostic.span.source) or "", diagnostic.code.code), []).append(diagnostic)
    shown = [
        diagnostic
        for (file, code), alike in by_place.items()
        for diagnostic in _beyond(alike, counts.get(file, {}).get(code, 0) if file else 0)
    ]
    there = Counter({place: len(alike) for place, alike in by_place.items()})
    left: Counts = {}
    for file, codes in counts.items():
        for code, number in codes.items():
            kept = min(number, there[file, code]) if is_complete(file, code) else number
            if kept:
                left.setdefault(file, {})[code] = kept
    return Compared(tuple(shown), _total(counts) - _total(left), left)


def _beyond(alike: list[Diagnostic], most: int) -> list[Diagnostic]:
    """The last ones, with a word on the others: which of them is new, numbers cannot tell."""
    hidden, shown = alike[:most], alike[most:]
    if not hidden:
        return shown
    lines = sorted({diagnostic.span.first.line for diagnostic in hidden})
    listed = ", ".join(map(str, lines[:MOST_LINES])) + (", ..." if len(lines) > MOST_LINES else "")
    note = f"the baseline has {most:,} of these in this file, hidden on line {listed}; any of them may be the new one"
    return [replace(diagnostic, notes=(*diagnostic.notes, note)) for diagnostic in shown]


def _total(counts: Counts) -> int:
    return sum(number for codes in counts.values() for number in codes.values())
