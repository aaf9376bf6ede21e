"""Places in TOML: the text at a value's place reads back as that value."""

import json
import tomllib

from hypothesis import given
from hypothesis import strategies as st
from support.laws import law
from support.tables import each

from specc.config.document import NodeReader
from specc.config.places import places
from specc.nodes import Mapping, Scalar, Sequence, to_data
from specc.source import Source

TEXT = """\
# 流体
a.b."c d" = 1
x = {y = [1, # one
  "é"], z.w = 'q'}
[t.u]
k = 0x1F # sixteen and fifteen
[[arr]]
n = 1
[[arr]]
[arr.sub]
n = true
[[arr.sub.deep]]
n = 1.5
[t]
"""


def tree_of(text):
    source = Source("specc.toml", text)
    tree = NodeReader(source, text, places(text), ())
    return tree.node(tomllib.loads(text), (), source.span())


def scalars(node):
    match node:
        case Scalar():
            yield node
        case Sequence():
            for item in node.items:
                yield from scalars(item)
        case Mapping():
            for key, value in node.items():
                assert key.span.text.strip("\"'") == key.value or json.loads(key.span.text) == key.value
                yield from scalars(value)


@each(
    "path, key, value",
    [
        (("a", "b", "c d"), '"c d"', "1"),
        (("a", "b"), "b", None),
        (("x", "y", 1), None, '"é"'),
        (("x", "z", "w"), "w", "'q'"),
        (("x", "y"), "y", '[1, # one\n  "é"]'),
        (("t", "u", "k"), "k", "0x1F"),
        (("t",), "t", None),
        (("arr", 1, "sub", "n"), "n", "true"),
        (("arr", 1, "sub", "deep", 0, "n"), "n", "1.5"),
        (("arr", 1), "arr", None),
    ],
)
def test_places(path, key, value):
    found = places(TEXT)[path]
    assert (found.key and TEXT[slice(*found.key)], found.value and TEXT[slice(*found.value)]) == (key, value)


def test_every_value_of_the_example_has_its_own_place():
    tree = tree_of(TEXT)
    assert to_data(tree) == tomllib.loads(TEXT)
    assert all(tomllib.loads(f"v = {scalar.span.text}")["v"] == scalar.value for scalar in scalars(tree))


keys = st.text(alphabet='ab-_1 ."流é\n😀', max_size=4)
values = st.recursive(
    st.integers(-99, 99) | st.booleans() | st.text(alphabet="ab'\"\\#[]{}=,.\n\t流😀", max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)


def toml(value):
    """JSON's texts and numbers are TOML's; only tables are written differently."""
    match value:
        case dict():
            return "{" + ", ".join(f"{toml(key)} = {toml(held)}" for key, held in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(toml, value)) + "]"
        case _:
            return json.dumps(value, ensure_ascii=False)


@given(st.dictionaries(keys, values, max_size=3), st.dictionaries(keys, st.dictionaries(keys, values, max_size=2)))
@law(60)
def test_the_text_at_a_values_place_reads_back_as_that_value(top, tables):
    lines = [f"{toml(key)} = {toml(value)}" for key, value in top.items()]
    for name, table in tables.items():
        if name not in top:
            lines += [f"[{toml(name)}]", *(f"{toml(key)} = {toml(value)} # 流" for key, value in table.items())]
    text = "\r\n".join(lines)
    tree = tree_of(text)
    assert to_data(tree) == tomllib.loads(text)
    for scalar in scalars(tree):
        assert tomllib.loads(f"v = {scalar.span.text}")["v"] == scalar.value
