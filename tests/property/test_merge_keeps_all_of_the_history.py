"""A value's history lists all who wrote it, from the winner down to the weakest, whatever operators stand between."""

from hypothesis import given
from hypothesis import strategies as st
from support.resolving import chain
from support.trees import LEAVES, MAPPINGS, Data, Leaf, bodies, chained, leaf_paths

from specc.nodes import Mapping, Node
from specc.resolver import operator_of

WRITES = st.one_of(
    st.integers(0, 9),
    st.just({"$unset": True}),
    st.builds(lambda value: {"$replace": value}, st.integers(0, 9)),
)


def with_operators(depth: int = 2) -> st.SearchStrategy[Data]:
    """Layers in which leaves and whole mappings are also replaced and taken away."""
    optional: dict[str, st.SearchStrategy[object]] = dict.fromkeys(LEAVES, WRITES)
    if depth:
        inner = with_operators(depth - 1)
        plain = bodies(st.integers(0, 9), depth - 1)
        form = st.one_of(inner, inner, st.just({"$unset": True}), st.builds(lambda body: {"$replace": body}, plain))
        optional |= dict.fromkeys(MAPPINGS, form)
    return st.fixed_dictionaries({}, optional=optional)


def written(layer: object, path: Leaf = ()) -> set[Leaf]:
    """The leaves that a layer gives a value."""
    if not isinstance(layer, dict):
        return {path}
    if "$replace" in layer:
        return written(layer["$replace"], path)
    return set().union(*(written(value, (*path, key)) for key, value in layer.items() if key != "$unset"))


def is_operator(node: Node) -> bool:
    return isinstance(node, Mapping) and operator_of(node) is not None


# In an abstract spec, an operator on what is not there is no mistake.
@given(st.lists(with_operators(), min_size=1, max_size=5))
def test_the_history_of_a_value_is_complete(layers: list[Data]) -> None:
    resolved = chained(layers, "abstract: true\n")
    survivors = dict(leaf_paths(resolved.data("vars")))
    writers = [(f"{number}.yaml", written(layer)) for number, layer in enumerate(layers, 1)]
    for path in survivors:
        nodes = list(chain(resolved.at(".".join(("vars", *path)))))
        names = [node.span.source.name for node in nodes if not is_operator(node)]
        assert names == [name for name, leaves in reversed(writers) if path in leaves]
        assert not is_operator(nodes[-1])
