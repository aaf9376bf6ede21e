"""`exclude` with a part of a mapping: all values of the axis that have its members."""

from support.compiling import render, request
from support.sweeping import sweep
from support.tables import each

CASES = "axes: {case: [{name: small, n: 1}, {name: big, n: 8, opt: {x: 1, y: 2}}, {name: huge, n: 8}], seed: [1, 2]}"


def left(exclude: str, axes: str = CASES) -> list[tuple[str, int]]:
    made = sweep(f"{axes}\nexclude: {exclude}")
    assert not made.found, made.found
    assert made.expansion is not None
    return [(cell.data()["case"]["name"], cell.data()["seed"]) for cell in made.expansion.cells()]  # type: ignore[index]


@each(
    "exclude, names",
    [
        ("[{case: {name: small}}]", ["big", "big", "huge", "huge"]),
        ("[{case: {n: 8}}]", ["small", "small"]),
        ("[{case: {n: 8.0}}]", ["small", "small"]),
        ("[{case: {n: 8}, seed: 2}]", ["small", "small", "big", "huge"]),
        ("[{case: {opt: {x: 1}}}]", ["small", "small", "huge", "huge"]),
        ("[{case: {name: huge, n: 8}}]", ["small", "small", "big", "big"]),
    ],
)
def test_it_leaves_out_what_has_the_part(exclude: str, names: list[str]) -> None:
    assert [name for name, _ in left(exclude)] == names


def test_a_mapping_that_is_a_value_means_that_value() -> None:
    axes = "axes: {case: [{name: a}, {name: a, n: 1}], seed: [1]}"
    assert left("[{case: {name: a}}]", axes) == [("a", 1)]
    made = sweep(f"{axes}\nexclude: [{{case: {{name: a}}}}]")
    assert made.expansion is not None
    assert [cell.data()["case"] for cell in made.expansion.cells()] == [{"name": "a", "n": 1}]


@each(
    "exclude",
    [
        "[{case: {name: smal}}]",
        "[{case: {n: '8'}}]",
        "[{case: {n: true}}]",
        "[{case: {opt: {x: 1, z: 3}}}]",
        "[{case: {opt: 1}}]",
    ],
)
def test_a_part_that_nothing_has_is_said_to_match_nothing(exclude: str) -> None:
    made = sweep(f"{CASES}\nexclude: {exclude}")
    assert [each.code.slug for each in made.found] == ["dead-exclude"]


SPEC = f"""
matrix: {{{CASES}}}
job: {{name: "n-{{{{ matrix.case.name }}}}-{{{{ matrix.seed }}}}", cmd_line: "{{{{ matrix.seed }}}}", core_limit: 1}}
"""


@each(
    "only, names",
    [
        (["case.name=small"], ["n-small-1", "n-small-2"]),
        (["case.n=8", "seed=2"], ["n-big-2", "n-huge-2"]),
        (["case.name=big", "case.name=huge", "seed=1"], ["n-big-1", "n-huge-1"]),
        (["case.opt.x=1", "seed=1"], ["n-big-1"]),
    ],
)
def test_only_chooses_by_a_part(only: list[str], names: list[str]) -> None:
    made = render(SPEC, asked=request(only=only))
    assert made.shown == []
    assert [payload.name for payload in made.payloads] == names


@each(
    "only, message, help",
    [
        ("case.name=smal", "no value of axis `case` has `smal` at `case.name`", "did you mean `small`?"),
        ("case.nme=small", "no value of axis `case` has `small` at `case.nme`", "did you mean `name`?"),
        ("case=small", "axis `case` has no value `small`", "did you mean `case.name=small`?"),
        ("cse.name=small", "the matrix has no axis `cse`", "did you mean `case`?"),
    ],
)
def test_a_part_that_no_value_has(only: str, message: str, help: str | None) -> None:
    made = render(SPEC, asked=request(only=[only]))
    assert [(each.message, each.help) for each in made.found] == [(message, help)]


def test_two_parts_must_both_be_there() -> None:
    assert render(SPEC, asked=request(only=["case.name=big", "case.n=1"])).messages == [
        "no cell of the matrix is selected"
    ]
