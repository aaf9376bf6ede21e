"""Evaluated values. Each keeps the node it was written as and what its template read, so it can be explained."""

from dataclasses import field
from typing import NamedTuple

from specc.evaluator.templates import template_text
from specc.expander import Cell
from specc.expressions import Unknown
from specc.fast_dataclass import dataclass
from specc.nodes import FileText, Node, Scalar
from specc.resolver import ResolvedSpec, shown

MAX_TOLD = 5


class Read(NamedTuple):
    """One name that a template read. `value` is None for names that no file sets, such as `cell.slug`."""

    name: str
    data: object
    value: "Value | None"


def told(reads: tuple[Read, ...]) -> tuple[str, ...]:
    """Where the values come from that a wrong template read."""
    known = [read for read in reads if not isinstance(read.data, Unknown)]
    return tuple(
        f"`{read.name}` is {shown(read.data)}" + (f", set at {read.value.node.span.location}" if read.value else "")
        for read in known[:MAX_TOLD]
    )


@dataclass(frozen=True, slots=True, eq=False)
class Prefix:
    """What stands before a command that is sent: the lines of a prelude, from character `start` to `end` of it.

    `own` is the command alone. `is_wrapped`: it is a script for another interpreter, inside of a shell script.
    """

    own: "Value"
    prelude: "Value"
    start: int
    end: int
    is_wrapped: bool


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """`data` is plain JSON data, or `Unknown` where a check has no input. `children` are those of a mapping or list.

    `prefix` is there where `data` is more than the node says: a command behind the prelude of its target.
    """

    data: object
    node: Node
    reads: tuple[Read, ...] = ()
    children: "dict[str, Value] | tuple[Value, ...]" = ()
    prefix: Prefix | None = None

    @property
    def own(self) -> "Value":
        """The value as its node says it, without what the target puts before it."""
        return self.prefix.own if self.prefix is not None else self

    @property
    def is_computed(self) -> bool:
        """A template gave it."""
        return isinstance(self.node, Scalar | FileText) and template_text(self.node) is not None

    @property
    def is_known(self) -> bool:
        return not isinstance(self.data, Unknown)

    def child(self, key: str | int) -> "Value":
        """The value at a key or index. It must be there."""
        return self.children[str(key)] if isinstance(self.children, dict) else self.children[int(key)]

    def children_in_order(self) -> "tuple[Value, ...]":
        return tuple(self.children.values()) if isinstance(self.children, dict) else self.children

    def known_parts(self) -> object:
        """The data with `Unknown` only where something is unknown: a list with an unknown item has a known length."""
        match self.children:
            case dict() as members if members:
                return {key: child.known_parts() for key, child in members.items()}
            case (_, *_) as items:
                return [child.known_parts() for child in items]
            case _:
                return self.data

    def all_reads(self) -> tuple[Read, ...]:
        """What the value and all that lies in it have read."""
        return (*self.reads, *(read for child in self.children_in_order() for read in child.all_reads()))


@dataclass(frozen=True, slots=True, eq=False)
class EvaluatedSpec:
    """One cell of a spec: every job field with its value as the API takes it, in the order written.

    `env_of_matrix` are the variables of the environment that the axes depend on.
    """

    spec: ResolvedSpec
    cell: Cell
    job: dict[str, Value] = field(default_factory=dict)
    env_of_matrix: frozenset[str] = frozenset()

    def instance(self) -> dict[str, object]:
        """The job as plain data, for validation."""
        return {name: value.data for name, value in self.job.items()}
