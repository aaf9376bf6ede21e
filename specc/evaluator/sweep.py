"""The budget of a sweep, which its cells share."""

from collections.abc import Iterable

from specc.diagnostics import codes
from specc.expressions import STEPS, Budget, TemplateMistake

Axes = frozenset[str]
"""The names of the axes that a value was made of."""

NO_AXES: Axes = frozenset()
CELL = ""
"""The name, among the axes, of what no other cell has, such as the cell's id."""

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
