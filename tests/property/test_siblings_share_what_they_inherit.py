"""A spec is resolved as if it were alone, whichever of its siblings were resolved before it."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st
from support.compiling import Files
from support.resolving import APIS, leaves, texts
from support.trees import Data, bodies, text_of
from test_merge_keeps_all_of_the_history import with_operators

from specc.nodes import FileText, Mapping, Node, to_data
from specc.parser import Parsed
from specc.resolver import Overlays, resolve
from specc.resolver.merge import inherited

SCRIPTS = st.fixed_dictionaries(
    {"$file": st.just("run.sh")}, optional={"args": st.lists(st.sampled_from(["a", "b"]), max_size=2)}
)
LAYERS = st.builds(
    lambda body, script: body | script,
    st.one_of(with_operators(), bodies()),
    st.fixed_dictionaries({}, optional={"script": SCRIPTS}),
)
HEADERS = st.sampled_from(
    ["", "", "abstract: true\n", "matrix: {axes: {n: [1]}}\n", "job: {$unset: true}\n", "job: no\n"]
)


def seen(node: Node | None) -> Iterator[object]:
    """All that a node says: values, places and layers of it and of what is beneath and taken away."""
    while node is not None:
        yield type(node), node.span, node.layer, to_data(node)
        if isinstance(node, Mapping):
            yield [(name, key.span) for name, key in node.keys.items()]
            for part in (*node.entries.items(), ("removed", None), *node.removed.items()):
                yield part[0], list(seen(part[1]))
        elif not isinstance(node, FileText):
            yield [place.span for _, place in leaves(node)]
        node = node.beneath


@given(
    bases=st.lists(LAYERS, min_size=1, max_size=3),
    children=st.lists(st.tuples(LAYERS, HEADERS, st.booleans()), min_size=2, max_size=4),
)
def test_siblings_do_not_know_of_each_other(bases: list[Data], children: list[tuple[Data, str, bool]]) -> None:
    names = [f"base{number}.yaml" for number in range(len(bases))]
    made = {name: text_of(body, names[:at][-1:]) for at, (name, body) in enumerate(zip(names, bases, strict=True))}
    made["run.sh"] = "echo"
    for number, (body, header, is_first) in enumerate(children):
        made[f"{number}.yaml"] = text_of(body, names[:1] if is_first else names, header)
    files = Files(made)
    overlays = Overlays(lambda _: None, "ehpc/v1", APIS, sets=texts("--set", ["vars.a=9"]))

    def resolved(number: int) -> list[object]:
        parsed = files.document(f"{number}.yaml")
        assert isinstance(parsed, Parsed)
        assert parsed.document is not None
        spec, found = resolve(parsed.document, files, overlays)
        return [list(seen(spec.body)), found, spec.params, spec.profile_names]

    together = [resolved(number) for number in range(len(children))]
    for number, was in enumerate(together):
        inherited.cache_clear()
        assert resolved(number) == was
