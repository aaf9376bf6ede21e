"""An evaluated value's whole history as data."""

from typing import Literal

from specc.evaluator import Value
from specc.expressions import Unknown
from specc.frozen import dataclass
from specc.nodes import FileText, LayerKind, Node, Scalar, Sequence, to_data
from specc.source import Span

State = Literal["known", "unknown", "removed"]


@dataclass(frozen=True, slots=True)
class Step:
    """One layer that wrote the value: who, where, and what stands there."""

    layer: str
    span: Span
    written: object


@dataclass(frozen=True, slots=True)
class Explanation:
    """A name with its final value, who wrote it (the winner first, then the losing layers), and what it read.

    `reads` holds each name's own reads once, where the name comes first.
    `steps` is empty for names that no file sets, such as `cell.slug`. `state` is "known", "unknown" where an input is
    not given, or "removed" where the strongest layer says `{$unset: true}`.
    """

    name: str
    state: State
    data: object
    steps: tuple[Step, ...]
    reads: tuple["Explanation", ...]


def explain(name: str, value: Value) -> Explanation:
    """A name that is read again is not followed again: templates that share names would repeat each other for ever."""
    return _explained(name, value, set())


def _explained(name: str, value: Value, told: set[str]) -> Explanation:
    steps = tuple(Step(layer_of(node), place_of(node), written(node)) for node in _history(value.node))
    again = name in told
    told.add(name)
    reads = tuple(
        _explained(read.name, read.value, told)
        if read.value is not None
        else Explanation(read.name, *_data(read.data), steps=(), reads=())
        for read in (() if again else value.reads)
    )
    return Explanation(name, *_data(value.data), steps=steps, reads=reads)


def removed(name: str, operator: Node) -> Explanation:
    """A value that was taken away. `operator` is the `$unset` mapping, with the lost value beneath it."""
    steps = tuple(Step(layer_of(node), place_of(node), written(node)) for node in _history(operator))
    return Explanation(name, "removed", None, steps, ())


def _data(data: object) -> tuple[State, object]:
    return ("unknown", None) if isinstance(data, Unknown) else ("known", data)


def _history(node: Node) -> list[Node]:
    """The winner first, then what it replaced, down to the weakest writer."""
    chain: list[Node] = []
    current: Node | None = node
    while current is not None:
        chain.append(current)
        current = current.beneath
    return chain


def layer_of(node: Node) -> str:
    """`file` for values of files, else the layer's name."""
    return str(LayerKind.FILE) if node.layer.kind is LayerKind.FILE else str(node.layer)


def place_of(node: Node) -> Span:
    return node.ref.span if isinstance(node, FileText) else node.span


def written(node: Node) -> object:
    """What the file says: a template as it is written, a `$file` as its path, an operator instead of its result."""
    if isinstance(node, FileText):
        return {"$file": node.ref.value}
    if isinstance(node, Sequence) and node.layer.kind is not LayerKind.SET and node.span.text.lstrip().startswith("{"):
        return node.span.text
    return node.value if isinstance(node, Scalar) else to_data(node)
