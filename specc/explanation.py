"""Where a value comes from: its provenance as data, as a tree for people, and as JSON for programs.

`explain` follows an evaluated value to the layer that won, to all layers that lost, and to what its template read.
"""

import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Literal

from specc.evaluator import MASK, Value, env_names, read_names
from specc.expander import Cell
from specc.expressions import Unknown
from specc.fast_dataclass import dataclass
from specc.language import Translate, in_english
from specc.nodes import FileText, LayerKind, Node, Scalar, Sequence, to_data
from specc.source import Span
from specc.visible import visible, visible_json
from specc.wording import json_text

VERSION = 1
WIDTH = 60
NO_UNITS: Mapping[str, str] = MappingProxyType({})

State = Literal["known", "unknown", "removed", "hidden"]


@dataclass(frozen=True, slots=True)
class Hiding:
    """The variables of the environment that must not be shown, and those that the axes of the sweep depend on."""

    variables: frozenset[str] = frozenset()
    of_matrix: frozenset[str] = frozenset()

    @property
    def hides_cell(self) -> bool:
        """Whether the values of the axes must not be shown."""
        return bool(self.variables & self.of_matrix)

    def hides(self, value: Value) -> bool:
        """Return whether an evaluated value must not be shown."""
        return bool(self.variables) and bool(self.variables & env_names(value, self.of_matrix))

    def hides_name(self, name: str) -> bool:
        """Return whether the value of an axis, or of a name that no file sets, such as `env.X`, must not be shown."""
        return bool(self.variables & read_names(name, self.of_matrix))


SHOWS_ALL = Hiding()


@dataclass(frozen=True, slots=True)
class Step:
    """One layer that wrote the value: its name, where, and what is written there."""

    layer: str
    span: Span
    written: object


@dataclass(frozen=True, slots=True)
class Explanation:
    """A name with its final value, the layers that wrote it (the winner first), and the names that its template read.

    `reads` holds what each name read once, where the name comes first.
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
    """Return the provenance of a value.

    What a name read is listed once, because templates that share names would repeat each other for ever.
    """
    return _explained(name, value, set(), hiding)


def _explained(name: str, value: Value, told: set[str], hiding: Hiding) -> Explanation:
    steps = tuple(Step(layer_of(node), span_of(node), written(node)) for node in _writers(value.node))
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
    """Return the provenance of a value that was removed. `operator` is the `$unset` mapping over the lost value."""
    steps = tuple(Step(layer_of(node), span_of(node), written(node)) for node in _writers(operator))
    return Explanation(name, "removed", None, steps, ())


def _data(data: object, *, is_hidden: bool) -> tuple[State, object]:
    if is_hidden:
        return "hidden", None
    return ("unknown", None) if isinstance(data, Unknown) else ("known", data)


def _writers(node: Node) -> list[Node]:
    """Return the winner, then what the winner replaced, down to the weakest writer."""
    chain: list[Node] = []
    current: Node | None = node
    while current is not None:
        chain.append(current)
        current = current.beneath
    return chain


def layer_of(node: Node) -> str:
    """Return `file` for values of files, else the name of the layer."""
    return str(LayerKind.FILE) if node.layer.kind is LayerKind.FILE else str(node.layer)


def span_of(node: Node) -> Span:
    """Return where a value is written; for the text of a file, where the file is named."""
    return node.ref.span if isinstance(node, FileText) else node.span


def written(node: Node) -> object:
    """Return what the file says: a template as it is written, a `$file` as its path, an operator, not its result."""
    if isinstance(node, FileText):
        return {"$file": node.ref.value}
    if isinstance(node, Scalar) and node.passed is not None:
        return {"$command": node.value}
    if isinstance(node, Sequence) and node.layer.kind is not LayerKind.SET and node.span.text.lstrip().startswith("{"):
        return node.span.text
    return node.value if isinstance(node, Scalar) else to_data(node)


def as_text(
    explanations: list[Explanation],
    cell: Cell,
    *,
    units: Mapping[str, str] = NO_UNITS,
    hides_cell: bool = False,
    translate: Translate = in_english,
) -> str:
    """Return the tree of each value. The cell of a sweep comes first. `units` are those of job fields."""
    texts = {name: value if isinstance(value, str) else _brief(value) for name, value in cell.data().items()}
    values = ", ".join(f"{name}={MASK if hides_cell else text}" for name, text in texts.items())
    heading = f"{translate('cell')} {cell.id}: {visible(values)}\n" if values else ""
    lines = (line for explanation in explanations for line in _tree(explanation, "", units, translate))
    return heading + "".join(f"{visible(line)}\n" for line in lines)


def _tree(explanation: Explanation, indent: str, units: Mapping[str, str], translate: Translate) -> Iterator[str]:
    """Yield the value, its writers from the winner down, and one level deeper what the winner's template read."""
    yield f"{indent}{explanation.name} = {_final_value(explanation, translate)}{_unit(explanation, units)}"
    branches: list[tuple[str, list[str]]] = []
    for index, step in enumerate(explanation.steps):
        reads = explanation.reads if index == 0 else ()
        below = [line for read in reads for line in _tree(read, "", units, translate)]
        branches.append((_step_line(step, index, translate), below))
    if not explanation.steps:
        branches.extend((line, []) for read in explanation.reads for line in _tree(read, "", units, translate))
    for number, (line, below) in enumerate(branches):
        is_last = number == len(branches) - 1
        yield f"{indent}{'└─' if is_last else '├─'} {line}"
        for deeper in below:
            yield f"{indent}{'  ' if is_last else '│ '}   {deeper}"


def _final_value(explanation: Explanation, translate: Translate) -> str:
    match explanation.state:
        case "unknown":
            return translate("(not given)") if explanation.name.startswith("params.") else translate("(unknown)")
        case "removed":
            return translate("(removed)")
        case "hidden":
            return translate(f"{MASK} (from the environment)")
        case _:
            return _brief(explanation.data)


def _unit(explanation: Explanation, units: Mapping[str, str]) -> str:
    """Return the unit of a number that is the value of a job field, such as ` (MiB)`; nothing for other values."""
    unit = units.get(explanation.name.removeprefix("job.")) if explanation.name.startswith("job.") else None
    return f" ({unit})" if unit is not None and type(explanation.data) is int else ""


def _step_line(step: Step, index: int, translate: Translate) -> str:
    verdict = translate("set by") if index == 0 else translate("overrides")
    if step.layer.startswith("-"):
        return f"{verdict} {step.span}"
    return f"{verdict} {translate(step.layer)} {step.span}: {_brief(step.written)}"


def _brief(data: object) -> str:
    """Return a value on one line, cut where it gets long."""
    text = json.dumps(data, ensure_ascii=False, default=str)
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 3]}..."


def as_json(explanations: list[Explanation], cell: Cell, *, hides_cell: bool = False) -> str:
    """Return all values with their provenance as one JSON document."""
    values = {name: MASK if hides_cell else value for name, value in cell.data().items()}
    document = {
        "version": VERSION,
        "cell": {"id": cell.id, "slug": MASK if hides_cell else cell.slug, "values": values},
        "values": [_object(explanation) for explanation in explanations],
    }
    return visible_json(json_text(document, 2)) + "\n"


def _object(explanation: Explanation) -> dict[str, object]:
    return {
        "name": explanation.name,
        "state": explanation.state,
        "value": MASK if explanation.state == "hidden" else explanation.data,
        "history": [
            {
                "layer": step.layer,
                "path": step.span.source.path,
                "line": line,
                "column": column,
                "written": step.written,
            }
            for step in explanation.steps
            for line, column in [step.span.first]
        ],
        "reads": [_object(read) for read in explanation.reads],
    }
