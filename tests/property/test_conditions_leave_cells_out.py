"""`where` leaves out the combinations for which a condition does not hold, and changes nothing else."""

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from support.compiling import check, render, request
from support.laws import law

CONDITIONS: dict[str, Callable[[Any, Any, int], bool]] = {
    "{{ matrix.a * matrix.b <= 8 }}": lambda a, b, p: a * b <= 8,
    "{{ matrix.a != params.p }}": lambda a, b, p: a != p,
    "{{ matrix.b in [1, 3] or matrix.a == 2 }}": lambda a, b, p: b in (1, 3) or a == 2,
    "{{ matrix.a is divisibleby(2) }}": lambda a, b, p: a % 2 == 0,
    "{{ true }}": lambda a, b, p: True,
    "{{ matrix | length == 2 }}": lambda a, b, p: True,
}
AXES = st.lists(st.integers(0, 6), min_size=1, max_size=4, unique=True)


def spec(a: list[int], b: list[int], where: list[str], repeat: int) -> str:
    written = f"where: {where!r}, " if where else ""
    return (
        "params: {p: {type: integer, default: 3}}\n"
        f"matrix: {{axes: {{a: {a}, b: {b}}}, {written}repeat: {repeat}}}\n"
        'job: {name: "n-{{ cell.slug }}", cmd_line: "run {{ matrix.a }} {{ matrix.b }}", core_limit: 1}\n'
    )


@law(120)
@given(
    AXES, AXES, st.lists(st.sampled_from([*CONDITIONS]), min_size=1, max_size=2), st.integers(1, 2), st.integers(0, 6)
)
def test_cells_are_those_for_which_all_conditions_hold(
    a: list[int], b: list[int], where: list[str], repeat: int, p: int
) -> None:
    everything = render(spec(a, b, [], repeat), asked=request(p=[f"p={p}"]))
    wanted = {
        payload.cell.id: payload.canonical
        for payload in everything.payloads
        if all(CONDITIONS[each](*payload.cell.data().values(), p) for each in where)
    }
    made = render(spec(a, b, where, repeat), asked=request(p=[f"p={p}"]))
    assert {payload.cell.id: payload.canonical for payload in made.payloads} == wanted
    assert made.messages == ([] if wanted else ["`where` leaves no cell"])
    assert [payload.cell.index for payload in made.payloads] == list(range(len(wanted)))


def test_what_is_not_known_holds() -> None:
    """A check has no value for `params.p`, so it looks at every combination that some value may give."""
    text = spec([1, 2], [1, 2], ["{{ matrix.a < params.p }}", "{{ matrix.b == 1 }}"], 1).replace(", default: 3", "")
    made = check(text)
    assert (len(made.payloads), made.shown) == (2, [])


def test_what_an_include_adds_is_not_asked() -> None:
    made = render(
        """
        matrix: {axes: {a: [1, 2]}, where: "{{ matrix.a > 1 }}", include: [{a: 1}, {a: 0}, {a: 2}]}
        job: {name: "n{{ matrix.a }}", cmd_line: run, core_limit: 1}
        """
    )
    assert [payload.name for payload in made.payloads] == ["n2", "n1", "n0"]


def test_a_condition_is_evaluated_once_for_the_values_that_it_reads() -> None:
    from unittest.mock import patch

    from specc.evaluator.walk import Walk

    with patch.object(Walk, "_render", autospec=True, side_effect=Walk._render) as rendered:
        made = render(
            """
            matrix: {axes: {a: [1, 2, 3], b: {from: 1, to: 50}}, where: "{{ matrix.a > 1 }}"}
            job: {name: n, cmd_line: run, core_limit: 1}
            """
        )
    assert (len(made.payloads), rendered.call_count) == (100, 3)


def wide(a: int, b: int, where: str) -> str:
    return (
        f"matrix: {{axes: {{a: {{from: 1, to: {a}}}, b: {{from: 1, to: {b}}}}}, max: 1000000, where: {where!r}}}\n"
        'job: {name: "n-{{ cell.slug }}", cmd_line: "run {{ matrix.a }} {{ matrix.b }}", core_limit: 1}\n'
    )


def test_conditions_are_asked_about_so_many_combinations_only() -> None:
    assert check(wide(1000, 31, "{{ matrix.a > 0 }}")).messages == [
        "`where` would be asked about 31,000 combinations, more than 30,000"
    ]
    assert not [each for each in render(wide(300, 100, "{{ matrix.a * matrix.b == 6 }}")).found if each.is_error]


def test_conditions_together_may_take_so_many_steps_only() -> None:
    made = render(wide(100, 100, "{{ (range(4000) | sum) + matrix.a + matrix.b > 0 }}"))
    assert "the conditions of this matrix take too long, all combinations together" in made.messages
