"""What the cells of a sweep share: results, and a budget.

A result of one cell holds in every cell that has the same values of all axes that it was made of. So the work of a
sweep grows with the values of its axes, and only what reads all of them is done for each cell.
"""

from collections.abc import Callable, Iterable
from collections.abc import Mapping as Map
from operator import itemgetter
from typing import Any, Generic, NamedTuple, TypeVar

from specc.diagnostics import codes
from specc.evaluator.values import Read
from specc.expressions import STEPS, Budget, TemplateMistake

Result = TypeVar("Result")
Leaves = Map[str, object]
"""The axis values of a cell by name, each compared by its identity."""
Axes = frozenset[str]
"""The names of the axes that a result was made of."""

NO_AXES: Axes = frozenset()
CELL = ""
"""The name, among the axes, of what no other cell has, such as the cell's id."""


class Table(Generic[Result]):
    """Results that were made of the same axes. `is_in_vain`: the table was full, and no result was used again."""

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


TEXTS_KEPT = 2048
"""How many texts of one expression are kept for each set of axes that it reads."""


class Text(NamedTuple):
    """The text of an expression, and the names and axes that were read for it."""

    text: str
    reads: tuple[Read, ...]
    axes: Axes


class Texts:
    """The texts of the expressions of one template in one node, each made once for all cells with the same axis values.

    An expression is known by its offset. `alike` leads to the first expression that gives the same text.
    """

    def __init__(self, alike: Map[int, int]) -> None:
        self._alike = alike
        self._memos: dict[int, Memo[Text]] = {}

    def find(self, offset: int, leaves: Leaves) -> Text | None:
        memo = self._memos.get(self._alike[offset])
        if memo is not None:
            for table in memo.tables:
                found = table.find(leaves)
                if found is not None:
                    return found
        return None

    def keep(self, offset: int, leaves: Leaves, text: Text) -> None:
        if CELL in text.axes:
            return
        offset = self._alike[offset]
        if offset not in self._memos:
            self._memos[offset] = Memo(TEXTS_KEPT)
        self._memos[offset].keep(text.axes, leaves, text)


STEPS_OF_A_CELL = 5_000
"""The average for each cell. Steps that a cell does not use are left for the others."""
RESERVE = 10 * STEPS
"""The steps that the cells of a sweep may use beyond their average, so that a few may be heavy."""


class Sweep:
    """Budgets, cell by cell. Only the first diagnostic about a limit is worth reporting."""

    def __init__(self) -> None:
        self.budget = Budget()
        self.exceeded = False
        self._reserve = RESERVE
        self._given = STEPS
        self._was_short = False

    @property
    def is_spent(self) -> bool:
        """Return whether nothing is left for this cell."""
        return self.budget.steps < 0 or self.budget.characters < 0

    @property
    def is_even(self) -> bool:
        """Return whether each cell had a full budget, and together they took no more than their average."""
        return not self._was_short and self._left() >= RESERVE + STEPS_OF_A_CELL

    def next_cell(self) -> None:
        self._reserve = self._left()
        self._given = max(0, min(STEPS, self._reserve))
        self._was_short |= self._given < STEPS
        self.budget = Budget(self._given)

    def _left(self) -> int:
        """Return what is left of the reserve after this cell."""
        return self._reserve + STEPS_OF_A_CELL - self.budget.used

    def worth_saying(self, mistakes: Iterable[TemplateMistake]) -> list[TemplateMistake]:
        """Return the mistakes without those that follow from a spent budget."""
        said = [mistake for mistake in mistakes if mistake.code is not codes.TEMPLATE_LIMIT or not self.exceeded]
        if self.budget.steps < 0 and self._given < STEPS:
            message = "the templates of this sweep take too many steps, all cells together"
            said = [
                mistake._replace(message=message) if mistake.code is codes.TEMPLATE_LIMIT else mistake
                for mistake in said
            ]
        self.exceeded |= any(mistake.code is codes.TEMPLATE_LIMIT for mistake in said)
        return said
