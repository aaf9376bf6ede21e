"""What is remembered between the cells of a sweep changes nothing: each comes out as if it were the only one.

Payload bytes, findings, and the history of every value, which is all that an explanation is made of. Nor do the holes
of one template know of each other.
"""

import json
import re
from itertools import count

from hypothesis import given
from support.compiling import Compiled, check, line, render, request
from support.laws import law
from support.sweeps import SPECS, Spec, history, written

from specc.diagnostics import Diagnostic


def said(found: list[Diagnostic]) -> set[object]:
    return {(line(finding), finding.notes, finding.help) for finding in found}


def outcome(made: Compiled) -> dict[str, object]:
    return {
        payload.cell.id: (
            payload.canonical,
            payload.cell.slug,
            payload.cell.index,
            {name: history(value) for name, value in payload.values.items()},
        )
        for payload in made.payloads
    }


def ids_of(spec: Spec) -> list[str]:
    """Of all cells, whatever is wrong with their jobs."""
    job = {"name": "n", "cmd_line": "true", "core_limit": 1}
    return [payload.cell.id for payload in render(written({"matrix": spec["matrix"], "job": job})).payloads]


@law(50)
@given(SPECS)
def test_a_cell_of_a_sweep_is_the_cell_alone(spec: Spec) -> None:
    sweep = render(written(spec))
    alone = [render(written(spec), asked=request(cells=(id,))) for id in ids_of(spec)]
    assert outcome(sweep) == {id: result for cell in alone for id, result in outcome(cell).items()}
    assert said(sweep.found) == set().union(*(said(cell.found) for cell in alone))


@law(20)
@given(SPECS)
def test_so_it_is_in_a_check(spec: Spec) -> None:
    sweep = check(written(spec))
    alone = [check(written(spec), asked=request(cells=(id,))) for id in ids_of(spec)]
    assert outcome(sweep) == {id: result for cell in alone for id, result in outcome(cell).items()}


def told_apart(spec: Spec) -> Spec:
    """The same, with other blanks in each hole: no two of one template are written alike."""
    numbers = count(1)
    text = re.sub(r"\{\{ ", lambda _: "{{" + " " * next(numbers), json.dumps(spec))
    apart: Spec = json.loads(text)
    return apart


def facts(made: Compiled) -> tuple[object, object]:
    """Payloads and findings, wherever these are written."""
    found = sorted((finding.code.code, finding.message, finding.help or "") for finding in made.found)
    return [payload.canonical for payload in made.payloads], found


@law(150)
@given(SPECS)
def test_holes_that_are_written_alike_stand_where_they_stand(spec: Spec) -> None:
    assert facts(render(written(spec))) == facts(render(written(told_apart(spec))))
