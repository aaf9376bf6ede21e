"""What was evaluated in one cell holds in every cell that has the same values of all that was read for it.

So the work of a sweep grows with the values of its axes, and only what reads all of them is done for each cell.
"""

from collections.abc import Callable
from collections.abc import Mapping as Map
from operator import itemgetter
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")
Leaves = Map[str, object]
"""What a cell gives to what is evaluated in it: its axis values by name, each told by its identity."""
Axes = frozenset[str]
"""The names of the leaves that a result was made of."""

NO_AXES: Axes = frozenset()
CELL = ""
"""Stands among the axes for what no other cell has, such as the cell's id."""


class Table(Generic[Result]):
    """Results that were made of the same axes. `is_in_vain`: so many were kept, and none was asked for again."""

    __slots__ = ("_by_values", "_key", "_most", "_was_hit", "axes", "is_in_vain")

    def __init__(self, axes: Axes, most: int) -> None:
        self.axes = axes
        self.is_in_vain = False
        self._most = most
        self._was_hit = False
        self._by_values: dict[object, Result] = {}
        self._key: Callable[[Any], object] = itemgetter(*axes) if axes else _nothing

    def find(self, leaves: Leaves) -> Result | None:
        found = self._by_values.get(self._key(leaves))
        if found is not None:
            self._was_hit = True
        return found

    def keep(self, leaves: Leaves, result: Result) -> None:
        if len(self._by_values) >= self._most:
            self._by_values.clear()
            self.is_in_vain = not self._was_hit
            self._was_hit = False
        if not self.is_in_vain:
            self._by_values[self._key(leaves)] = result


class Memo(Generic[Result]):
    """Results of one computation, which may read other axes in another cell: at most `most` for each set of axes."""

    __slots__ = ("_by_axes", "_most", "tables")

    def __init__(self, most: int) -> None:
        self.tables: list[Table[Result]] = []
        self._by_axes: dict[Axes, Table[Result]] = {}
        self._most = most

    def keep(self, axes: Axes, leaves: Leaves, result: Result) -> None:
        table = self._by_axes.get(axes)
        if table is None:
            table = self._by_axes[axes] = Table(axes, self._most)
            self.tables.append(table)
        table.keep(leaves, result)
        if table.is_in_vain and table in self.tables:
            self.tables.remove(table)


def _nothing(leaves: Leaves) -> object:
    return None
