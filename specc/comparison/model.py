"""What a comparison takes, and what it gives."""

import json
from collections.abc import Mapping
from dataclasses import field
from typing import Literal, NamedTuple

from specc.changes import Change
from specc.compiler import Context
from specc.diagnostics import Diagnostic
from specc.expander import Cell
from specc.fast_dataclass import dataclass
from specc.parser import Document
from specc.source import Span

What = Literal["altered", "added", "removed", "moved"]
ORDER: tuple[What, ...] = ("altered", "added", "removed", "moved")


@dataclass(frozen=True, eq=False)
class Side:
    """One side: its specs, what they are compiled against, and where each of its settings stands.

    `lost` are the files that cannot be read as specs, by name, with the reasons.
    """

    documents: tuple[Document, ...]
    context: Context
    settings: Mapping[str, Span] = field(default_factory=dict)
    lost: Mapping[str, tuple[Diagnostic, ...]] = field(default_factory=dict)


class Place(NamedTuple):
    """A line of a file, or of a command line. `is_old`: of the old side, because nothing of the new one says it."""

    path: str
    line: int
    column: int
    is_old: bool

    @classmethod
    def of(cls, span: Span, *, is_old: bool = False) -> "Place":
        return cls(span.source.path, *span.first, is_old)

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


class Cause(NamedTuple):
    """Why payloads differ: the value of that name, as it is written on both sides, or a word where there is none.

    `before` and `after` hold what is written, as JSON, or nothing where the value was not there.
    """

    what: What
    name: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    place: Place | None
    note: str = ""


def said(*values: object) -> tuple[str, ...]:
    """What a cause keeps of values, so that equal ones are one cause."""
    return tuple(json.dumps(value, ensure_ascii=False, default=str) for value in values)


class Detail(NamedTuple):
    """One field of one payload. `origin` is where its new value is written, or its old one where it is gone."""

    change: Change
    origin: Place | None


class Label(NamedTuple):
    """A payload as people know it. `params` is what was chosen for parameters without a default, as typed."""

    spec: str
    params: str
    cell: str
    name: str

    @classmethod
    def of(cls, spec: str, params: str, cell: Cell, name: str) -> "Label":
        return cls(spec, params, cell.id, name)


@dataclass(frozen=True, slots=True)
class Item:
    """One payload of a group; `details` are the fields that the cause of the group changes."""

    label: Label
    before: str | None
    after: str | None
    details: tuple[Detail, ...] = ()
    was: Label | None = None


@dataclass(frozen=True, slots=True)
class Group:
    cause: Cause
    items: tuple[Item, ...]


class Uncompared(NamedTuple):
    """A spec that cannot be compared, and the reason in a few words. `was_broken`: only its old side is wrong."""

    spec: str
    why: str
    was_broken: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """`counts` has each payload once, however many causes it has; `same` are those that were compared and are equal.

    `diagnostics` are errors of the new side, and as warnings those of specs of which only the old side is wrong.
    `declared` are the parameters of all specs that were looked into; None where there were none.
    """

    groups: tuple[Group, ...]
    counts: Mapping[What, int]
    same: int
    uncompared: tuple[Uncompared, ...]
    diagnostics: tuple[Diagnostic, ...]
    declared: frozenset[str] | None = None

    @property
    def is_empty(self) -> bool:
        """Has nothing changed? What had errors before can be sent now, which is a change."""
        return not any(self.counts.values()) and not any(one.was_broken for one in self.uncompared)
