"""Findings of many specs and cells, each said once."""

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from specc.diagnostics import Diagnostic, codes
from specc.source import Source

SAME_PLACE = 3
"""So many findings of one code at one place are shown; a sweep can have one a cell."""


NO_QUANTITY = (codes.AMBIGUOUS_QUANTITY.code, codes.BAD_QUANTITY.code)
"""Where one of them stands, no quotes mend what YAML 1.1 would read."""


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
        """Each fact, in the order in which their places were found, also where another says it better."""
        return [diagnostic for messages in self._at.values() for diagnostic in messages.values()]

    def all(self) -> list[Diagnostic]:
        """As `every`, with a note where there are more at one place than are shown."""
        return [
            diagnostic
            for place, messages in self._at.items()
            if not self._is_idle(place)
            for diagnostic in _shown(list(messages.values()))
        ]

    def _is_idle(self, place: _Place) -> bool:
        """Is it a warning about a value that must be written anew anyway?"""
        is_spelling = place.code == codes.YAML_1_1.code
        return is_spelling and any(place._replace(code=code) in self._at for code in NO_QUANTITY)


def _shown(found: list[Diagnostic]) -> Iterable[Diagnostic]:
    if len(found) <= SAME_PLACE:
        return found
    *first, last = found[:SAME_PLACE]
    more = f"and {len(found) - SAME_PLACE:,} more like this here"
    return [*first, replace(last, notes=(*last.notes, more))]
