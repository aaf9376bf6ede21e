"""What changes while a template is evaluated."""

from collections.abc import Callable
from dataclasses import field

from specc.expressions.budget import Budget
from specc.expressions.faults import EvaluationFault, Fault
from specc.expressions.values import Scope, Unknown
from specc.fast_dataclass import dataclass

MAX_FAULTS = 20

Hole = Callable[[object, int, int], Fault | None]
"""Asked about each `{{ }}` in a text: its value before it becomes text, and its offsets."""


@dataclass(slots=True)
class Run:
    """One evaluation of one template, of which `text` is the text. `is_unknown`: part of what it gives is not known."""

    text: str
    scope: Scope
    budget: Budget
    hole: Hole | None = None
    keep: "Keep | None" = None
    faults: list[Fault] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    length: int = 0
    is_unknown: bool = False

    def note(self, error: EvaluationFault) -> None:
        """Keeps faults, each place once, so that the rest of the text is evaluated too; a limit ends it all."""
        if error.is_limit or len(self.faults) >= MAX_FAULTS:
            raise error
        places = {(fault.start, fault.end) for fault in self.faults}
        self.faults.extend(fault for fault in error.faults if (fault.start, fault.end) not in places)

    def aside(self) -> "Run":
        """A run whose text and faults nobody will see, and for which nothing else has to go without."""
        return Run(self.text, self.scope, self.budget.aside())


class TooUncertain(Exception):
    """It cannot be found out what a template may set: going through what may never happen takes too long."""


@dataclass(slots=True)
class Frame:
    """The run, and the variables that the template itself has set where it is now."""

    run: Run
    names: dict[str, object]

    def inner(self) -> "Frame":
        """What is set in a loop stays in its round."""
        return Frame(self.run, dict(self.names))


Evaluate = Callable[[Frame], object]
"""An expression, ready to be evaluated."""
Write = Callable[[Frame], None]
"""A statement, ready to write its text into the run."""
Fill = Callable[[Frame], str]
"""A hole, ready to give its text."""
Keep = Callable[[int, Fill, Frame], str]
"""Gives the text of a hole that reads no name of the template's own: as `Fill` does, or from memory. The number is its
offset."""


def guess(evaluate: Evaluate, frame: Frame) -> object:
    """The value of what may never be evaluated: its faults do not count."""
    try:
        return evaluate(Frame(frame.run.aside(), frame.names))
    except EvaluationFault:
        return Unknown(None)
