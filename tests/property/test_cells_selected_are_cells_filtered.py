"""`--only` and `--cell` give the cells that a filter over all of them gives, with their ids and indices."""

import json

from hypothesis import given
from hypothesis import strategies as st
from support.sweeping import sweep

VALUES = [0, 1, 2.5, True, False, None, "1", "true", "x y", "a=b", "[1]", [1], [1, "a"], {"k": 1}]
AXIS = st.lists(st.sampled_from(range(len(VALUES))), min_size=1, max_size=4, unique=True).map(
    lambda picked: [VALUES[index] for index in picked]
)
AXES = st.dictionaries(st.sampled_from(["x", "y", "z"]), AXIS, min_size=1, max_size=3)


def means(typed: str, value: object) -> bool:
    """The value that YAML reads, or a text that is typed without its quotes."""
    return json.dumps(value) == typed or value == typed


@given(AXES, st.data())
def test_only_is_a_filter(axes: dict[str, list[object]], data: st.DataObject) -> None:
    matrix = sweep(json.dumps({"axes": axes}))
    pairs = st.sampled_from(list(axes)).flatmap(lambda name: st.tuples(st.just(name), st.sampled_from(axes[name])))
    wanted = [(name, json.dumps(value)) for name, value in data.draw(st.lists(pairs, max_size=4))]
    cells, found = matrix.selected(*(f"{name}={typed}" for name, typed in wanted))
    assert found == []
    choices = {name: [typed for other, typed in wanted if other == name] for name, _ in wanted}
    expected = [
        cell
        for cell in matrix.cells
        if all(any(means(typed, cell.data()[name]) for typed in choices[name]) for name in choices)
    ]
    assert [(cell.id, cell.index) for cell in cells] == [(cell.id, cell.index) for cell in expected]


@given(AXES, st.integers(1, 3), st.data())
def test_cell_is_a_filter(axes: dict[str, list[object]], repeat: int, data: st.DataObject) -> None:
    matrix = sweep(json.dumps({"axes": axes, "repeat": repeat}))
    ids = data.draw(st.lists(st.sampled_from([cell.id for cell in matrix.cells]), min_size=1, max_size=3))
    cells, _ = matrix.selected(ids=tuple(ids))
    assert [cell.id for cell in cells] == [cell.id for cell in matrix.cells if cell.id in ids]


@given(AXES, st.sampled_from(VALUES))
def test_what_selects_nothing_is_said(axes: dict[str, list[object]], value: object) -> None:
    matrix = sweep(json.dumps({"axes": axes}))
    name = next(iter(axes))
    cells, found = matrix.selected(f"{name}={json.dumps(value)}")
    is_there = any(means(json.dumps(value), other) for other in axes[name])
    assert (bool(cells), bool(found)) == (is_there, not is_there)
