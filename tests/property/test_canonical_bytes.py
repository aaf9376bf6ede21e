"""The bytes of a payload are those that rfc8785 writes, and it has the say about what cannot be written."""

from unittest.mock import patch

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from support.laws import law
from support.tables import each

from specc.lowering import MAX_INTEGER, canonical_bytes

TEXTS = st.text() | st.text(
    st.sampled_from('\x00\x08\t\n\x0c\r\x1f"\\/<>&\x7f\x80\u2028\ud7ff\ue000\uffff𝕏中'), max_size=6
)
NUMBERS = st.integers(-MAX_INTEGER, MAX_INTEGER) | st.sampled_from([-MAX_INTEGER, MAX_INTEGER]) | st.floats(width=32)
DATA = st.recursive(
    st.none() | st.booleans() | TEXTS | NUMBERS.filter(lambda number: abs(number) < float("inf")),
    lambda parts: st.lists(parts, max_size=4) | st.dictionaries(TEXTS, parts, max_size=4),
    max_leaves=20,
)


@given(DATA)
@law(100)
def test_the_bytes_are_those_of_rfc8785(data: object) -> None:
    assert canonical_bytes(data) == rfc8785.dumps(data)


@given(st.dictionaries(st.text(st.characters(max_codepoint=127), max_size=4), TEXTS | st.integers(-9, 9)))
@law(100)
def test_the_usual_payload_needs_no_rfc8785(data: object) -> None:
    expected = rfc8785.dumps(data)
    with patch("rfc8785.dumps", side_effect=AssertionError):
        assert canonical_bytes(data) == expected


@each("data", [2**53, -(2**53), float("inf"), "\ud800", ["a", {"b": 2**60}]])
def test_what_json_cannot_hold_is_refused(data: object) -> None:
    with pytest.raises(rfc8785.CanonicalizationError):
        canonical_bytes(data)


@each("data", [1.0, 1e21, {"é": 1}, {"\ue000": 1, "𝕏": 2}, ["a", {"b": -0.0}], ("a", True), {}, []])
def test_what_is_not_usual(data: object) -> None:
    assert canonical_bytes(data) == rfc8785.dumps(data)


def test_a_key_must_be_a_text() -> None:
    with pytest.raises(rfc8785.CanonicalizationError):
        canonical_bytes({1: 1})
