"""Operators, used well or badly, act in the merge: none is left in what comes out of it."""

import json

from hypothesis import given
from hypothesis import strategies as st
from support.laws import law
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
LISTS = st.lists(VALUES, min_size=1, max_size=3)
LAYERS = st.builds(
    lambda shared, others: others | shared,
    st.fixed_dictionaries(
        {}, optional={"list": LISTS | st.builds(lambda name, items: {name: items}, st.sampled_from(NAMES), LISTS)}
    ),
    st.dictionaries(KEYS, VALUES, max_size=4),
)
"""Most layers have a list of one name, so that lists meet each other."""
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


def kinds(node: Node | None) -> set[type[Node]]:
    """The kinds of all values, in lists, too."""
    match node:
        case Mapping():
            return {Mapping}.union(*map(kinds, node.entries.values()))
        case Sequence():
            return {Sequence}.union(*map(kinds, node.items))
        case _:
            return {type(node)}


def test_no_operator_survives() -> None:
    met: set[type[Node]] = set()

    @given(LAYERS, LAYERS, LAYERS, st.booleans())
    @law(100)
    def holds(base: Data, overlay: Data, own: Data, abstract: bool) -> None:
        others = {"base.yaml": text_of(base, header=f"profiles: {json.dumps({'s': {'vars': overlay}})}\n"), **FILES}
        text = text_of(own, ["base.yaml"], "abstract: true\n" if abstract else "")
        for profiles in ((), ("s",)):
            spec = resolve_text(text, others, profiles=profiles).spec
            met.update(kinds(spec.body))
            assert not {key for key in keys(spec.body) if key.startswith("$")}
            assert all(isinstance(spec.section(name), Mapping) for name in spec.body.entries)

    holds()
    assert met >= {Mapping, Sequence, FileText}, "the law never met some kind of value"
