"""Parents that do not write the same values can stand in any order; those that do are warned about in any order."""

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st
from support.resolving import resolve_text
from support.trees import VALUES, Data, Leaf, put, text_of

PATHS: list[Leaf] = [("a",), ("b",), ("m", "a"), ("m", "b"), ("m", "n", "a"), ("n", "a"), ("n", "b")]
PARENTS = ("x.yaml", "y.yaml", "z.yaml")
WRITERS = st.dictionaries(st.sampled_from(PATHS), st.tuples(st.sampled_from(PARENTS), VALUES), max_size=7)
BASE = {"a": 0, "m": {"n": {"a": 0}}}


def parts_of(writers: dict[Leaf, tuple[str, object]]) -> dict[str, Data]:
    parts: dict[str, Data] = {name: {} for name in PARENTS}
    for path, (name, value) in writers.items():
        put(parts[name], path, value)
    return parts


@given(WRITERS, st.booleans())
def test_parents_that_do_not_disagree_can_stand_in_any_order(
    writers: dict[Leaf, tuple[str, object]], has_base: bool
) -> None:
    parts = parts_of(writers)
    others = {name: text_of(part, ["base.yaml"] if has_base else None) for name, part in parts.items()}
    others["base.yaml"] = text_of(BASE if has_base else {})
    first, *rest = (resolve_text(text_of({}, list(order)), others).data("vars") for order in permutations(PARENTS))
    assert all(other == first for other in rest)


@given(st.sampled_from(PATHS), VALUES, VALUES, VALUES)
def test_a_disagreement_is_one_in_any_order(path: Leaf, one: object, two: object, own: object) -> None:
    parts: dict[str, Data] = {"x.yaml": {}, "y.yaml": {}}
    put(parts["x.yaml"], path, one)
    put(parts["y.yaml"], path, two)
    others = {name: text_of(part) for name, part in parts.items()}
    slugs = [resolve_text(text_of({}, list(order)), others).slugs for order in permutations(parts)]
    same = repr(one) == repr(two)
    assert slugs == [[] if same else ["siblings-disagree"]] * 2
    settled: Data = {}
    put(settled, path, own)
    assert resolve_text(text_of(settled, list(parts)), others).slugs == []
