"""What the templates of a sweep may cost: each cell has a budget, and all of them together have one, too."""

from collections.abc import Iterable

from specc.diagnostics import codes
from specc.expressions import Budget, Fault
from specc.expressions.budget import STEPS

STEPS_OF_A_CELL = 5_000
"""On average. What a cell does not use is left for the others."""
RESERVE = 10 * STEPS
"""What the cells of a sweep may use beyond their average, so that a few heavy ones are no matter."""


class Sweep:
    """Budgets, cell by cell. After the first finding about a limit, what is over as well is not worth saying."""

    def __init__(self) -> None:
        self.budget = Budget()
        self.exceeded = False
        self._reserve = RESERVE
        self._given = STEPS

    @property
    def is_spent(self) -> bool:
        """Nothing is left for this cell."""
        return self.budget.steps < 0 or self.budget.characters < 0

    def next_cell(self) -> None:
        self._reserve += STEPS_OF_A_CELL - (self._given - max(self.budget.steps, 0))
        self._given = max(0, min(STEPS, self._reserve))
        self.budget = Budget(self._given)

    def worth_saying(self, faults: Iterable[Fault]) -> list[Fault]:
        """The faults without those that follow from a spent budget."""
        said = [fault for fault in faults if fault.code is not codes.TEMPLATE_LIMIT or not self.exceeded]
        if self.budget.steps < 0 and self._given < STEPS:
            message = "the templates of this sweep take too many steps, all cells together"
            said = [fault._replace(message=message) if fault.code is codes.TEMPLATE_LIMIT else fault for fault in said]
        self.exceeded |= any(fault.code is codes.TEMPLATE_LIMIT for fault in said)
        return said
