"""What is wrong with a schema once it is patched, found at the patch entry that made it so."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from jsonschema import Draft202012Validator

from specc.diagnostics import Diagnostic, codes, did_you_mean
from specc.nodes import Mapping, Node, Sequence
from specc.schema import JsonObject
from specc.schema.annotations import ENDPOINT, FILLED_BY, METHOD, QUANTITY, SHELL, TRANSPORT
from specc.source import Span
from specc.wording import one_line

META = Draft202012Validator(Draft202012Validator.META_SCHEMA)

ANNOTATIONS: dict[str, tuple[object, ...]] = {
    QUANTITY: ("memory", "duration"),
    SHELL: (True,),
    FILLED_BY: (TRANSPORT,),
}
CARRIERS = {QUANTITY: "integer", SHELL: "string"}
"""The type that a field with an annotation must have."""


def faults_of(schema: JsonObject, patch: Mapping) -> Iterator[Diagnostic]:
    """Checks the whole schema against its meta-schema, and each patched property against itself."""
    broken = {tuple(error.absolute_path): error.message for error in META.iter_errors(schema)}
    for broken_at, why in broken.items():
        yield codes.BAD_PATCH.at(span_at(patch, broken_at), f"that is no JSON Schema: {one_line(why)}")
    if broken:
        return
    for name in (METHOD, ENDPOINT):
        if not isinstance(schema.get(name, ""), str):
            yield codes.BAD_PATCH.at(span_at(patch, (name,)), f"`{name}` must be a text")
    yield from _unknown_fields(schema, patch)
    entries = patch.get("properties")
    for field in entries.entries if isinstance(entries, Mapping) else []:
        body = schema["properties"].get(field)
        if isinstance(body, dict):
            yield from _annotation_faults(field, body, patch)
            yield from _value_faults(field, body, patch)


def span_at(patch: Mapping, path: Iterable[str | int]) -> Span:
    """The span of the deepest node of the patch on the way."""
    node: Node = patch
    for part in path:
        child: Node | None = None
        if isinstance(node, Mapping):
            child = node.get(str(part))
        elif isinstance(node, Sequence) and isinstance(part, int) and part < len(node.items):
            child = node.items[part]
        if child is None:
            break
        node = child
    return node.span


def _unknown_fields(schema: JsonObject, patch: Mapping) -> Iterator[Diagnostic]:
    """`required` and `anyOf` name fields, and `anyOf` says nothing but which fields are needed."""
    known = schema["properties"]
    wanted: list[tuple[tuple[str | int, ...], object]] = []
    if patch.get("required") is not None:
        wanted += [(("required", index), name) for index, name in enumerate(schema.get("required", ()))]
    for index, branch in enumerate(schema.get("anyOf", ())):
        is_plain = isinstance(branch, dict) and branch.keys() == {"required"}
        named: list[str] = branch["required"] if is_plain else []
        if len(named) == 1:
            wanted.append((("anyOf", index, "required", 0), named[0]))
        else:
            help = "write `anyOf: [{required: [first]}, {required: [second]}]`"
            message = "a branch of `anyOf` must require one field and say nothing else"
            yield codes.BAD_PATCH.at(span_at(patch, ("anyOf", index)), message, help=help)
    for path, name in wanted:
        if name not in known:
            near = did_you_mean(str(name), known, "fields")
            yield codes.BAD_PATCH.at(span_at(patch, path), f"there is no field `{name}`", help=near)


def _annotation_faults(name: str, body: JsonObject, patch: Mapping) -> Iterator[Diagnostic]:
    for key, allowed in ANNOTATIONS.items():
        where = span_at(patch, ("properties", name, key))
        if key not in body:
            continue
        if not any(body[key] is value or (isinstance(value, str) and body[key] == value) for value in allowed):
            wanted = " or ".join(f"`{str(value).lower()}`" for value in allowed)
            yield codes.BAD_PATCH.at(where, f"`{key}` must be {wanted}")
        elif key in CARRIERS and body.get("type") != CARRIERS[key]:
            yield codes.BAD_PATCH.at(where, f"`{key}` is for a field of type {CARRIERS[key]}, which `{name}` is not")


def _value_faults(name: str, body: JsonObject, patch: Mapping) -> Iterator[Diagnostic]:
    if "pattern" in body:
        try:
            re.compile(body["pattern"])
        except re.error as problem:
            where = span_at(patch, ("properties", name, "pattern"))
            yield codes.BAD_PATCH.at(where, f"`pattern` is no regular expression: {problem}")
            return
    if not isinstance(body.get("type", ""), str):
        where = span_at(patch, ("properties", name, "type"))
        yield codes.BAD_PATCH.at(where, f"`{name}` has several types, expected one")
    values: list[tuple[tuple[str | int, ...], Any]] = [(("enum", i), v) for i, v in enumerate(body.get("enum", ()))]
    values += [(("examples", i), v) for i, v in enumerate(body.get("examples", ()))]
    if "default" in body:
        values.append((("default",), body["default"]))
    validator = Draft202012Validator(body)
    for path, value in values:
        for error in validator.iter_errors(value):
            where = span_at(patch, ("properties", name, *path))
            yield codes.BAD_PATCH.at(where, f"`{path[0]}` of `{name}` does not fit: {one_line(error.message)}")
