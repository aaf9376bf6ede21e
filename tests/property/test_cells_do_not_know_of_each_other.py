"""What is remembered between the cells of a sweep changes nothing: each comes out as if it were the only one.

Payload bytes, findings, and the history of every value, which is all that an explanation is made of. Nor do the holes
of one template know of each other.
"""

import json
import re
from itertools import count

from hypothesis import given
from hypothesis import strategies as st
from support.compiling import Compiled, check, line, render, request
from support.laws import law

from specc.diagnostics import Diagnostic
from specc.evaluator import Value

VALUES = [1, 2, "a", "b", "c", 3, "b c", "it's", True, [1, 2], ""]
AXIS = st.lists(st.sampled_from(range(len(VALUES))), min_size=2, max_size=3, unique=True).map(
    lambda picked: [VALUES[index] for index in picked]
)
NAMES = ["matrix.x", "matrix.y", "cell.slug", "cell.index", "cell.repeat", "params.p", "vars.v", "vars.w", "job.name"]
EXPRESSIONS = [
    *NAMES,
    *(f"{name} | sh" for name in NAMES),
    "matrix.x == matrix.y",
    "matrix.x if params.p else matrix.y",
    "matrix.y if matrix.x == 1 else cell.slug",
    "vars.table[matrix.x]",
    "vars.table[matrix.x] | default(matrix.y)",
    "matrix.x.k",
    "matrix.x + 1",
    "[matrix.x, vars.w] | tojson",
]
SAFE = ["matrix.x | sh", "matrix.y | sh", "vars.z | sh", "[matrix.y, vars.z] | tojson | sh", "cell.index", "params.p"]
"""These make no mistake of most values."""
HOLES = st.sampled_from([*SAFE * 4, *EXPRESSIONS]).map(lambda expression: f"{{{{ {expression} }}}}")
STATEMENTS = [
    "{% if matrix.x == 1 %}one {{ matrix.y }}{% else %}{{ vars.w }}{% endif %}",
    "{% set own = matrix.y %}{{ own }} {{ matrix.x }}\n{{ own | sh }}",
    "{% for i in range(2) %}{{ i }}{{ matrix.x }}{% endfor %}\n",
]
TEXTS = st.lists(HOLES | st.sampled_from(["run ", " ", "-", "/", "'", '"', *STATEMENTS]), min_size=1, max_size=5).map(
    "".join
)
SWEEPS = st.fixed_dictionaries({"axes": st.fixed_dictionaries({"x": AXIS, "y": AXIS})}, optional={"repeat": st.just(2)})
JOBS = st.fixed_dictionaries(
    {"name": TEXTS, "cmd_line": TEXTS, "core_limit": st.just(4)},
    optional={"stdout_redirect_path": TEXTS, "mem_limit": st.sampled_from(["4GiB", "{{ vars.size }}", "{{ vars.w }}"])},
)
VARS = st.fixed_dictionaries(
    {
        "v": TEXTS,
        "w": HOLES,
        "z": st.sampled_from(["{{ matrix.x }}", "{{ matrix.x if matrix.y == 1 else cell.slug }}", "{{ matrix.y }}"]),
        "table": st.just({"a": "{{ matrix.y }}", "b c": 2}),
        "size": st.sampled_from(["{{ matrix.x }}GiB", "1GiB"]),
    }
)


PARAMS = st.sampled_from([{"p": {"type": "integer", "default": default}} for default in (0, 3)])
SPECS = st.fixed_dictionaries({"params": PARAMS, "vars": VARS, "matrix": SWEEPS, "job": JOBS})
Spec = dict[str, object]


def written(spec: Spec) -> str:
    return "".join(f"{section}: {json.dumps(content)}\n" for section, content in {"specc": 1, **spec}.items())


def history(value: Value, depth: int = 6) -> object:
    """The value, where it is written, and what it was made of."""
    reads = [
        (read.name, repr(read.data), history(read.value, depth - 1) if read.value is not None and depth else None)
        for read in value.reads
    ]
    parts = [history(child, depth) for child in value.children_in_order()]
    return repr(value.data), str(value.node.span), reads, parts


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
