"""A fast yes to data that a JSON Schema accepts. jsonschema judges all other data."""

import re
from collections.abc import Callable, Iterable
from functools import reduce
from operator import ge, gt, le, lt
from typing import Any

Test = Callable[[Any], bool]
Keyword = Callable[[Any], Test]
"""Makes a test of the value of a keyword."""

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ANNOTATIONS = frozenset({"$comment", "title", "description", "default", "examples", "deprecated", "format"})
"""Keywords that judge nothing, as do all that begin with `x-`."""

MEMBERS = frozenset({"properties", "additionalProperties"})


def acceptor(schema: Any) -> Test:
    """Return a test that says yes only to JSON data that the schema accepts, and to all of it if all keywords are
    known.

    A keyword that is not known says no. That is safe, because no known keyword makes a yes of a no, as `not` would.
    """
    if isinstance(schema, bool):
        return _always if schema else _never
    if schema.get("$schema", DIALECT) != DIALECT:
        return _never
    judging = [key for key in schema if judges(key)]
    tests = [KEYWORDS[key](schema[key]) if key in KEYWORDS else _never for key in judging if key not in MEMBERS]
    if MEMBERS & schema.keys():
        tests.append(_members(schema.get("properties", {}), schema.get("additionalProperties", True)))
    return _all_of(tests)


def judges(keyword: str) -> bool:
    """Return whether a keyword can make data wrong."""
    return keyword not in ANNOTATIONS and keyword != "$schema" and not keyword.startswith("x-")


def _always(_: Any) -> bool:
    return True


def _never(_: Any) -> bool:
    return False


def _both(first: Test, second: Test) -> Test:
    return lambda data: first(data) and second(data)


def _either(first: Test, second: Test) -> Test:
    return lambda data: first(data) or second(data)


def _all_of(tests: list[Test]) -> Test:
    return reduce(_both, tests) if tests else _always


def _any_of(tests: list[Test]) -> Test:
    return reduce(_either, tests) if tests else _never


def _members(properties: dict[str, Any], others: Any) -> Test:
    """Return a test of all members of an object, in one walk."""
    named = {name: acceptor(schema) for name, schema in properties.items()}
    other = acceptor(others)

    def accepts(data: object) -> bool:
        if isinstance(data, dict):
            for name, part in data.items():
                test = named.get(name, other)
                if not test(part):
                    return False
        return True

    return accepts


def _required(names: Iterable[str]) -> Test:
    wanted = frozenset(names)
    return lambda data: not isinstance(data, dict) or data.keys() >= wanted


def _items(schema: Any) -> Test:
    test = acceptor(schema)
    return lambda data: not isinstance(data, list) or all(map(test, data))


def _type(names: str | list[str]) -> Test:
    return _any_of([TYPES.get(name, _never) for name in ([names] if isinstance(names, str) else names)])


def _enum(values: list[Any]) -> Test:
    """Return a test for these values. In Python True is 1, in JSON it is not.

    Lists and mappings are left to jsonschema.
    """
    allowed = frozenset((isinstance(value, bool), value) for value in values if not isinstance(value, list | dict))
    return lambda data: not isinstance(data, list | dict) and (isinstance(data, bool), data) in allowed


def _pattern(pattern: str) -> Test:
    try:
        search = re.compile(pattern).search
    except re.error:
        return _never
    return lambda data: not isinstance(data, str) or search(data) is not None


def _bound(is_beyond: Callable[[Any, Any], bool]) -> Keyword:
    return lambda bound: lambda data: not (_is_number(data) and is_beyond(data, bound))


def _size(kind: type[str] | type[list[Any]], is_beyond: Callable[[Any, Any], bool]) -> Keyword:
    return lambda bound: lambda data: not (isinstance(data, kind) and is_beyond(len(data), bound))


def _is_number(data: object) -> bool:
    return isinstance(data, int | float) and not isinstance(data, bool)


def _is_integer(data: object) -> bool:
    """Return whether data is an integer of JSON Schema, as 4.0 is."""
    return type(data) is int or (isinstance(data, float) and data.is_integer())


TYPES: dict[str, Test] = {
    "string": lambda data: isinstance(data, str),
    "integer": _is_integer,
    "number": _is_number,
    "boolean": lambda data: isinstance(data, bool),
    "array": lambda data: isinstance(data, list),
    "object": lambda data: isinstance(data, dict),
    "null": lambda data: data is None,
}

KEYWORDS: dict[str, Keyword] = {
    "type": _type,
    "enum": _enum,
    "const": lambda value: _enum([value]),
    "required": _required,
    "items": _items,
    "anyOf": lambda schemas: _any_of([acceptor(schema) for schema in schemas]),
    "allOf": lambda schemas: _all_of([acceptor(schema) for schema in schemas]),
    "pattern": _pattern,
    "minimum": _bound(lt),
    "maximum": _bound(gt),
    "exclusiveMinimum": _bound(le),
    "exclusiveMaximum": _bound(ge),
    "minLength": _size(str, lt),
    "maxLength": _size(str, gt),
    "minItems": _size(list, lt),
    "maxItems": _size(list, gt),
}
