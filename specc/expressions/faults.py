"""What goes wrong in a template, at offsets into its text; the caller knows where that stands."""

from typing import NamedTuple

from specc.diagnostics import Code, codes


class Fault(NamedTuple):
    """One mistake. `start` and `end` are offsets into the template's text; `help` says what to write instead.

    `instead` is a text for exactly that stretch, where there is one that is probably meant.
    """

    code: Code
    start: int
    end: int
    message: str
    help: str | None = None
    instead: str | None = None


class EvaluationFault(Exception):
    """Evaluation found these faults and has no value to give. Nothing else is ever raised by `Template.evaluate`."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(*faults)
        self.faults = faults

    @property
    def is_limit(self) -> bool:
        """The work was cut short: going on with the rest of the template would only say so again."""
        return any(fault.code is codes.TEMPLATE_LIMIT for fault in self.faults)


class Place(NamedTuple):
    """A stretch of the template's text that a fault can point at."""

    start: int
    end: int

    def fault(self, code: Code, message: str, help: str | None = None) -> Fault:
        return Fault(code, self.start, self.end, message, help)

    def error(self, message: str, help: str | None = None) -> EvaluationFault:
        return EvaluationFault(self.fault(codes.TEMPLATE_ERROR, message, help))

    def limit(self, message: str) -> EvaluationFault:
        return EvaluationFault(self.fault(codes.TEMPLATE_LIMIT, message))
