"""Evaluated values. Each keeps the node that wrote it and the names that its template read, so it can be explained.

For the same reason it is known which variables of the environment a value comes from, however a template changed it,
and also if it only decided between two texts; a search for the value of the variable would not find it.
"""

from collections.abc import Callable, Iterable, Iterator
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
    """Return notes about the names that a template read: their values, and where these are set."""
    known = [read for read in reads if not isinstance(read.data, Unknown)]
    return tuple(
        f"`{read.name}` is {shown(read.data)}" + (f", set at {read.value.node.span.location}" if read.value else "")
        for read in known[:MAX_TOLD]
    )


@dataclass(frozen=True, slots=True, eq=False)
class Prefix:
    """The lines of a prelude before a command that is sent, from character `start` to `end` of the text.

    `own` is the command alone. `is_wrapped`: it is a script for another interpreter, inside of a shell script.
    """

    own: "Value"
    prelude: "Value"
    start: int
    end: int
    is_wrapped: bool


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """A value of a cell. `data` is plain JSON data, or `Unknown` if a check has no input.

    `children` are the values in a mapping or list.

    `prefix` is set if `data` is a command behind the prelude of its target.
    """

    data: object
    node: Node
    reads: tuple[Read, ...] = ()
    children: "dict[str, Value] | tuple[Value, ...]" = ()
    prefix: Prefix | None = None

    @property
    def own(self) -> "Value":
        """Return the value as its node writes it, without the prelude of the target."""
        return self.prefix.own if self.prefix is not None else self

    @property
    def is_computed(self) -> bool:
        """Return whether a template gave the value."""
        return isinstance(self.node, Scalar | FileText) and template_text(self.node) is not None

    @property
    def is_known(self) -> bool:
        return not isinstance(self.data, Unknown)

    def child(self, key: str | int) -> "Value":
        """Return the value at a key or index, which must exist."""
        return self.children[str(key)] if isinstance(self.children, dict) else self.children[int(key)]

    def children_in_order(self) -> "tuple[Value, ...]":
        return tuple(self.children.values()) if isinstance(self.children, dict) else self.children

    def known_parts(self) -> object:
        """Return the data with `Unknown` only for the unknown parts: a list with an unknown item has a known length."""
        match self.children:
            case dict() as members if members:
                return {key: child.known_parts() for key, child in members.items()}
            case (_, *_) as items:
                return [child.known_parts() for child in items]
            case _:
                return self.data

    def all_reads(self) -> tuple[Read, ...]:
        """Return what the value and all values in it have read."""
        return (*self.reads, *(read for child in self.children_in_order() for read in child.all_reads()))


@dataclass(frozen=True, slots=True, eq=False)
class EvaluatedSpec:
    """One cell of a spec: every job field with its value as the API takes it, in the order written.

    `env_of_matrix` are the variables of the environment that the axes depend on. `params` gives the parameters.
    """

    spec: ResolvedSpec
    cell: Cell
    job: dict[str, Value] = field(default_factory=dict)
    env_of_matrix: frozenset[str] = frozenset()
    params: Callable[[], dict[str, Value]] = dict

    @property
    def reads_attempt(self) -> bool:
        """Return whether a field of the job depends on `cell.attempt`."""
        return any(read.name == ATTEMPT for read in _all_read(self.job.values()))

    def instance(self) -> dict[str, object]:
        """Return the job as plain data, for validation."""
        return {name: value.data for name, value in self.job.items()}


ENV = "env."
OF_CELLS = ("matrix.", "cell.")
ATTEMPT = "cell.attempt"
"""The one name of a cell that does not depend on its axes."""

MASK = "***"


def env_names(value: Value, of_matrix: frozenset[str]) -> frozenset[str]:
    """Return the variables that a value depends on. `of_matrix` are those that the axes depend on."""
    found: set[str] = set()
    for read in _all_read((value,)):
        found |= read_names(read.name, of_matrix)
    return frozenset(found)


def read_names(name: str, of_matrix: frozenset[str]) -> frozenset[str]:
    """Return the variables that a name depends on by itself: `env.X`, or a name of the matrix or the cell."""
    if name.startswith(ENV):
        return frozenset({name.removeprefix(ENV)})
    return of_matrix if name.startswith(OF_CELLS) and name != ATTEMPT else frozenset()


def all_names(value: Value) -> frozenset[str]:
    """Return the names that a value depends on, those included that its variables read."""
    return frozenset(read.name for read in _all_read([value]))


def _all_read(values: Iterable[Value]) -> Iterator[Read]:
    """Yield what values, and the values that they read, have read. They share those, so each is visited once."""
    waiting, seen = list(values), set[int]()
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        waiting.extend(current.children_in_order())
        for read in current.reads:
            yield read
            if read.value is not None:
                waiting.append(read.value)
