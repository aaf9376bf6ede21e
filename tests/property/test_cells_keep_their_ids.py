"""A combination of values has one id, whatever the order of the axes, what else is swept, and what is selected."""

import json
from hashlib import sha256

import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from support.sweeping import Sweep, sweep

NAMES = st.sampled_from(["mesh", "seed", "a", "é", "\U0001f600", "\uff21"])
TEXTS = st.text(st.sampled_from("ab1 -.\"'\\é\U0001f600#:{[\n"), max_size=3)
VALUES = st.one_of(st.integers(-3, 3), st.booleans(), TEXTS, st.floats(0, 1), st.just([1, {"k": None}]))
AXES = st.dictionaries(NAMES, st.lists(VALUES, min_size=1, max_size=3), min_size=1, max_size=3)


def swept(axes: dict[str, list[object]], **more: object) -> Sweep:
    return sweep(json.dumps({"axes": axes, **more}, ensure_ascii=False))


def ids(matrix: Sweep) -> dict[str, str]:
    """The id of each combination; none where a value stands twice on an axis."""
    if matrix.expansion is None:
        return {}
    return {json.dumps(cell.data(), sort_keys=True): cell.id for cell in matrix.cells}


@given(AXES)
def test_an_id_is_the_digest_of_the_values(axes: dict[str, list[object]]) -> None:
    matrix = swept(axes)
    for cell in matrix.cells if matrix.expansion is not None else ():
        data = cell.data()
        assert cell.id == sha256(rfc8785.dumps(data)).hexdigest()[:12]


@given(AXES, st.randoms(use_true_random=False))
def test_the_order_of_axes_and_values_changes_no_id(axes: dict[str, list[object]], random) -> None:
    shuffled = {name: random.sample(axes[name], len(axes[name])) for name in random.sample(list(axes), len(axes))}
    assert ids(swept(shuffled)) == ids(swept(axes))


@given(AXES, VALUES)
def test_a_further_value_changes_no_id(axes: dict[str, list[object]], value: object) -> None:
    first = next(iter(axes))
    before, after = ids(swept(axes)), ids(swept({**axes, first: [*axes[first], value]}))
    assert not after or before.items() <= after.items()


@given(AXES)
def test_an_axis_or_an_include_makes_no_difference_to_an_id(axes: dict[str, list[object]]) -> None:
    rows = swept(axes)
    if rows.expansion is None:
        return
    first, *others = rows.values
    if others:
        alone = {name: [value] for name, value in first.items()}
        assert ids(swept(alone, include=others)) == ids(rows)


@given(AXES, st.integers(2, 4))
def test_repetitions_have_the_id_with_a_number(axes: dict[str, list[object]], repeat: int) -> None:
    plain = swept(axes)
    if plain.expansion is not None:
        expected = [f"{cell.id}.{number}" for cell in plain.cells for number in range(1, repeat + 1)]
        assert [cell.id for cell in swept(axes, repeat=repeat).cells] == expected
