"""Sweeps: which cells a matrix has, what they are called, and what is wrong with a matrix."""

from itertools import islice

import pytest
from support.sweeping import Sweep, sweep
from support.tables import each
from support.work import calls

from specc.diagnostics import codes
from specc.expander import Cell
from specc.resolver import shown


def said(text: str) -> list[tuple[str, str, str, str | None]]:
    """Every finding: its slug, the text it points at, what it says, and the way out."""
    return [(each.code.slug, each.span.text, each.message, each.help) for each in sweep(text).found]


def test_a_cell_by_itself_is_the_first_and_only_one() -> None:
    cell = Cell()
    assert (cell.index, cell.repeat, cell.repeats, cell.slug, cell.data()) == (0, 1, 1, "0", {})


class TestAxes:
    def test_no_matrix_is_one_cell(self) -> None:
        (cell,) = sweep("{}").cells
        assert (cell.data(), cell.index, cell.slug, cell.repeat) == ({}, 0, "0", 1)

    def test_each_with_each_the_last_axis_fastest(self) -> None:
        assert sweep("axes: {a: [1, 2], b: [x, y]}").values == [
            {"a": 1, "b": "x"},
            {"a": 1, "b": "y"},
            {"a": 2, "b": "x"},
            {"a": 2, "b": "y"},
        ]

    def test_values_are_any_data(self) -> None:
        values = [1, 1.5, True, None, "x", "", [1, 2], {"k": 1}]
        assert sweep("axes: {a: [1, 1.5, true, null, x, '', [1, 2], {k: 1}]}").rows == [(value,) for value in values]

    def test_the_index_counts_over_all_cells(self) -> None:
        assert [cell.index for cell in sweep("axes: {a: [1, 2]}\ninclude: [{a: 3}]\nrepeat: 2").cells] == list(range(6))

    def test_a_template_can_give_the_list(self) -> None:
        assert sweep("axes: {a: '{{ [1, x] }}'}").rows == [(1,), ("x",)]

    @each(
        "axis, what",
        [
            ("5", "the number 5"),
            ("text", 'the text "text"'),
            ("null", "null"),
            ("true", "the boolean true"),
            ("'{{ 5 }}'", "5"),
            ("'{{ {a: 1} }}'", "{a: 1}"),
        ],
    )
    def test_that_are_no_list(self, axis: str, what: str) -> None:
        (slug, _, message, help) = said(f"axes: {{a: {axis}}}")[0]
        assert (slug, message) == ("bad-matrix", f"axis `a` is {what}, not a list")
        assert help == "write a list `[1, 2, 4]` or a range `{from: 1, to: 10}`"

    @each("axis", ["[]", "'{{ [] }}'"])
    def test_that_are_empty(self, axis: str) -> None:
        assert said(f"axes: {{a: {axis}}}") == [
            (
                "bad-matrix",
                axis,
                "axis `a` has no value, so the matrix has no cell",
                "give it a value, or remove the axis",
            )
        ]

    def test_names_hold_no_templates(self) -> None:
        for part in ("axes", "zip"):
            assert said(f"{part}: {{'{{{{ params.a }}}}': [1]}}") == [
                (
                    "template-not-allowed",
                    "'{{ params.a }}'",
                    "the name of an axis is fixed, without templates",
                    "write the name itself",
                )
            ]

    @each("part", ["axes", "zip"])
    @each("value, what", [("[a]", "a list"), ("null", "null"), ("4", "the number 4")])
    def test_the_whole_is_a_mapping(self, part: str, value: str, what: str) -> None:
        assert said(f"{part}: {value}") == [
            (
                "bad-matrix",
                value,
                f"`matrix.{part}` is {what}, not a mapping",
                f"write `{part}: {{NAME: [first, second]}}`",
            )
        ]

    def test_an_unknown_key(self) -> None:
        assert said("axis: {a: [1]}") == [("bad-matrix", "axis", "a matrix has no `axis`", "did you mean `axes`?")]

    def test_everything_is_reported(self) -> None:
        found = sweep("axis: 1\naxes: {a: 1, b: [], c: {from: x, to: y}}\nzip: 4\nmax: 0\nrepeat: x").found
        assert len(found) == 8


class TestRanges:
    @each(
        "text, values",
        [
            ("{from: 1, to: 4}", [1, 2, 3, 4]),
            ("{from: 1, to: 10, step: 4}", [1, 5, 9]),
            ("{from: 3, to: 3}", [3]),
            ("{from: 3, to: 3, step: -1}", [3]),
            ("{from: 3, to: 1, step: -1}", [3, 2, 1]),
            ("{from: 2, to: -2, step: -2}", [2, 0, -2]),
            ("{from: 0, to: 1, step: 0.25}", [0.0, 0.25, 0.5, 0.75, 1.0]),
            ("{from: 0, to: 0.3, step: 0.1}", [0.0, 0.1, 0.2, 0.3]),
            ("{from: 0.3, to: 0, step: -0.1}", [0.3, 0.2, 0.1, 0.0]),
            ("{from: 0.5, to: 2}", [0.5, 1.5]),
            ("{from: 1e-5, to: 3e-5, step: 1e-5}", [1e-5, 2e-5, 3e-5]),
            ("{from: 1.0, to: 3.0}", [1, 2, 3]),
            ("{step: 2, to: 5, from: 1}", [1, 3, 5]),
            ("{from: 9007199254740993, to: 9007199254740994}", [9007199254740993, 9007199254740994]),
            (
                "{from: 1000000000000000000000000000000, to: 1000000000000000000000000000002}",
                [10**30, 10**30 + 1, 10**30 + 2],
            ),
            ("{from: '{{ 2 }}', to: '{{ 3 }}'}", [2, 3]),
        ],
    )
    def test_are_inclusive_and_exact(self, text: str, values: list[object]) -> None:
        rows = sweep(f"axes: {{a: {text}}}").rows
        assert rows == [(value,) for value in values]
        assert [type(value) for (value,) in rows] == [type(value) for value in values]

    def test_a_step_that_misses_the_end_by_a_hair_misses_it(self) -> None:
        assert len(sweep("axes: {a: {from: 0, to: 1, step: 0.33333333333333337}}").cells) == 3

    @each(
        "text, spot, message, help",
        [
            ("{from: 10, to: 1}", "{from: 10, to: 1}", "from 10 to 1 in steps of 1", "write `step: -1`"),
            ("{from: 1, to: 9, step: 0}", "0", "from 1 to 9 in steps of 0", "write `step: 1`"),
            ("{from: 9, to: 1, step: 0}", "0", "from 9 to 1 in steps of 0", "write `step: -1`"),
            ("{from: 1, to: 9, step: -2}", "-2", "from 1 to 9 in steps of -2", "change the sign of `step`"),
            ("{from: 0.5, to: 0.1, step: 0.1}", "0.1", "from 0.5 to 0.1 in steps of 0.1", "change the sign of `step`"),
        ],
    )
    def test_that_never_arrive(self, text: str, spot: str, message: str, help: str) -> None:
        full = f"the range of axis `a` never reaches its end: {message}"
        assert said(f"axes: {{a: {text}}}") == [("bad-matrix", spot, full, help)]

    HELP = "write a list `[1, 2, 4]` or a range `{from: 1, to: 10}`"

    @each(
        "text, message, help",
        [
            ("{from: 1}", "the range of axis `a` has no `to`", HELP),
            ("{to: 1}", "the range of axis `a` has no `from`", HELP),
            ("{from: 1, to: 2, by: 1}", "a range has no `by`", "keys here: `from`, `to`, `step`, `steps`, `scale`"),
            ("{from: 1, to: 2, stpe: 1}", "a range has no `stpe`", "did you mean `step`?"),
            ("{from: '1', to: 2}", '`from` of axis `a` is "1", not a number', None),
            ("{from: true, to: 2}", "`from` of axis `a` is true, not a number", None),
            ("{from: 1, to: null}", "`to` of axis `a` is null, not a number", None),
            ("{from: 1, to: [2]}", "`to` of axis `a` is [2], not a number", None),
            ("{from: 1, to: .inf}", "`to` of axis `a` is too large for a range", None),
            ("{from: 1, to: .nan}", "`to` of axis `a` is too large for a range", None),
            (f"{{from: 1, to: 1{'0' * 400}, step: 0.5}}", "`to` of axis `a` is too large for a range", None),
        ],
    )
    def test_that_are_none(self, text: str, message: str, help: str | None) -> None:
        assert [(each[2], each[3]) for each in said(f"axes: {{a: {text}}}")] == [(message, help)]

    def test_all_that_is_wrong_is_reported(self) -> None:
        assert len(said("axes: {a: {from: x, to: y, step: z}}")) == 3
        assert len(said("axes: {a: {form: 1}}")) == 3


class TestZip:
    def test_axes_that_advance_together_are_the_innermost(self) -> None:
        rows = sweep("zip: {lr: [0.1, 0.01], wd: [1, 2]}\naxes: {a: [x, y]}").rows
        assert rows == [("x", 0.1, 1), ("x", 0.01, 2), ("y", 0.1, 1), ("y", 0.01, 2)]

    def test_with_ranges(self) -> None:
        assert sweep("zip: {a: {from: 1, to: 3}, b: [x, y, z]}").rows == [(1, "x"), (2, "y"), (3, "z")]

    def test_of_one_axis(self) -> None:
        assert sweep("zip: {a: [1, 2]}").rows == [(1,), (2,)]

    def test_the_same_value_twice_on_one_of_them_is_fine(self) -> None:
        assert sweep("zip: {a: [1, 1], b: [1, 2]}").found == []

    @each("second", ["[1]", "[1, 2, 3]", "{from: 1, to: 1000000000000}"])
    def test_of_unequal_length(self, second: str) -> None:
        ((slug, spot, message, help),) = said(f"zip: {{a: [1, 2], b: {second}}}")
        assert (slug, spot) == ("bad-matrix", second)
        assert message.startswith("zipped axes advance together, but `a` has 2 values and `b` has ")
        assert help == "give them as many values, or put them under `axes:` to get every combination"

    def test_an_axis_in_both(self) -> None:
        ((_, spot, message, help),) = said("axes: {a: [1]}\nzip: {a: [1], b: [2]}")
        assert (spot, message, help) == ("a", "`a` is both an axis and zipped", "keep one of them")


class TestExclude:
    @each(
        "exclude, left",
        [
            ("[{a: 1, b: x}]", [(1, "y"), (2, "x"), (2, "y")]),
            ("[{a: 1}]", [(2, "x"), (2, "y")]),
            ("[{b: y}, {a: 2}]", [(1, "x")]),
            ("[{b: y}, {b: y, a: 1}]", [(1, "x"), (2, "x")]),
            ("[{a: 1.0}]", [(2, "x"), (2, "y")]),
            ("[]", [(1, "x"), (1, "y"), (2, "x"), (2, "y")]),
        ],
    )
    def test_takes_away_every_cell_that_agrees(self, exclude: str, left: list[object]) -> None:
        matrix = sweep(f"axes: {{a: [1, 2], b: [x, y]}}\nexclude: {exclude}")
        assert (matrix.rows, matrix.found) == (left, [])

    def test_of_zipped_axes_may_name_one_of_them(self) -> None:
        assert sweep("zip: {a: [1, 2, 1], b: [1, 2, 3]}\nexclude: [{a: 1}]").rows == [(2, 2)]

    def test_by_data_that_is_no_scalar(self) -> None:
        assert sweep("axes: {a: [[1, 2], [2, 1], {k: 1}]}\nexclude: [{a: [1, 2]}, {a: {k: 1}}]").rows == [([2, 1],)]

    @each("axis, value", [("[true, false]", "1"), ("[0, 1]", "false"), ("['1', x]", "1"), ("[[1], x]", "[true]")])
    def test_kinds_are_told_apart(self, axis: str, value: str) -> None:
        matrix = sweep(f"axes: {{a: {axis}}}\nexclude: [{{a: {value}}}]")
        assert [(each.code, each.is_error) for each in matrix.found] == [(codes.DEAD_EXCLUDE, False)]
        assert len(matrix.cells) == 2

    @each(
        "entry, why, help",
        [
            ("{a: 3}", "`a` is never 3", "values here: `1`, `2`"),
            ("{a: 1, b: coarce}", '`b` is never "coarce"', "did you mean `coarse`?"),
            ("{b: 7}", "`b` is never 7", 'the values of the axis are texts: write `b: "7"`'),
            ("{a: '2'}", '`a` is never "2"', "the values of the axis are numbers: write `a: 2`"),
            ("{a: [1]}", "`a` is never [1]", "values here: `1`, `2`"),
        ],
    )
    def test_that_matches_nothing(self, entry: str, why: str, help: str) -> None:
        assert said(f"axes: {{a: [1, 2], b: [coarse, '7']}}\nexclude: [{entry}]") == [
            ("dead-exclude", entry, f"this `exclude` matches no cell: {why}", help)
        ]

    def test_that_matches_no_pair_of_zipped_axes(self) -> None:
        assert sweep("zip: {a: [1, 2], b: [1, 2]}\nexclude: [{a: 1, b: 2}]").messages == [
            "this `exclude` matches no cell"
        ]

    def test_that_leaves_nothing(self) -> None:
        assert said("axes: {a: [1, 2]}\nexclude: [{a: 1}, {a: 2}]") == [
            ("bad-matrix", "exclude", "`exclude` leaves no cell", None)
        ]

    def test_that_leaves_only_what_include_adds(self) -> None:
        assert sweep("axes: {a: [1]}\nexclude: [{a: 1}]\ninclude: [{a: 2}]").rows == [(2,)]


class TestInclude:
    def test_adds_cells_behind_the_others(self) -> None:
        assert sweep("axes: {a: [1, 2], b: [x]}\ninclude: [{b: z, a: 9}]").values[2:] == [{"a": 9, "b": "z"}]

    def test_axes_that_it_leaves_out_take_all_their_values(self) -> None:
        matrix = sweep(
            "axes: {a: [1, 2], b: [x, y]}\nzip: {c: [5, 6], d: [7, 8]}\ninclude: [{a: 9, c: 0, d: 0}, {b: z}]"
        )
        assert matrix.rows[8:] == [
            (9, "x", 0, 0),
            (9, "y", 0, 0),
            (1, "z", 5, 7),
            (1, "z", 6, 8),
            (2, "z", 5, 7),
            (2, "z", 6, 8),
        ]

    def test_a_cell_that_is_there_already_is_not_made_twice(self) -> None:
        matrix = sweep("axes: {a: [1, 2]}\ninclude: [{a: 2}, {a: 3}, {a: 3}]")
        assert matrix.rows == [(1,), (2,), (3,)]
        assert [(each.span.text, each.message, each.help) for each in matrix.found] == [
            ("{a: 2}", "this `include` adds no cell: the matrix already has it", "remove it"),
            ("{a: 3}", "this `include` adds no cell: the matrix already has it", "remove it"),
        ]
        assert matrix.found[1].span.start > matrix.found[0].span.end + len(", {a: 3}")

    def test_one_that_adds_some_is_not_dead(self) -> None:
        matrix = sweep("axes: {a: [1, 2], b: [x, y]}\nexclude: [{a: 1, b: x}]\ninclude: [{a: 1}]")
        assert (matrix.rows[3:], matrix.found) == ([(1, "x")], [])

    def test_brings_back_what_exclude_took_away(self) -> None:
        assert sweep("axes: {a: [1, 2]}\nexclude: [{a: 1}]\ninclude: [{a: 1}]").rows == [(2,), (1,)]

    def test_of_another_kind_is_another_cell(self) -> None:
        matrix = sweep("axes: {a: [1, 2]}\ninclude: [{a: true}, {a: '1'}]")
        assert (matrix.rows[2:], matrix.found) == ([(True,), ("1",)], [])

    def test_zipped_axes_come_together(self) -> None:
        assert said("zip: {a: [1, 2], b: [1, 2]}\ninclude: [{a: 3}]") == [
            ("bad-matrix", "a", "`a` advances together with `b`, so this entry must name `b`, too", None)
        ]


@pytest.mark.parametrize("part", ["exclude", "include"])
class TestEntries:
    def test_of_an_axis_that_there_is_not(self, part: str) -> None:
        assert said(f"axes: {{mesh: [1]}}\n{part}: [{{mseh: 1}}]") == [
            ("unknown-axis", "mseh", "the matrix has no axis `mseh`", "did you mean `mesh`?")
        ]
        if part == "include":
            return  # alone, it lists the cells
        assert said(f"{part}: [{{mesh: 1}}]") == [
            ("unknown-axis", "mesh", "the matrix has no axis `mesh`", "declare it: `axes: {mesh: [...]}`")
        ]

    @pytest.mark.parametrize(("value", "what"), [("{a: 1}", "a mapping"), ("4", "the number 4"), ("null", "null")])
    def test_are_a_list(self, part: str, value: str, what: str) -> None:
        assert said(f"axes: {{a: [1]}}\n{part}: {value}") == [
            ("bad-matrix", value, f"`matrix.{part}` is {what}, not a list", f"write `{part}: [{{AXIS: value}}]`")
        ]

    @pytest.mark.parametrize(("value", "what"), [("1", "the number 1"), ("[a]", "a list"), ("{}", "empty")])
    def test_are_mappings(self, part: str, value: str, what: str) -> None:
        assert said(f"axes: {{a: [1]}}\n{part}: [{value}]") == [
            (
                "bad-matrix",
                value,
                f"an entry of `{part}` is {what}, not a mapping from axes to values",
                "write `- {AXIS: value}`",
            )
        ]


class TestDuplicates:
    def test_are_not_looked_for_among_too_many_cells(self) -> None:
        finding = sweep("axes: {a: [1, 1]}\nrepeat: 600").only
        assert finding.message == "the matrix has 1,200 cells, more than 1,000"

    def test_are_shown_with_the_first(self) -> None:
        finding = sweep("axes: {a: [1, 2, 1]}").only
        assert finding.code is codes.DUPLICATE_CELL
        assert finding.message == "axis `a` has the value 1 twice, which makes two equal cells"
        assert finding.span.start > finding.labels[0].span.start
        assert finding.help == "remove one; to run each cell several times, write `repeat: 2`"

    @each("axis", ["[1, 1.0]", "[x, 'x']", "[[1], [1.0]]", "[{a: 1, b: 2}, {b: 2, a: 1}]", "[null, ~]"])
    def test_one_value_in_two_spellings(self, axis: str) -> None:
        assert [each.code for each in sweep(f"axes: {{a: {axis}}}").found] == [codes.DUPLICATE_CELL]

    @each("axis", ["[1, true]", "[1, '1']", "[null, 'null']", "[[1], [true]]", "[0, false, '']"])
    def test_values_that_only_look_alike(self, axis: str) -> None:
        matrix = sweep(f"axes: {{a: {axis}}}")
        assert matrix.found == []
        assert len({cell.id for cell in matrix.cells}) == len(matrix.cells)

    def test_of_zipped_axes(self) -> None:
        assert sweep("zip: {a: [1, 2, 1], b: [x, y, x]}").messages == [
            'zipped axes `a` and `b` have the values 1 and "x" twice, which makes two equal cells'
        ]

    def test_each_further_one_is_reported(self) -> None:
        assert len(sweep("axes: {a: [1, 1, 1]}").found) == 2


class TestRepeat:
    def test_each_cell_several_times(self) -> None:
        cells = sweep("axes: {a: [x, y]}\nrepeat: 3").cells
        assert [cell.slug for cell in cells] == ["x-r1", "x-r2", "x-r3", "y-r1", "y-r2", "y-r3"]
        assert [cell.repeat for cell in cells] == [1, 2, 3, 1, 2, 3]
        assert [cell.id.partition(".")[2] for cell in cells] == ["1", "2", "3"] * 2
        assert len({cell.id.partition(".")[0] for cell in cells}) == 2

    def test_once_is_as_if_nothing_were_said(self) -> None:
        once, plain = (sweep(f"axes: {{a: [x]}}{more}").cells[0] for more in ("\nrepeat: 1", ""))
        assert (once.id, once.slug) == (plain.id, plain.slug)

    def test_without_axes(self) -> None:
        assert [cell.slug for cell in sweep("repeat: 2").cells] == ["0-r1", "0-r2"]

    @each("name", ["repeat", "max"])
    @each(
        "value, what",
        [
            ("0", "the number 0"),
            ("-1", "the number -1"),
            ("1.5", "the number 1.5"),
            ("2.0", "the number 2.0"),
            ("true", "the boolean true"),
            ("'3'", 'the text "3"'),
            ("null", "null"),
            ("[3]", "a list"),
            ("{from: 1, to: 2}", "a mapping"),
            ("1000001", "the number 1000001"),
            ("'{{ 0 }}'", "0"),
        ],
    )
    def test_is_a_whole_number(self, name: str, value: str, what: str) -> None:
        message = f"`{name}` is {what}, not a whole number from 1 to 1,000,000"
        assert said(f"axes: {{a: [1]}}\n{name}: {value}") == [("bad-matrix", value, message, None)]


class TestHowMany:
    @each(
        "text, most",
        [
            ("{}", 1),
            ("axes: {a: [1, 2], b: [1, 2, 3]}", 6),
            ("axes: {a: [1, 2]}\nexclude: [{a: 1}]", 2),
            ("axes: {a: [1, 2]}\ninclude: [{a: 3}]\nrepeat: 2", 6),
            ("zip: {a: [1, 2], b: [1, 2]}\nrepeat: 3", 6),
        ],
    )
    def test_cells_there_are_at_most(self, text: str, most: int) -> None:
        expansion = sweep(text).expansion
        assert expansion is not None
        assert expansion.most == most

    def test_rows_are_made_when_they_are_needed(self) -> None:
        expansion = sweep("axes: {a: {from: 1, to: 900}}").expansion
        assert expansion is not None
        (rows,) = (group.rows for group in expansion.groups)
        first = list(islice(rows, 3))
        assert calls(lambda: rows[1]) < 20
        assert rows[1] is first[1]
        assert [value.data for value in rows[899]] == [900]
        assert len(rows[:5]) == 5


class TestMax:
    def test_is_a_thousand_unless_said_otherwise(self) -> None:
        assert len(sweep("axes: {a: {from: 1, to: 1000}}").cells) == 1000
        ((slug, spot, message, help),) = said("axes: {a: {from: 1, to: 1001}}")
        assert (slug, spot, message) == ("matrix-too-large", "axes", "the matrix has 1,001 cells, more than 1,000")
        assert help == "if that many jobs are meant, write `max: 1001`"

    def test_can_be_raised_and_lowered(self) -> None:
        assert len(sweep("axes: {a: {from: 1, to: 1001}}\nmax: 1001").cells) == 1001
        finding = sweep("axes: {a: [1, 2], b: [1, 2]}\nmax: 3").only
        assert (finding.span.text, finding.label) == ("3", "the limit")
        assert finding.notes == ("values: `a` has 2, `b` has 2",)

    @each(
        "text, count",
        [
            ("axes: {a: [1, 2, 3], b: [1, 2]}", 6),
            ("axes: {a: [1, 2, 3]}\nzip: {b: [1, 2], c: [1, 2]}", 6),
            ("axes: {a: [1, 2, 3]}\nrepeat: 2", 6),
            ("repeat: 4", 4),
            ("axes: {a: [1, 2, 3]}\nexclude: [{a: 1}]", 3),
            ("axes: {a: [1, 2, 3]}\ninclude: [{a: 4}]", 4),
            ("axes: {a: [1, 2, 3], b: [1, 2, 3, 4]}\ninclude: [{a: 4}]", 16),
            ("axes: {a: [1, 2, 3]}\ninclude: [{a: 4}]\nrepeat: 2", 8),
        ],
    )
    def test_counts_the_product_with_what_is_included_and_repeated(self, text: str, count: int) -> None:
        assert sweep(f"{text}\nmax: {count}").expansion is not None
        if count > 1:
            assert sweep(f"{text}\nmax: {count - 1}").messages == [
                f"the matrix has {count} cells, more than {count - 1}"
            ]

    def test_says_what_was_counted(self) -> None:
        notes = sweep("axes: {a: [1, 2]}\nrepeat: 2\nexclude: [{a: 1}]\nmax: 3").only.notes
        assert notes == (
            "values: `a` has 2",
            "each cell is repeated 2 times",
            "cells that `exclude` removes count, too",
        )
        assert sweep("repeat: 2\nmax: 1").only.notes == ("each cell is repeated 2 times",)

    @each(
        "text",
        [
            "axes: {a: {from: 1, to: 1000000000000}}",
            "zip: {a: {from: 1, to: 1000000000000}, b: {from: 1, to: 1000000000000}}",
            "axes: {a: {from: 0, to: 1, step: 1e-200}}",
            "axes: {a: {from: 1, to: 900000}, b: {from: 1, to: 900000}}\nmax: 1000000",
            f"axes: {{{', '.join(f'a{i}: [1, 2, 3, 4]' for i in range(300))}}}",
            "axes: {a: {from: 1, to: 1000}}\nrepeat: 1000000\nmax: 1000000",
        ],
    )
    def test_is_held_before_anything_is_expanded(self, text: str) -> None:
        made: list[Sweep] = []
        assert calls(lambda: made.append(sweep(text))) < 200_000
        (matrix,) = made
        assert [each.code for each in matrix.found] == [codes.MATRIX_TOO_LARGE]
        assert matrix.only.help == "make the axes shorter"

    def test_is_held_before_an_include_is_completed(self) -> None:
        """Each entry means a thousand cells."""
        entries = ", ".join(f"{{b: {number}}}" for number in range(1, 900))
        made: list[Sweep] = []
        text = f"axes: {{a: {{from: 1, to: 1000}}, b: [0]}}\ninclude: [{entries}]"
        assert calls(lambda: made.append(sweep(text))) < 500_000
        (matrix,) = made
        assert matrix.messages == ["the matrix has 900,000 cells, more than 1,000"]


class TestUnknown:
    """What a check does not know without inputs is neither equal to anything nor different from it."""

    def test_values_are_no_duplicates(self) -> None:
        matrix = sweep("axes: {a: ['?', '?', 1]}\nzip: {b: ['?', '?'], c: [1, 1]}")
        assert matrix.found == []
        assert len(matrix.cells) == 6

    @each("axis", ["'?'", "{from: 1, to: '?'}", "{from: '?', to: 3}", "{from: 1, to: 3, step: '?'}"])
    def test_axes_have_one_unknown_value(self, axis: str) -> None:
        matrix = sweep(f"axes: {{a: {axis}, b: [1, 2]}}")
        assert matrix.found == []
        assert [cell.values["a"].is_known for cell in matrix.cells] == [False, False]

    def test_a_range_is_still_held_to_what_is_known(self) -> None:
        assert sweep("axes: {a: {from: '?', to: x}}").messages == ['`to` of axis `a` is "x", not a number']

    @each("axis, entry", [("['?']", "{a: 1}"), ("['?', 2]", "{a: 3}"), ("[1, 2]", "{a: '?'}"), ("['?']", "{a: '?'}")])
    def test_an_exclude_may_match_and_takes_nothing_away(self, axis: str, entry: str) -> None:
        matrix = sweep(f"axes: {{a: {axis}}}\nexclude: [{entry}]")
        assert matrix.found == []
        assert len(matrix.cells) == axis.count(",") + 1

    def test_an_exclude_that_cannot_match_for_another_axis_is_dead(self) -> None:
        assert sweep("axes: {a: ['?'], b: [1]}\nexclude: [{a: 1, b: 2}]").messages == [
            "this `exclude` matches no cell: `b` is never 2"
        ]

    def test_what_is_known_is_still_excluded(self) -> None:
        assert len(sweep("axes: {a: ['?', 1]}\nexclude: [{a: 1}]").cells) == 1

    def test_an_include_adds_each(self) -> None:
        matrix = sweep("axes: {a: ['?', 1]}\ninclude: [{a: '?'}, {a: '?'}, {a: 1}]")
        assert matrix.messages == ["this `include` adds no cell: the matrix already has it"]
        assert len(matrix.cells) == 4

    @each("name", ["repeat", "max"])
    def test_a_number_takes_its_default(self, name: str) -> None:
        matrix = sweep(f"axes: {{a: [1, 2]}}\n{name}: '?'")
        assert (matrix.found, len(matrix.cells)) == ([], 2)

    def test_a_selection_keeps_what_may_be_meant(self) -> None:
        cells, found = sweep("axes: {a: ['?', 1, 2]}").selected("a=2")
        assert (len(cells), found) == (2, [])
        cells, found = sweep("axes: {a: ['?', 1]}").selected("a=7")
        assert (len(cells), found) == (1, [])


class TestNames:
    def slug(self, value: str) -> str:
        return sweep(f"axes: {{a: [{value}]}}").cells[0].slug

    @each(
        "value, slug",
        [
            ("fine", "fine"),
            ("1", "1"),
            ("0.1", "0.1"),
            ("1e-05", "1e-05"),
            ("-5", "m5"),
            ("-0.5", "m0.5"),
            ("true", "true"),
            ("null", "none"),
            ("网格", "网格"),
            ("a_b.c+d-e", "a_b.c+d-e"),
        ],
    )
    def test_a_plain_value_is_its_own_name(self, value: str, slug: str) -> None:
        assert self.slug(value) == slug

    @each(
        "value, begin",
        [
            ("a b", "a-b-"),
            ("a/b", "a-b-"),
            ("../etc", "etc-"),
            (f"'{'x' * 41}'", "x" * 24 + "-"),
            ("'-x'", "x-"),
            ("'.hidden'", "hidden-"),
            ("'x-'", "x-"),
            ("'..'", ""),
            ("''", ""),
            ("'///'", ""),
            ("[1, 2]", "1-2-"),
            ("[]", ""),
            ("{a: 1, b: [x y, -5]}", "1-x-y-m5-"),
            ("{n: 8, name: small}", "small-"),
            ("{name: ..}", ""),
            ("{name: 7}", "7-"),
        ],
    )
    def test_where_characters_go_a_digest_comes(self, value: str, begin: str) -> None:
        slug = self.slug(value)
        assert slug.startswith(begin)
        digest = slug.removeprefix(begin)
        assert len(digest) == 6
        assert set(digest) <= set("0123456789abcdef")

    def test_two_values_that_lose_the_same_characters_stay_apart(self) -> None:
        assert self.slug("a b") != self.slug("a/b")

    def test_of_several_axes(self) -> None:
        assert sweep("axes: {mesh: [fine], angle: [-5], seed: [1]}").cells[0].slug == "fine-m5-1"

    def test_the_id_is_twelve_digits_of_the_digest(self) -> None:
        # SHA-256 of {"a":1,"b":"x"} and of {}
        assert sweep("axes: {b: [x], a: [1]}").cells[0].id == "ecf9e98ec064"
        assert sweep("{}").cells[0].id == "44136fa355b3"

    def test_numbers_that_json_cannot_hold_have_ids(self) -> None:
        cells = sweep("axes: {a: [9007199254740993, 9007199254740992, .inf, -.inf, .nan]}").cells
        assert len({cell.id for cell in cells}) == 5


class TestSelection:
    MATRIX = "axes: {mesh: [coarse, fine], n: [1, 2, 10], flag: [true, 1]}"

    def rows(self, *only: str, matrix: str = MATRIX) -> list[tuple[object, ...]]:
        cells, found = sweep(matrix).selected(*only)
        assert found == []
        return [tuple(cell.data().values()) for cell in cells]

    def test_nothing_selects_all(self) -> None:
        assert len(self.rows()) == 12

    def test_one_value_of_one_axis(self) -> None:
        assert {row[0] for row in self.rows("mesh=fine")} == {"fine"}
        assert {row[1] for row in self.rows("n=1")} == {1}

    def test_several_values_of_one_axis_and_several_axes(self) -> None:
        rows = self.rows("n=1", "n=10", "mesh=fine")
        assert {row[:2] for row in rows} == {("fine", 1), ("fine", 10)}

    def test_kinds_are_told_apart(self) -> None:
        assert {repr(row[2]) for row in self.rows("flag=true")} == {"True"}
        assert {repr(row[2]) for row in self.rows("flag=1")} == {"1"}

    @each(
        "axis, typed, value",
        [
            ("['007', '008']", "007", "007"),
            ("['true', x]", "true", "true"),
            ("[0.1, 0.2]", "0.10", 0.1),
            ("[1, 2]", "1.0", 1),
            ("[null, x]", "null", None),
            ("['', x]", "", ""),
            ("[[1, 2], [2, 1]]", "[1,2]", [1, 2]),
            ("[{k: 1}, {k: 2}]", "{k: 2}", {"k": 2}),
            ("['a=b', c]", "a=b", "a=b"),
        ],
    )
    def test_a_value_as_it_is_typed(self, axis: str, typed: str, value: object) -> None:
        assert self.rows(f"a={typed}", matrix=f"axes: {{a: {axis}}}") == [(value,)]

    @each("axis, typed", [("[null, x]", "None"), ("[true, x]", "'true'"), ("[1, x]", "'1'")])
    def test_no_value_is_meant_by_its_python_spelling_or_in_quotes(self, axis: str, typed: str) -> None:
        cells, found = sweep(f"axes: {{a: {axis}}}").selected(f"a={typed}")
        assert (cells, [each.code for each in found]) == ([], [codes.NO_SUCH_CELL])

    def test_what_include_adds_can_be_selected(self) -> None:
        assert self.rows("a=3", matrix="axes: {a: [1]}\ninclude: [{a: 3}]") == [(3,)]

    @each(
        "only, spot, message, help",
        [
            ("mesh", "mesh", "`--only` takes AXIS=VALUE, and there is no `=`", None),
            ("mseh=fine", "mseh", "the matrix has no axis `mseh`", "did you mean `mesh`?"),
            ("zz=1", "zz", "the matrix has no axis `zz`", "axes here: `mesh`, `n`, `flag`"),
            ("mesh=fien", "fien", "axis `mesh` has no value `fien`", "did you mean `fine`?"),
            ("n=3", "3", "axis `n` has no value `3`", "values here: `1`, `2`, `10`"),
        ],
    )
    def test_what_there_is_not(self, only: str, spot: str, message: str, help: str | None) -> None:
        _, found = sweep(self.MATRIX).selected(only)
        assert [(each.span.text, each.message, each.help) for each in found] == [(spot, message, help)]

    def test_of_a_spec_without_a_matrix(self) -> None:
        _, (finding,) = sweep("{}").selected("a=1")
        assert finding.help == "the spec has no matrix"

    def test_a_value_that_yaml_cannot_read(self) -> None:
        _, found = sweep("axes: {a: [1]}").selected("a=[1")
        assert found
        assert all(finding.is_error for finding in found)

    def test_by_the_beginning_of_an_id(self) -> None:
        matrix = sweep("axes: {a: {from: 1, to: 50}}")
        wanted = matrix.cells[7]
        for length in (12, 8):
            assert [cell.index for cell in matrix.selected(ids=(wanted.id[:length],))[0]] == [7]
        both = matrix.selected(ids=(wanted.id, matrix.cells[3].id))[0]
        assert [cell.index for cell in both] == [3, 7]

    def test_by_an_id_with_its_repetition(self) -> None:
        matrix = sweep("axes: {a: [1, 2]}\nrepeat: 12")
        digest = matrix.cells[0].id.partition(".")[0]
        assert [cell.repeat for cell in matrix.selected(ids=(f"{digest}.1",))[0]] == [1]
        assert [cell.repeat for cell in matrix.selected(ids=(f"{digest[:6]}.12",))[0]] == [12]
        assert len(matrix.selected(ids=(digest,))[0]) == 12

    @each("id", ["", ".", "zzz"])
    def test_by_no_id(self, id: str) -> None:
        assert sweep("axes: {a: [1, 2]}").selected(ids=(id,))[0] == []

    def test_ids_and_axes_both_hold(self) -> None:
        matrix = sweep("axes: {a: [1, 2]}")
        assert matrix.selected("a=2", ids=(matrix.cells[0].id,))[0] == []


def test_large_sweeps_with_many_entries_take_no_time() -> None:
    """Hundreds of entries over thousands of cells: each cell is looked up, not compared with each entry."""
    excludes = ", ".join(f"{{a: {number}, b: {number % 40}}}" for number in range(1, 201))
    includes = ", ".join(f"{{a: {number}, b: 99}}" for number in range(1, 61))
    axes = "axes: {a: {from: 1, to: 400}, b: {from: 0, to: 19}}"
    matrix = sweep(f"{axes}\nexclude: [{excludes}]\ninclude: [{includes}]\nmax: 50000")
    assert calls(lambda: matrix.cells) < 60 * 8_000
    cells = matrix.cells
    assert len(cells) == 400 * 20 - 100 + 60
    assert {each.code for each in matrix.found} == {codes.DEAD_EXCLUDE}
    assert len(matrix.found) == 100


def test_the_axes_with_their_values_each_once() -> None:
    expansion = sweep(
        "axes: {a: [1, true, '1']}\nzip: {b: [1, 1], c: [1, 2]}\ninclude: [{a: 1.0, b: 9, c: 1}]"
    ).expansion
    assert expansion is not None
    assert {name: [value.data for value in values] for name, values in expansion.axes.items()} == {
        "a": [1, True, "1"],
        "b": [1, 9],
        "c": [1, 2],
    }


class TestRangesOfSoManySteps:
    @each(
        "text, values",
        [
            ("{from: 0, to: 1, steps: 5}", [0.0, 0.25, 0.5, 0.75, 1.0]),
            ("{from: 1, to: 10, steps: 4}", [1, 4, 7, 10]),
            ("{from: 10, to: 0, steps: 3, scale: linear}", [10, 5, 0]),
            ("{from: 1, to: 1000, steps: 4, scale: log}", [1, 10, 100, 1000]),
            ("{from: 1e-3, to: 1, steps: 4, scale: log}", [0.001, 0.01, 0.1, 1.0]),
            ("{from: 64, to: 1, steps: 4, scale: log}", [64, 16, 4, 1]),
            (
                "{from: 1, to: 100, steps: 5, scale: log}",
                [1.0, 3.16227766017, 10.0, 31.6227766017, 100.0],
            ),
            ("{from: 3, to: 7, steps: 2, scale: log}", [3, 7]),
            ("{from: 3, to: 3, steps: 1}", [3]),
        ],
    )
    def test_it_has(self, text: str, values: list[object]) -> None:
        made = sweep(f"axes: {{a: {text}}}")
        assert not made.found
        assert made.expansion is not None
        found = [cell.data()["a"] for cell in made.expansion.cells()]
        assert found == values
        assert [type(value) for value in found] == [type(value) for value in values]

    @each(
        "text, message",
        [
            ("{from: 1, to: 9, step: 2, steps: 3}", "the range of axis `a` has both `step` and `steps`"),
            ("{from: 1, to: 9, steps: 1}", "the range of axis `a` cannot have 1 value from 1 to 9"),
            ("{from: 1, to: 1, steps: 2}", "the range of axis `a` cannot have 2 values from 1 to 1"),
            (
                "{from: 1, to: 9, steps: 2.5}",
                "`steps` of axis `a` is 2.5, not a whole number from 1 to 1,000,000",
            ),
            ("{from: 1, to: 9, steps: 0}", "`steps` of axis `a` is 0, not a whole number from 1 to 1,000,000"),
            (
                "{from: 0, to: 9, steps: 2, scale: log}",
                "axis `a` has a `scale` of `log`, so its numbers are above 0",
            ),
            (
                "{from: 1e-300, to: 1e300, steps: 3, scale: log}",
                "the range of axis `a` is too wide: its ends differ by more than a factor of 1e+300",
            ),
            (
                "{from: 1e300, to: 1e-300, steps: 3, scale: log}",
                "the range of axis `a` is too wide: its ends differ by more than a factor of 1e+300",
            ),
            (
                "{from: 1, to: 9, scale: log}",
                "the range of axis `a` has a `scale` of `log`, and no `steps`",
            ),
            ("{from: 1, to: 9, steps: 2, scale: lin}", '`scale` of axis `a` is "lin"'),
        ],
    )
    def test_it_cannot_have(self, text: str, message: str) -> None:
        made = sweep(f"axes: {{a: {text}}}")
        assert [each.message for each in made.found] == [message]


def test_values_in_messages_are_written_as_in_yaml() -> None:
    value = {"name": "mac", "on": "yes", "n": [1, 2.5, True, None, "a b"]}
    assert shown(value) == '{name: mac, on: "yes", n: [1, 2.5, true, null, "a b"]}'
