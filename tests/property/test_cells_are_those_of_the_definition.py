"""The cells of a matrix are the product of its axes, less `exclude`, then `include`, as a few loops would make them."""

import json
from itertools import product
from typing import NamedTuple

from hypothesis import example, given
from hypothesis import strategies as st
from support.sweeping import sweep

VALUES = st.one_of(st.integers(0, 3), st.sampled_from(["a", "0", "", True, False, None, 1.0, 0.5, [1], {"k": 1}]))
Row = dict[str, object]


class Matrix(NamedTuple):
    axes: dict[str, list[object]]
    zipped: dict[str, list[object]]
    exclude: list[Row]
    include: list[Row]
    repeat: int

    @property
    def text(self) -> str:
        parts = {
            "axes": self.axes,
            "zip": self.zipped,
            "exclude": self.exclude,
            "include": self.include,
            "repeat": self.repeat,
        }
        return json.dumps({name: part for name, part in parts.items() if part})

    @property
    def groups(self) -> list[list[Row]]:
        """Rows of axes that advance together."""
        plain = [[{name: value} for value in values] for name, values in self.axes.items()]
        together = [dict(zip(self.zipped, row, strict=True)) for row in zip(*self.zipped.values(), strict=True)]
        return [*plain, together] if together else plain

    def rows(self) -> list[Row]:
        cells = [joined(rows) for rows in product(*self.groups)]
        cells = [cell for cell in cells if not any(agrees(cell, entry) for entry in self.exclude)]
        for entry in self.include:
            cells += [cell for cell in self.completed(entry) if not any(agrees(cell, other) for other in cells)]
        return cells

    def completed(self, entry: Row) -> list[Row]:
        groups = [
            [{name: entry[name] for name in group[0]}] if entry.keys() & group[0].keys() else group
            for group in self.groups
        ]
        return [joined(rows) for rows in product(*groups)]


def joined(rows: tuple[Row, ...]) -> Row:
    return {name: value for row in rows for name, value in row.items()}


def same(one: object, other: object) -> bool:
    """Equal as JSON, where 1.0 is 1 and `true` is not."""
    return (isinstance(one, bool), one) == (isinstance(other, bool), other)


def agrees(cell: Row, entry: Row) -> bool:
    return all(same(cell[name], value) for name, value in entry.items())


def unique(values: list[object]) -> list[object]:
    return [value for index, value in enumerate(values) if not any(same(value, other) for other in values[:index])]


@st.composite
def matrices(draw: st.DrawFn) -> Matrix:
    axis = st.lists(VALUES, min_size=1, max_size=3).map(unique)
    axes = draw(st.dictionaries(st.sampled_from(["x", "y"]), axis, max_size=2))
    first = draw(st.one_of(st.just([]), axis))
    zipped = {"p": first, "q": [draw(VALUES) for _ in first]} if first else {}
    values = {name: st.one_of(VALUES, st.sampled_from(taken)) for name, taken in {**axes, **zipped}.items()}
    entry = st.fixed_dictionaries({}, optional=values).filter(bool)
    together = entry.filter(lambda row: len({"p", "q"} & row.keys()) != 1)
    exclude = draw(st.lists(entry, max_size=3)) if values else []
    include = draw(st.lists(together, max_size=3)) if values else []
    return Matrix(axes, zipped, exclude, include, draw(st.integers(1, 3)))


NONE_LEFT = Matrix({"x": [1, 2]}, {}, [{"x": 1}, {"x": 2}], [], 1)
FILLED_AGAIN = NONE_LEFT._replace(include=[{"x": 3}], repeat=2)


@given(matrices())
@example(NONE_LEFT)
@example(FILLED_AGAIN)
def test_cells_are_those_of_the_definition(matrix: Matrix) -> None:
    expected = [row for row in matrix.rows() for _ in range(matrix.repeat)]
    swept = sweep(matrix.text)
    if not expected:
        assert swept.messages[-1] == "`exclude` leaves no cell"
        return
    assert {finding.code.slug for finding in swept.found} <= {"dead-exclude"}
    assert [repr(row) for row in swept.values] == [repr(row) for row in expected]


@given(matrices())
def test_ids_are_distinct_and_every_cell_has_its_index(matrix: Matrix) -> None:
    swept = sweep(matrix.text)
    if swept.expansion is not None:
        cells = swept.cells
        assert len({cell.id for cell in cells}) == len(cells)
        assert [cell.index for cell in cells] == list(range(len(cells)))


@given(matrices())
def test_an_entry_is_called_dead_if_and_only_if_it_changes_nothing(matrix: Matrix) -> None:
    swept = sweep(matrix.text)
    full = matrix._replace(exclude=[], include=[]).rows()
    dead = [json.loads(finding.span.text) for finding in swept.found if "`exclude` matches" in finding.message]
    expected = [entry for entry in matrix.exclude if not any(agrees(row, entry) for row in full)]
    assert repr(dead) == repr(expected)


@given(matrices())
def test_the_count_that_max_is_held_against(matrix: Matrix) -> None:
    """The product and all that `include` means, each as often as it is repeated; `exclude` saves nothing."""
    plain = matrix._replace(exclude=[], include=[]).rows()
    extra = sum(len(matrix.completed(entry)) for entry in matrix.include)
    count = (len(plain) + extra) * matrix.repeat
    slugs = [{each.code.slug for each in sweep(limited(matrix, limit)).found} for limit in (count, max(1, count - 1))]
    assert "matrix-too-large" not in slugs[0]
    assert ("matrix-too-large" in slugs[1]) == (count > 1)


def limited(matrix: Matrix, limit: int) -> str:
    return json.dumps({**json.loads(matrix.text), "max": limit})
