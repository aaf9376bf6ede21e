"""The texts that fill the holes of one template, each made once for all cells with the same values of its axes."""

from collections.abc import Mapping as Map
from typing import NamedTuple

from specc.evaluator.memo import CELL, Axes, Leaves, Memo
from specc.evaluator.values import Read

TEXTS_KEPT = 2048
"""Of one hole, for each set of axes that it reads."""


class Text(NamedTuple):
    """What a hole was filled with, and what was read for it."""

    text: str
    reads: tuple[Read, ...]
    axes: Axes


class Texts:
    """The texts of one template where it stands. A hole is known by its offset; `alike` leads to the first like it."""

    def __init__(self, alike: Map[int, int]) -> None:
        self._alike = alike
        self._holes: dict[int, Memo[Text]] = {}

    def find(self, hole: int, leaves: Leaves) -> Text | None:
        memo = self._holes.get(self._alike[hole])
        if memo is not None:
            for table in memo.tables:
                found = table.find(leaves)
                if found is not None:
                    return found
        return None

    def keep(self, hole: int, leaves: Leaves, text: Text) -> None:
        if CELL in text.axes:
            return
        hole = self._alike[hole]
        if hole not in self._holes:
            self._holes[hole] = Memo(TEXTS_KEPT)
        self._holes[hole].keep(text.axes, leaves, text)
