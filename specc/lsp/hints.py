"""What is shown behind values in the lines of a spec: what a template or quantity comes to, and what it overrides."""

from collections.abc import Iterator

from specc.app.editing import Snapshot
from specc.compiler import Request
from specc.evaluator import MASK, EvaluatedSpec, Evaluation, Value
from specc.explanation import Hiding, written
from specc.fast_dataclass import dataclass
from specc.language import translated
from specc.lsp.hover import cells_of, flow
from specc.nodes import Mapping, Node, Scalar, Style, to_data
from specc.wording import brief

OF_CELLS = ("matrix.", "cell.")
WIDTH = 40
SECTIONS = ("params", "vars", "job")


@dataclass(frozen=True, slots=True)
class Hint:
    """A short text behind the value that ends at an offset, and the whole of what it is cut from."""

    offset: int
    text: str
    whole: str


def hints_of(snapshot: Snapshot, start: int, end: int) -> Iterator[Hint]:
    """Yield the hints for the text from `start` to `end`. A text that cannot be read now has none."""
    if snapshot.document is None or snapshot.text is not snapshot.document.source:
        return
    first = next(cells_of(snapshot.document, snapshot, Request()), None)
    if first is None:
        return
    evaluation, evaluated = first
    hiding = Hiding(snapshot.project.site.hidden, evaluated.env_of_matrix)
    for name, node in _values(evaluation, evaluated):
        if node.span.source is not snapshot.text or not start <= _end(node) <= end:
            continue
        said = [_comes_to(name, node, evaluation, hiding), _overrides(node)]
        whole = "; ".join(each for each in said if each)
        if whole:
            yield Hint(_end(node), brief(whole, 2 * WIDTH), whole)


def _values(evaluation: Evaluation, evaluated: EvaluatedSpec) -> Iterator[tuple[str, Node]]:
    """Yield the values of a spec as they are merged: fields, variables and what parameters declare, by name."""
    for section in SECTIONS:
        for name, node in evaluated.spec.section(section).entries.items():
            if section == "job" or not isinstance(node, Mapping):
                yield f"{section}.{name}", node
            else:
                yield from ((f"{section}.{name}.{key}", value) for key, value in node.entries.items())


def _end(node: Node) -> int:
    """Return where a hint stands: behind a value of one line, or behind the sign that begins a text of several."""
    if isinstance(node, Scalar) and node.style in (Style.LITERAL, Style.FOLDED):
        text = node.span.source.text
        stop = text.find("\n", node.span.start)
        return len(text[: stop if stop >= 0 else len(text)].rstrip())
    return node.span.end


def _comes_to(name: str, node: Node, evaluation: Evaluation, hiding: Hiding) -> str:
    """Return what a template or a quantity is in the first cell, and that it is not so in all of them."""
    if not isinstance(node, Scalar) or node.style in (Style.LITERAL, Style.FOLDED) or name.startswith("params."):
        return ""
    value = evaluation.named(name)
    if value is None or not value.own.is_known or value.own.data == node.value:
        return ""
    data = MASK if hiding.hides(value) else value.own.data
    shown = data if isinstance(data, str) else flow(data)
    return f"= {brief(shown, WIDTH)}" + (", ..." if _differs(value) else "")


def _differs(value: Value) -> bool:
    """Return whether a value reads the cell, so that it can differ in others."""
    waiting, seen = [value], set[int]()
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        waiting.extend(current.children_in_order())
        for read in current.reads:
            if read.name.startswith(OF_CELLS):
                return True
            if read.value is not None:
                waiting.append(read.value)
    return False


def _overrides(node: Node) -> str:
    """Return what a value overrides, and where that is written."""
    below = node.beneath
    if below is None or isinstance(node, Mapping):
        return ""
    said = written(below) if not isinstance(below, Mapping) else to_data(below)
    return translated(f"overrides {below.span.source.name}: {brief(flow(said), WIDTH)}")
