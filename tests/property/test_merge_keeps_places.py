"""Every surviving value points into a file of the chain, at the text that writes it."""

from hypothesis import given
from hypothesis import strategies as st
from support.resolving import leaves
from support.trees import Data, bodies, chained

from specc.nodes import Scalar, to_data
from specc.parser import parse_tree
from specc.source import Source


@given(st.lists(bodies(), min_size=1, max_size=4))
def test_every_value_stands_where_it_says(layers: list[Data]) -> None:
    resolved = chained(layers)
    spec = resolved.spec
    sources = {part.source for part in (*spec.ancestors, spec.document)}
    for _, leaf in leaves(spec.section("vars")):
        assert isinstance(leaf, Scalar)
        assert leaf.span.source in sources
        written, _ = parse_tree(Source("again", leaf.span.text))
        assert written is not None
        assert (to_data(written), type(to_data(written))) == (leaf.value, type(leaf.value))


@given(st.lists(bodies(), min_size=1, max_size=4))
def test_every_key_is_that_of_the_strongest_file_that_writes_it(layers: list[Data]) -> None:
    spec = chained(layers).spec
    for key, _ in spec.section("vars").items():
        writers = [f"{number}.yaml" for number, layer in enumerate(layers, 1) if key.value in layer]
        assert key.span.source.name == writers[-1]
        assert key.span.text == f'"{key.value}"'
