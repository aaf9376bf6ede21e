"""What the check of one spec may cost, all of its cells, profiles and choices together.

It is counted and not timed, so that a check says the same on every machine and each time.
"""

from specc.compiler.part import Share
from specc.diagnostics import Diagnostic, codes
from specc.evaluator import EvaluatedSpec
from specc.lowering import Payload
from specc.resolver import ResolvedSpec
from specc.source import Span

WORK = 4_000_000
"""Enough for some nine thousand cells of a usual job. A unit is about a third of a microsecond."""
WORK_OF_A_CELL = 230
WORK_OF_AN_ALIKE = 80
WORK_OF_A_VARIANT = 2_000
WORK_OF_A_NAME = 8
"""A parameter, a variable or a field, which every variant evaluates again, and an axis, which every cell has."""
USUAL_FIELDS, WORK_OF_A_FIELD = 30, 25
"""A cell pays for so many fields of its job. More than that are wrong ones, and something is said of each."""

HELP = "`specc render` looks at every cell; `--profile NAME` and `-p NAME=VALUE` choose one case of many"


def price(evaluated: EvaluatedSpec) -> int:
    """Return what a cell costs without its templates: above all the rules, which read each character of its texts."""
    texts = (value.data for value in evaluated.job.values() if isinstance(value.data, str))
    names = WORK_OF_A_NAME * len(evaluated.cell.values) + WORK_OF_A_FIELD * max(0, len(evaluated.job) - USUAL_FIELDS)
    return WORK_OF_A_CELL + names + sum(map(len, texts)) * 5 // 4


class Allowance:
    """What is left, and what had to be left out when it was spent. A share of a sweep has its part of the whole."""

    def __init__(self, share: Share | None = None) -> None:
        self.left = WORK
        if share is not None:
            self.left = WORK * (share.part.after - share.part.first) // share.cells
        self.cells = 0
        self.most_cells = 0
        self._missed: list[tuple[Span, str]] = []

    @property
    def is_spent(self) -> bool:
        return self.left <= 0

    def begin(self, most_cells: int) -> None:
        """Begin another sweep of at most so many cells."""
        self.cells, self.most_cells = 0, most_cells

    def covers(self, evaluated: EvaluatedSpec) -> bool:
        """Return whether all cells of the sweep can be paid for, if each costs what this one does."""
        return price(evaluated) * self.most_cells < self.left

    def pay_for_cell(self, evaluated: EvaluatedSpec, steps: int) -> None:
        """Pay for a cell, and for the steps that its templates took."""
        self.cells += 1
        self.left -= price(evaluated) + steps

    def pay_for_alike(self, payload: Payload) -> None:
        """Pay for a cell that shows the rules nothing new."""
        self.cells += 1
        self.left -= WORK_OF_AN_ALIKE + len(payload.canonical) // 8

    def pay_for_variant(self, spec: ResolvedSpec) -> None:
        """Pay for composing the spec with a profile, or for evaluating it with another choice."""
        names = sum(len(spec.section(section).entries) for section in ("params", "vars", "job"))
        self.left -= WORK_OF_A_VARIANT + WORK_OF_A_NAME * names

    def miss(self, span: Span, what: str) -> None:
        """Note how much was looked at, and where the whole is written."""
        self._missed.append((span, what))

    def miss_cells(self, span: Span) -> None:
        self.miss(span, f"{self.cells:,} of {self.most_cells:,} cells")

    def diagnostic(self) -> Diagnostic | None:
        """Say what was left out, if anything was."""
        if not self._missed:
            return None
        what = " and ".join(what for _, what in self._missed)
        message = f"the check stopped after {what}, because to look at all of them would take too long"
        return codes.INCOMPLETE_CHECK.at(self._missed[0][0], message, help=HELP)
