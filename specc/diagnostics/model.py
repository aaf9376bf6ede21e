"""A diagnostic: one fact about a spec, where it shows, and the way out."""

from enum import StrEnum
from typing import NamedTuple

from specc.fast_dataclass import dataclass
from specc.source import Span


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


class Label(NamedTuple):
    """Another span that belongs to a diagnostic: where a value was inherited from, or what it conflicts with."""

    span: Span
    message: str


class Edit(NamedTuple):
    """A change of the text: `replacement` is written over `span`."""

    span: Span
    replacement: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A correction that a machine can apply. A safe one leaves no doubt about what was meant."""

    title: str
    edits: tuple[Edit, ...]
    is_safe: bool


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One fact. `message` is one line; `label` is written under the carets; `help` says what to write instead."""

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
    """A kind of diagnostic: a number that never changes its meaning, a name to read, and its usual severity."""

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
        """Return a diagnostic of this kind at `span`."""
        return Diagnostic(self, self.severity, message, span, label, labels, notes, help, fix)


@dataclass(frozen=True, slots=True)
class Missing:
    """Why a name has no text: the code of the diagnostic to report, and its words.

    `meant` is the name of a file in the same folder, or of a shipped base, that was probably meant.
    """

    code: Code
    message: str
    help: str | None = None
    meant: str | None = None
