"""A layer that says nothing changes neither a value nor its history, wherever it stands."""

from hypothesis import given
from hypothesis import strategies as st
from support.resolving import chain, place_of
from support.trees import Data, bodies, chained, leaf_paths

EMPTY: list[Data] = [{}, {"m": {}}, {"n": {"m": {}}}]


@given(st.lists(bodies(), min_size=1, max_size=3), st.integers(0, 3), st.sampled_from(EMPTY))
def test_an_empty_layer_changes_nothing(layers: list[Data], place: int, empty: Data) -> None:
    plain = chained(layers)
    padded = chained([*layers[:place], empty, *layers[place:]])
    values = dict(leaf_paths(plain.data("vars")))
    assert dict(leaf_paths(padded.data("vars"))) == values
    for path in values:
        node, again = (each.at(".".join(("vars", *path))) for each in (plain, padded))
        assert len(list(chain(node))) == len(list(chain(again)))


@given(st.lists(bodies(), min_size=1, max_size=2))
def test_a_profile_that_says_nothing_changes_nothing(layers: list[Data]) -> None:
    header = "profiles: {s: {vars: {}}, t: {}}\n"
    plain = chained(layers, header)
    assert plain.shown == []
    assert all(place_of(node) != "profile s" for node in plain.spec.section("vars").entries.values())
