"""Without operators it does not matter which of three layers are merged first."""

from hypothesis import given
from support.trees import Data, bodies, chained


@given(bodies(), bodies(), bodies())
def test_merging_is_associative(weak: Data, middle: Data, strong: Data) -> None:
    def merged(*layers: Data) -> Data:
        data = chained(list(layers)).data("vars")
        assert isinstance(data, dict)
        return data

    at_once = merged(weak, middle, strong)
    assert merged(merged(weak, middle), strong) == at_once
    assert merged(weak, merged(middle, strong)) == at_once
    assert list(merged(merged(weak, middle), strong)) == list(at_once)
