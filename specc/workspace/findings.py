"""Findings of many specs and cells, each said once."""

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from specc.diagnostics import Diagnostic
from specc.source import Source

SAME_PLACE = 3
"""So many findings of one code at one place are shown; a sweep can have one a cell."""


class _Place(NamedTuple):
    code: str
    source: Source
    start: int
    end: int


class Findings:
    """Collects diagnostics. The same fact, seen from several heirs or cells, counts once."""

    def __init__(self) -> None:
        self._at: dict[_Place, dict[str, Diagnostic]] = {}
        self.has_errors = False

    def add(self, *found: Diagnostic) -> None:
        for diagnostic in found:
            place = _Place(diagnostic.code.code, *diagnostic.span)
            self._at.setdefault(place, {}).setdefault(diagnostic.message, diagnostic)
            self.has_errors |= diagnostic.is_error

    def every(self) -> list[Diagnostic]:
        """Each fact, in the order in which their places were found."""
        return [diagnostic for messages in self._at.values() for diagnostic in messages.values()]

    def all(self) -> list[Diagnostic]:
        """As `every`, with a note where there are more at one place than are shown."""
        return [diagnostic for messages in self._at.values() for diagnostic in _shown(list(messages.values()))]


def _shown(found: list[Diagnostic]) -> Iterable[Diagnostic]:
    if len(found) <= SAME_PLACE:
        return found
    *first, last = found[:SAME_PLACE]
    more = f"and {len(found) - SAME_PLACE:,} more like this here"
    return [*first, replace(last, notes=(*last.notes, more))]
