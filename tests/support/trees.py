"""Strategies of spec contents as plain data. JSON is YAML, so `text_of` writes them into a file."""

import json
from collections.abc import Iterator

from hypothesis import strategies as st

from support.resolving import Resolved, resolve_text

LEAVES = ("a", "b", "c")
"""Names that always hold a value, so that files that use them do not conflict in kind."""
MAPPINGS = ("m", "n")
"""Names that always hold a mapping."""
Data = dict[str, object]
Leaf = tuple[str, ...]

SCALARS = st.one_of(
    st.integers(0, 3), st.sampled_from(["", "x", "no", "1", "é", "{{ vars.a }}", None, True, False, 0.5])
)
VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=3))


def bodies(values: st.SearchStrategy[object] = VALUES, depth: int = 2) -> st.SearchStrategy[Data]:
    """Mappings of some leaves and some mappings."""
    optional = dict.fromkeys(LEAVES, values)
    if depth:
        optional |= dict.fromkeys(MAPPINGS, bodies(values, depth - 1))
    return st.fixed_dictionaries({}, optional=optional)


def text_of(body: Data, extends: list[str] | None = None, header: str = "") -> str:
    """A spec with `body` as its `vars`."""
    parents = f"extends: {json.dumps(extends)}\n" if extends else ""
    return f"specc: 1\n{header}{parents}vars: {json.dumps(body, ensure_ascii=False)}\n"


def chained(layers: list[Data], header: str = "") -> Resolved:
    """Files `1.yaml`, `2.yaml`, ..., each of which extends the one before; the last one is the spec."""
    names = [f"{number}.yaml" for number in range(1, len(layers) + 1)]
    texts = {
        name: text_of(layer, [names[index - 1]] if index else None, header)
        for index, (name, layer) in enumerate(zip(names, layers, strict=True))
    }
    last = names[-1]
    return resolve_text(texts.pop(last), texts, name=last)


def leaf_paths(body: object, path: Leaf = ()) -> Iterator[tuple[Leaf, object]]:
    """Every value that is no mapping, with its place."""
    if isinstance(body, dict):
        for key, value in body.items():
            yield from leaf_paths(value, (*path, key))
    else:
        yield path, body


def put(body: Data, path: Leaf, value: object) -> None:
    *above, last = path
    for part in above:
        inner = body.setdefault(part, {})
        assert isinstance(inner, dict)
        body = inner
    body[last] = value
