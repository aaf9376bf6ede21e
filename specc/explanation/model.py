"""An evaluated value's whole history as data."""

from typing import Literal

from specc.evaluator import Value, env_names, read_names
from specc.expressions import Unknown
from specc.fast_dataclass import dataclass
from specc.nodes import FileText, LayerKind, Node, Scalar, Sequence, to_data
from specc.source import Span

State = Literal["known", "unknown", "removed", "hidden"]


@dataclass(frozen=True, slots=True)
class Hiding:
    """The variables of the environment that must not be shown, and those that the axes of the sweep depend on."""

    variables: frozenset[str] = frozenset()
    of_matrix: frozenset[str] = frozenset()

    @property
    def hides_cell(self) -> bool:
        return bool(self.variables & self.of_matrix)

    def hides(self, value: Value) -> bool:
        return bool(self.variables) and bool(self.variables & env_names(value, self.of_matrix))

    def hides_name(self, name: str) -> bool:
        """Return whether a name that no file sets, such as `env.X`, must not be shown; or an axis."""
        return bool(self.variables & read_names(name, self.of_matrix))


SHOWS_ALL = Hiding()


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
    not given, "removed" where the strongest layer says `{$unset: true}`, or "hidden" where the value comes from a
    variable of the environment that must not be shown.
    """

    name: str
    state: State
    data: object
    steps: tuple[Step, ...]
    reads: tuple["Explanation", ...]


def explain(name: str, value: Value, hiding: Hiding = SHOWS_ALL) -> Explanation:
    """A name that is read again is not followed again: templates that share names would repeat each other for ever."""
    return _explained(name, value, set(), hiding)


def _explained(name: str, value: Value, told: set[str], hiding: Hiding) -> Explanation:
    steps = tuple(Step(layer_of(node), place_of(node), written(node)) for node in _history(value.node))
    again = name in told
    told.add(name)
    reads = tuple(
        _explained(read.name, read.value, told, hiding)
        if read.value is not None
        else Explanation(read.name, *_data(read.data, is_hidden=hiding.hides_name(read.name)), steps=(), reads=())
        for read in (() if again else value.reads)
    )
    is_hidden = hiding.hides_name(name) or hiding.hides(value)
    return Explanation(name, *_data(value.data, is_hidden=is_hidden), steps=steps, reads=reads)


def removed(name: str, operator: Node) -> Explanation:
    """A value that was taken away. `operator` is the `$unset` mapping, with the lost value beneath it."""
    steps = tuple(Step(layer_of(node), place_of(node), written(node)) for node in _history(operator))
    return Explanation(name, "removed", None, steps, ())


def _data(data: object, *, is_hidden: bool) -> tuple[State, object]:
    if is_hidden:
        return "hidden", None
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
    """What the file says: a template as it is written, a form as its path or text, an operator as such."""
    if isinstance(node, FileText):
        return {"$file": node.ref.value}
    if isinstance(node, Scalar) and node.passed is not None:
        return {"$command": node.value}
    if isinstance(node, Sequence) and node.layer.kind is not LayerKind.SET and node.span.text.lstrip().startswith("{"):
        return node.span.text
    return node.value if isinstance(node, Scalar) else to_data(node)
