"""What a sweep comes to by columns is what its cells come to one by one: bytes, diagnostics, and each value's history.

Not every spec can be made by columns. The last tests hold that the usual ones are.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from support.compiling import Compiled, context, document, request
from support.laws import law
from support.sweeps import SPECS, TEXTS, Spec, history, written

from specc.compiler import Context, Request, check_document, payloads
from specc.evaluator import NotByColumns
from specc.evaluator.column_builder import ColumnBuilder
from specc.nodes import Layer, LayerKind, Mapping
from specc.parser import parse_tree
from specc.settings import Settings
from specc.source import Source

EXCLUDES = st.sampled_from([[], [{"x": 1}], [{"x": "a", "y": 2}], [{"x": "b c"}, {"y": True}]])
INCLUDES = st.sampled_from([[], [{"x": "new", "y": 1}], [{"x": 7}]])
WORDS = TEXTS | st.sampled_from(["{{ matrix.x }}", "{{ matrix.y | int(default=3) }}", 3, True, None, [1], "it's"])
COMMANDS = st.fixed_dictionaries(
    {"$command": st.sampled_from(["run $1\n", "#!/bin/bash -e\nrun\n", "#!/usr/bin/env python3\nx", "#", ""]) | TEXTS},
    optional={
        "env": st.dictionaries(st.sampled_from(["A", "B_1"]), WORDS, max_size=2),
        "args": st.lists(WORDS, max_size=2),
    },
)
PRELUDES = st.sampled_from([None, "module load gcc", "set -e\n", "", "echo {{ matrix.x }}\n", "echo {{ params.p }}"])
CHOSEN = st.sampled_from(
    [request(), request(only=["y=1"]), request(only=["x=a", "x=1"]), request(cells=("a", "b", "0"))]
)
DEEP = st.integers(1, 40).map(
    lambda depth: {f"d{i}": f"{{{{ vars.d{i + 1} }}}}-{i}" for i in range(depth)} | {f"d{depth}": "{{ matrix.x }}"}
)
LONG = "{{ ('ab' * 20000) if matrix.x == 1 else matrix.y }}"
HEAVY = "{% for i in range(3000) %}{{ matrix.x }}{% endfor %}"


@st.composite
def richer(draw: Any) -> Spec:
    """A spec with more of everything that columns must leave to the walk, or make as it does."""
    spec = draw(SPECS)
    matrix = {**spec["matrix"], "exclude": draw(EXCLUDES), "include": draw(INCLUDES)}
    spec = {**spec, "matrix": {key: value for key, value in matrix.items() if value != []}}
    if draw(st.booleans()):
        spec["job"] = {**spec["job"], "cmd_line": draw(COMMANDS)}
    if draw(st.booleans()):
        spec["vars"] = {**spec["vars"], **draw(DEEP)}
        spec["job"] = {**spec["job"], "name": "{{ vars.d0 }}"}
    if draw(st.integers(0, 9)) == 0:
        spec["vars"] = {**spec["vars"], "long": draw(st.sampled_from([LONG, HEAVY]))}
        spec["job"] = {**spec["job"], "stderr_redirect_path": "{{ vars.long }}{{ vars.long }}"}
    if draw(st.booleans()):
        spec["params"] = {**spec["params"], "q": {"type": "string"}}
        spec["vars"] = {**spec["vars"], "w": "{{ params.q }}{{ matrix.y }}"}
    return spec


def with_prelude(known: Context, text: str | None) -> Context:
    if text is None:
        return known
    node, _ = parse_tree(Source("p.toml", f"prelude: {text!r}"), Layer(LayerKind.TARGET, "t"))
    assert isinstance(node, Mapping)
    settings: Settings = known.settings
    target = replace(settings.targets["t"], prelude=node.entries["prelude"])
    return replace(known, settings=replace(settings, targets={"t": target}))


@contextmanager
def cell_by_cell() -> Iterator[None]:
    """Leave everything to the walk."""
    with patch.object(ColumnBuilder, "field", side_effect=NotByColumns):
        yield


@contextmanager
def counted(used: list[int]) -> Iterator[None]:
    """Count the cells that are begun by the walk."""
    real = ColumnBuilder.field

    def field(self: ColumnBuilder, name: str, node: Any) -> Any:
        made = real(self, name, node)
        used.append(1)
        return made

    with patch.object(ColumnBuilder, "field", field):
        yield


def outcome(made: Compiled) -> object:
    """All that can be seen: the payloads with their histories, and the diagnostics in order."""
    told = [
        (payload.cell.id, payload.cell.slug, payload.cell.index, payload.canonical, payload.digest, payload.body)
        for payload in made.payloads
    ]
    histories = [{name: history(value) for name, value in payload.values.items()} for payload in made.payloads]
    found = [(each.code.code, each.message, str(each.span), each.help, each.notes, each.labels) for each in made.found]
    return told, histories, found


def both(run: Any, spec: Spec, asked: Request, prelude: str | None) -> tuple[object, object]:
    parsed, files, _ = document(written(spec))
    world = with_prelude(context(files, kind="local"), prelude)
    used: list[int] = []
    with counted(used):
        by_columns = outcome(Compiled(run(parsed, world, asked)))
    event("by columns" if len(used) >= len(spec["job"]) else "left to the walk")  # type: ignore[arg-type]
    with cell_by_cell():
        walked = outcome(Compiled(run(parsed, world, asked)))
    return by_columns, walked


@law(250)
@given(SPECS | richer(), CHOSEN, PRELUDES)
def test_a_render_by_columns_is_a_render_cell_by_cell(spec: Spec, asked: Request, prelude: str | None) -> None:
    by_columns, walked = both(payloads, spec, asked, prelude)
    assert by_columns == walked


@law(150)
@given(SPECS | richer(), PRELUDES)
def test_a_check_by_columns_is_a_check_cell_by_cell(spec: Spec, prelude: str | None) -> None:
    by_columns, walked = both(check_document, spec, request(), prelude)
    assert by_columns == walked


USUAL = """
    params: {{scale: {{type: integer, default: 2}}}}
    vars: {{out: "results/{{{{ matrix.mesh }}}}/{{{{ matrix.seed }}}}", cores: {{S: 1, L: 8}}}}
    matrix: {{axes: {{mesh: [S, L], seed: {{from: 1, to: 9}}}}, repeat: 2}}
    job:
      name: "run-{{{{ cell.slug }}}}"
      core_limit: "{{{{ vars.cores[matrix.mesh] }}}}"
      mem_limit: "{{{{ params.scale * 2 }}}}GiB"
      stdout_redirect_path: "{{{{ vars.out }}}}.log"
      cmd_line: {}
"""


@pytest.mark.parametrize(
    "command",
    [
        '"./solve {{ vars.out | sh }} --seed {{ matrix.seed }}"',
        '{$command: "./solve $1\\n", args: ["{{ vars.out }}"], env: {SEED: "{{ matrix.seed }}"}}',
        "\"{% if matrix.mesh == 'S' %}./small{% else %}./large {{ matrix.seed }}{% endif %}\\n\"",
    ],
)
@pytest.mark.parametrize("run", [payloads, check_document])
def test_usual_sweeps_are_made_by_columns(run: Any, command: str) -> None:
    parsed, files, _ = document(USUAL.format(command))
    with patch("specc.evaluator.Evaluation.cell", side_effect=AssertionError("the walk was asked")):
        made = Compiled(run(parsed, context(files), request()))
    assert len(made.payloads) == 36
    assert not [each for each in made.found if each.is_error]
    assert len({payload.canonical for payload in made.payloads}) == 36


def test_an_expression_is_evaluated_once_for_the_values_that_it_reads() -> None:
    parsed, files, _ = document(USUAL.format('"./solve {{ vars.cores[matrix.mesh] }} {{ matrix.seed }}"'))
    from specc.evaluator.evaluation import Evaluation

    with patch.object(Evaluation, "begin", autospec=True, side_effect=Evaluation.begin) as begun:
        assert len(list(payloads(parsed, context(files), request()))) == 36
    # the slug and what follows from it for each of 36 cells, the seeds, the meshes, and a first look at each column
    assert begun.call_count < 36 + 2 * 18 + 2 * 9 + 4 * 2 + 12


def test_an_axis_that_only_some_cells_read_is_noticed() -> None:
    """The first cells read one axis, a later one reads the other, too."""
    parsed, files, _ = document("""
        matrix: {axes: {a: [1, 2, 3], b: [x, y]}}
        job: {name: "n-{{ matrix.b if matrix.a == 3 else matrix.a }}", core_limit: 1, cmd_line: run}
    """)
    made = Compiled(payloads(parsed, context(files), request()))
    assert [payload.name for payload in made.payloads] == ["n-1", "n-1", "n-2", "n-2", "n-x", "n-y"]
