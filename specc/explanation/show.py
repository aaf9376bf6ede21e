"""Explanations as a tree for people and as JSON for tools."""

import json
from collections.abc import Iterator

from specc.evaluator import MASK
from specc.expander import Cell
from specc.explanation.model import Explanation, Step
from specc.visible import visible, visible_json

VERSION = 1
WIDTH = 60


def as_text(explanations: list[Explanation], cell: Cell, *, hides_cell: bool = False) -> str:
    """The tree of each value. Of a sweep, the cell that is shown comes first."""
    values = ", ".join(f"{name}={MASK if hides_cell else value}" for name, value in cell.data().items())
    heading = f"cell {cell.id}: {visible(values)}\n" if values else ""
    lines = (line for explanation in explanations for line in _tree(explanation, ""))
    return heading + "".join(f"{visible(line)}\n" for line in lines)


def _tree(explanation: Explanation, indent: str) -> Iterator[str]:
    """The value, its writers from the winner down, then what the winner's template read, one level deeper."""
    yield f"{indent}{explanation.name} = {_final(explanation)}"
    branches: list[tuple[str, list[str]]] = []
    for index, step in enumerate(explanation.steps):
        reads = explanation.reads if index == 0 else ()
        below = [line for read in reads for line in _tree(read, "")]
        branches.append((_line(step, index), below))
    if not explanation.steps:
        branches.extend((line, []) for read in explanation.reads for line in _tree(read, ""))
    for number, (line, below) in enumerate(branches):
        is_last = number == len(branches) - 1
        yield f"{indent}{'└─' if is_last else '├─'} {line}"
        for deeper in below:
            yield f"{indent}{'  ' if is_last else '│ '}   {deeper}"


def _final(explanation: Explanation) -> str:
    match explanation.state:
        case "unknown":
            return "(not given)" if explanation.name.startswith("params.") else "(unknown)"
        case "removed":
            return "(removed)"
        case "hidden":
            return f"{MASK} (from the environment)"
        case _:
            return _brief(explanation.data)


def _line(step: Step, index: int) -> str:
    verdict = "set by" if index == 0 else "overrides"
    if step.layer.startswith("-"):
        return f"{verdict} {step.span}"
    return f"{verdict} {step.layer} {step.span}: {_brief(step.written)}"


def _brief(data: object) -> str:
    """A value on one line, cut where it gets long."""
    text = json.dumps(data, ensure_ascii=False, default=str)
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 3]}..."


def as_json(explanations: list[Explanation], cell: Cell, *, hides_cell: bool = False) -> str:
    values = {name: MASK if hides_cell else value for name, value in cell.data().items()}
    document = {
        "version": VERSION,
        "cell": {"id": cell.id, "slug": MASK if hides_cell else cell.slug, "values": values},
        "values": [_object(explanation) for explanation in explanations],
    }
    return visible_json(json.dumps(document, ensure_ascii=False, indent=2, default=str)) + "\n"


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
