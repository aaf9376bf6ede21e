"""The fast yes is jsonschema's yes: to the APIs' payloads, and to schemas made of all keywords that it knows."""

import math
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from support.laws import law

from specc.project import Apis
from specc.schema.acceptor import ANNOTATIONS, DIALECT, KEYWORDS, MEMBERS, TYPES, acceptor

APIS = Apis()

NUMBERS = st.sampled_from([0, 1, -1, 4, 0.0, -0.0, 1.0, 4.0, 1.5, 2**53, 2**53 + 1, 2.0**53, 10**400, -(10**30), 1e308])
ODD_NUMBERS = st.sampled_from([math.nan, math.inf, -math.inf])
TEXTS = st.sampled_from(["", "a", "ab", "abc", "a\n", "b", "é", "e\u0301", "😀", "1", "null", "\x00"]) | st.text(
    max_size=3
)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS | st.integers() | st.floats()
NAMES = st.sampled_from(["a", "b", "c", "", "é"])
DATA = st.recursive(
    SCALARS, lambda part: st.lists(part, max_size=4) | st.dictionaries(NAMES, part, max_size=4), max_leaves=12
)

SIZES = st.integers(0, 4) | st.sampled_from([1.0, 2.0])
PATTERNS = st.sampled_from(["", "a", "^a", "a$", "^a$", "^.$", r"\Aab?\Z", r"^\w+$", "[é-😀]", "(?i)A", "(?:^|b)$"])
BOUNDS = NUMBERS.filter(lambda number: number == number)


def schemas_of(part: st.SearchStrategy) -> st.SearchStrategy:
    """Any choice of the known keywords, and of those that say nothing."""
    types = st.sampled_from(sorted(TYPES))
    known = {
        "type": types | st.lists(types, min_size=1, max_size=3, unique=True),
        "enum": st.lists(SCALARS, max_size=4),
        "const": SCALARS,
        "required": st.lists(NAMES, max_size=3),
        "items": part,
        "anyOf": st.lists(part, min_size=1, max_size=3),
        "allOf": st.lists(part, min_size=1, max_size=3),
        "pattern": PATTERNS,
        **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), BOUNDS),
        **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), SIZES),
        "properties": st.dictionaries(NAMES, part, max_size=3),
        "additionalProperties": part,
    }
    assert known.keys() == KEYWORDS.keys() | MEMBERS
    silent = st.dictionaries(st.sampled_from([*sorted(ANNOTATIONS), "x-type"]), TEXTS, max_size=1)
    few = st.lists(st.sampled_from(sorted(known)), max_size=3, unique=True)
    judging = few.flatmap(lambda keys: st.fixed_dictionaries({key: known[key] for key in keys}))
    return st.builds(lambda left, right: {**left, **right}, judging, silent)


SCHEMAS = st.recursive(st.booleans() | schemas_of(st.booleans()), schemas_of, max_leaves=6)
UNKNOWN = st.sampled_from(
    [
        {"not": {"type": "string"}},
        {"oneOf": [True, {"minimum": 1}]},
        {"uniqueItems": True},
        {"multipleOf": 2},
        {"$ref": "#/$defs/a", "$defs": {"a": {"type": "integer"}}},
        {"patternProperties": {"^a": {"type": "integer"}}, "additionalProperties": False},
        {"prefixItems": [{"type": "null"}], "items": False},
        {"contains": {"type": "null"}},
        {"propertyNames": {"maxLength": 1}},
        {"if": {"type": "string"}, "then": {"minLength": 2}},
        {"dependentRequired": {"a": ["b"]}},
        {"minProperties": 1},
        {"unevaluatedProperties": False},
        {"$schema": "http://json-schema.org/draft-03/schema#", "disallow": ["string"]},
    ]
)


@law(100)
@given(st.data())
@pytest.mark.parametrize("name", APIS)
def test_payloads_of_an_api(name: str, data: st.DataObject) -> None:
    schema = APIS[name].payload
    types = {"string": TEXTS, "integer": NUMBERS | st.integers(0, 1) | st.booleans()}
    usual = {key: types[body["type"]] for key, body in schema["properties"].items()}
    needed = {key: usual.pop(key) for key in schema["required"]}
    body = data.draw(st.fixed_dictionaries(needed, optional=usual))
    broken = data.draw(st.dictionaries(st.sampled_from([*usual, *needed, "timestamp", "junk"]), DATA, max_size=2))
    lost = data.draw(st.sets(st.sampled_from([*needed, "cmd_line"]), max_size=1))
    instance = {key: value for key, value in {**body, **broken}.items() if key not in lost}
    assert APIS[name].accepts(instance) == Draft202012Validator(schema).is_valid(instance)


LIMITED = {
    "type": "object",
    "required": ["a"],
    "properties": {
        "a": {"type": "integer", "minimum": 1, "maximum": 4},
        "b": {"enum": ["x", 1, None], "description": "one of three"},
        "c": {"type": "array", "items": {"type": "string", "enum": ["x"]}, "maxItems": 2},
        "d": {"type": ["string", "null"], "pattern": "^x"},
        "e": {"type": "number"},
    },
    "additionalProperties": False,
}


@law(150)
@given(st.dictionaries(st.sampled_from("abcdef"), DATA | TEXTS | NUMBERS, max_size=6))
@pytest.mark.parametrize("judges_more", [False, True])
def test_errors_of_values_are_those_of_jsonschema(judges_more: bool, known: dict[str, object]) -> None:
    payload = {**LIMITED, "maxProperties": 3} if judges_more else LIMITED
    schema = replace(APIS["ehpc/v1"], payload=payload)
    errors = Draft202012Validator(payload).iter_errors(known)
    judged = {
        (tuple(error.absolute_path), error.validator, repr(error.validator_value))
        for error in errors
        if error.absolute_path
    }
    found = [(error.path, error.keyword, repr(error.wanted)) for error in schema.errors_of_values(known)]
    assert set(found) == judged
    assert len(found) == len(judged)


@law(50)
@given(data=DATA)
@pytest.mark.parametrize("name", APIS)
@pytest.mark.parametrize("side", ["request", "response", "payload"])
def test_anything_whatever_as_a_message_of_an_api(name: str, side: str, data: object) -> None:
    schema = getattr(APIS[name], side)
    assert acceptor(schema)(data) == Draft202012Validator(schema).is_valid(data)


@law(100)
@given(SCHEMAS, st.lists(DATA | ODD_NUMBERS, min_size=1, max_size=6))
@example({"enum": [1, False, 0.5, None, "1"]}, [True, 1, 1.0, 0, False, -0.5, None, "1", [], {}, math.nan])
@example({"type": "integer"}, [True, 1.0, 1.5, 1e300, math.nan, math.inf, 10**400, "1"])
@example({"type": "number"}, [True, 1, 1.5, "1"])
@example({"minimum": 1, "exclusiveMaximum": 4}, [True, False, 0, 1, 4, 3.9, math.nan, math.inf, "", 10**400, None])
@example({"pattern": "^a$", "maxLength": 1}, ["a", "a\n", "ba", "😀", 1])
@example({"additionalProperties": {"type": "string"}}, [{"a": 1}, {"a": ""}, [], {}])
def test_schemas_of_known_keywords(schema: object, several: list[object]) -> None:
    accepts, validator = acceptor(schema), Draft202012Validator(schema)
    assert [accepts(data) for data in several] == [validator.is_valid(data) for data in several]


@law(100)
@given(SCHEMAS.filter(lambda schema: isinstance(schema, dict)), UNKNOWN, DATA)
def test_an_unknown_keyword_makes_no_yes(schema: dict[str, object], unknown: dict[str, object], data: object) -> None:
    """Neither beside known ones nor deep in them."""
    mixed = {**schema, **unknown}
    for outer in (mixed, {"anyOf": [mixed, False]}, {"items": mixed}, {"properties": {"a": mixed}}):
        instance = {"items": [data], "properties": {"a": data}}.get(next(iter(outer)), data)
        assert not acceptor(outer)(instance) or Draft202012Validator(outer).is_valid(instance)


def test_what_is_left_to_jsonschema() -> None:
    assert not acceptor({"enum": [[1]]})([1])
    assert not acceptor({"pattern": "("})("a")
    assert not acceptor({"type": "any"})(1)
    assert not acceptor({"$schema": "http://json-schema.org/draft-07/schema#"})(1)
    assert acceptor({"$schema": DIALECT})(1)
