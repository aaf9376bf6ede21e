"""Operators, used well or badly, act in the merge: none is left in what comes out of it."""

import json

from hypothesis import given
from hypothesis import strategies as st
from support.resolving import resolve_text
from support.trees import Data, text_of

from specc.nodes import FileText, Mapping, Node, Sequence

NAMES = ["$append", "$prepend", "$replace", "$unset", "$literal", "$file", "$nope", "$"]
SCALARS = st.sampled_from([1, "x", "run.sh", "run.sh.j2", "nope.sh", None, True, "{{ a }}"])
KEYS = st.sampled_from([*NAMES, "a", "b", "env", "args"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(KEYS, inner, max_size=3),
        st.builds(lambda name, value: {name: value}, st.sampled_from(NAMES), inner),
        st.fixed_dictionaries({"$file": st.just("run.sh")}, optional={"env": inner, "args": inner}),
    ),
    max_leaves=12,
)
LAYERS = st.dictionaries(KEYS, VALUES, max_size=4)
FILES = {"run.sh": "x", "run.sh.j2": "{{ a }}"}


def keys(node: Node | None) -> set[str]:
    """All keys of mappings, also of what is passed to scripts."""
    match node:
        case Mapping():
            return set(node.entries) | {key for value in node.entries.values() for key in keys(value)}
        case Sequence():
            return {key for item in node.items for key in keys(item)}
        case FileText():
            return keys(node.env) | keys(node.args)
        case _:
            return set()


@given(LAYERS, LAYERS, LAYERS, st.booleans())
def test_no_operator_survives(base: Data, overlay: Data, own: Data, abstract: bool) -> None:
    others = {"base.yaml": text_of(base, header=f"profiles: {json.dumps({'s': {'vars': overlay}})}\n"), **FILES}
    text = text_of(own, ["base.yaml"], "abstract: true\n" if abstract else "")
    for profiles in ((), ("s",)):
        spec = resolve_text(text, others, profiles=profiles).spec
        assert not {key for key in keys(spec.body) if key.startswith("$")}
        assert all(isinstance(spec.section(name), Mapping) for name in spec.body.entries)
