"""What was merged once is itself a layer that changes nothing, over itself and over what it was made of."""

from hypothesis import given
from hypothesis import strategies as st
from support.trees import Data, bodies, chained


@given(st.lists(bodies(), min_size=1, max_size=3))
def test_merging_again_changes_nothing(layers: list[Data]) -> None:
    data = chained(layers).data("vars")
    assert isinstance(data, dict)
    for again in ([data], [data, data], [*layers, data]):
        assert chained(again).data("vars") == data
