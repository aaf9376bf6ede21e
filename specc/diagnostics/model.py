"""A diagnostic: one fact about a spec, where it shows, and the way out."""

from enum import StrEnum
from typing import NamedTuple

from specc.fast_dataclass import dataclass
from specc.source import Span


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


class Label(NamedTuple):
    """Another place that belongs to the finding: where a value was inherited from, what it conflicts with."""

    span: Span
    message: str


class Edit(NamedTuple):
    """What stands at `span` becomes `replacement`."""

    span: Span
    replacement: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A way out that can be taken by machine. A safe one leaves no doubt about what was meant."""

    title: str
    edits: tuple[Edit, ...]
    is_safe: bool


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. `message` is one line; `label` stands under the carets; `help` says what to write instead."""

    code: "Code"
    severity: Severity
    message: str
    span: Span
    label: str = ""
    labels: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    help: str | None = None
    fix: Fix | None = None

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR


@dataclass(frozen=True, slots=True)
class Code:
    """A kind of finding: a number that never changes its meaning, a name to read, and its usual severity."""

    code: str
    slug: str
    severity: Severity
    summary: str

    def at(
        self,
        span: Span,
        message: str,
        *,
        label: str = "",
        labels: tuple[Label, ...] = (),
        notes: tuple[str, ...] = (),
        help: str | None = None,
        fix: Fix | None = None,
    ) -> Diagnostic:
        """A finding of this kind at `span`."""
        return Diagnostic(self, self.severity, message, span, label, labels, notes, help, fix)
