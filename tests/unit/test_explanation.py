"""Explanations: the history of a value as data, as a tree, and as JSON."""

import json
from dataclasses import replace

from support.tables import each

from specc.evaluator import Read, Value
from specc.expander import AxisValue, Cell
from specc.explanation import Explanation, as_json, as_text, explain, removed
from specc.expressions import Unknown
from specc.nodes import FileText, Layer, LayerKind, Mapping, Node, Scalar
from specc.parser import parse_tree
from specc.source import Source

FILE = Layer(LayerKind.FILE)
NO_SWEEP = Cell()
SET = Layer(LayerKind.SET)
TARGET = Layer(LayerKind.TARGET, "hpc")


def node(text: str, *, layer: Layer = FILE, beneath: Node | None = None, path: str = "a.job.yaml") -> Node:
    """The value of the only key of a text such as `x: 1`."""
    tree, found = parse_tree(Source(path, text), layer)
    assert not found
    assert isinstance(tree, Mapping)
    (value,) = tree.entries.values()
    return replace(value, beneath=beneath)


def lines(*explanations: Explanation) -> list[str]:
    return as_text(list(explanations), NO_SWEEP).splitlines()


def test_the_chain_of_writers() -> None:
    weakest = node("x: 1", layer=TARGET, path="specc.toml")
    middle = node("job:\n  2", beneath=weakest)
    found = explain("job.x", Value(3, node("x: 3", layer=Layer(LayerKind.PROFILE, "smoke"), beneath=middle)))
    assert [(step.layer, step.written, step.span.first) for step in found.steps] == [
        ("profile smoke", 3, (1, 4)),
        ("file", 2, (2, 3)),
        ("target hpc", 1, (1, 4)),
    ]
    assert lines(found) == [
        "job.x = 3",
        "├─ set by profile smoke a.job.yaml:1:4: 3",
        "├─ overrides file a.job.yaml:2:3: 2",
        "└─ overrides target hpc specc.toml:1:4: 1",
    ]


def test_a_name_that_no_file_sets_has_no_writer() -> None:
    reads = (Read("cell.slug", "fine", None), Read("env.HOME", Unknown(), None))
    found = explain("job.x", Value("a-fine", node("x: a-{{ cell.slug }}"), reads))
    assert [(read.name, read.state, read.data, read.steps) for read in found.reads] == [
        ("cell.slug", "known", "fine", ()),
        ("env.HOME", "unknown", None, ()),
    ]
    shown = lines(found)
    assert shown[2].strip() == 'cell.slug = "fine"'
    assert shown[3].strip().startswith("env.HOME = (")


def test_what_stands_without_a_writer_shows_what_it_read() -> None:
    inner = Explanation("vars.a", "known", 1, (), ())
    assert lines(Explanation("cell.x", "known", 2, (), (inner,))) == ["cell.x = 2", "└─ vars.a = 1"]


def test_a_name_that_is_read_twice_is_followed_once() -> None:
    root = Value("r", node("r: r"))
    shared = Value("s", node("s: '{{ vars.r }}'"), (Read("vars.r", "r", root),))
    left, right = (Value("s", node("l: '{{ vars.s }}'"), (Read("vars.s", "s", shared),)) for _ in "lr")
    found = explain("job.x", Value("ss", node("x: y"), (Read("vars.l", "s", left), Read("vars.t", "s", right))))
    first, second = (read.reads[0] for read in found.reads)
    assert [read.name for read in first.reads] == ["vars.r"]
    assert second.reads == ()
    assert second.steps == first.steps


def test_reads_that_share_names_do_not_multiply() -> None:
    value = Value("x", node("v: x"))
    for number in range(40):
        read = Read(f"vars.v{number}", "x", value)
        value = Value("x", node("v: x"), (read, read))
    assert len(lines(explain("job.x", value))) < 1000


def test_what_is_unknown_and_what_was_removed() -> None:
    unknown = explain("job.x", Value(Unknown(), node("x: '{{ params.a }}'")))
    assert (unknown.state, unknown.data) == ("unknown", None)
    assert lines(unknown)[0].startswith("job.x = (unknown")
    gone = removed("job.y", node("y: {$unset: true}", beneath=node("y: 7", layer=TARGET)))
    assert (gone.state, gone.data, gone.reads) == ("removed", None, ())
    assert [step.written for step in gone.steps] == [{"$unset": True}, 7]
    assert lines(gone)[0] == "job.y = (removed)"


@each(
    "text, layer, written",
    [
        ("x: '{{ vars.a }}'", FILE, "{{ vars.a }}"),
        ("x: null", FILE, None),
        ("x: [1, two]", FILE, [1, "two"]),
        ("x: {a: [1]}", FILE, {"a": [1]}),
        ("x: [1]", SET, [1]),
    ],
)
def test_what_is_written(text: str, layer: Layer, written: object) -> None:
    (step,) = explain("vars.x", Value(None, node(text, layer=layer))).steps
    assert step.written == written


def test_a_list_operator_is_shown_instead_of_its_result() -> None:
    """A list that `$append` made keeps the operator's place."""
    operator, result = node("x: {$append: [2]}"), node("x: [1, 2]", beneath=node("x: [1]"))
    found = explain("job.x", Value([1, 2], replace(result, span=operator.span)))
    assert [step.written for step in found.steps] == ["{$append: [2]}", [1]]


def test_a_file_is_shown_as_its_path() -> None:
    ref = node("x: run.sh")
    assert isinstance(ref, Scalar)
    text = FileText(ref, Source("run.sh", "echo\n"), False, None, None, Source("a.job.yaml", "{$file: run.sh}").span())
    found = explain("job.cmd_line", Value("echo", text))
    assert [(step.written, step.span) for step in found.steps] == [({"$file": "run.sh"}, ref.span)]


def test_what_is_given_on_the_command_line_is_not_said_twice() -> None:
    found = explain("job.x", Value(3, node("x: 3", layer=SET, path="--set")))
    shown = lines(found)[1]
    assert shown.startswith("└─ set by --set")
    assert shown.count("--set") == 1


def test_a_long_value_is_cut_in_the_tree_alone() -> None:
    found = explain("job.x", Value("台" * 500, node("x: y")))
    assert lines(found)[0].endswith("台...")
    assert len(lines(found)[0]) < 80
    assert json.loads(as_json([found], NO_SWEEP))["values"][0]["value"] == "台" * 500


def test_json_has_the_same_keys_everywhere() -> None:
    read = Value(1, node("a: 1"))
    found = explain("job.x", Value(1, node("x: '{{ vars.a }}'"), (Read("vars.a", 1, read),)))
    document = json.loads(as_json([found], NO_SWEEP))
    assert document["version"] == 1
    assert document["cell"] == {"id": NO_SWEEP.id, "slug": "0", "values": {}}
    (outer,) = document["values"]
    (inner,) = outer["reads"]
    assert set(outer) == set(inner) == {"name", "state", "value", "history", "reads"}
    step = {"layer": "file", "path": "a.job.yaml", "line": 1, "column": 4, "written": 1}
    assert inner == {"name": "vars.a", "state": "known", "value": 1, "history": [step], "reads": []}


def test_without_a_sweep_there_is_no_heading() -> None:
    assert as_text([], NO_SWEEP) == ""


def test_values_of_the_cell_are_written_as_everywhere() -> None:
    cell = Cell({"c": AxisValue({"n": 1, "flag": True}, node("x: 1")), "u": AxisValue(None, node("x: 1"))})
    assert as_text([], cell) == f'cell {cell.id}: c={{"n": 1, "flag": true}}, u=null\n'
