"""The patch of a generated request schema: an RFC 7396 merge patch whose every entry names its source.

    properties:
      mem_limit: {x-quantity: memory, x-patch-source: "submitjob.md: the table states no unit"}
      cmd_line_type: {x-added: true, type: string, x-patch-source: "submitjob.md:58, the example's body"}
    anyOf: [{required: [cmd_line]}, {required: [input_file]}]
    x-patch-source: {anyOf: "submitjob.md:10, the introduction"}

An entry is a property, or any other keyword of the schema itself. A property that the table lacks says
`x-added: true`, so that a misspelt name is not taken for an addition.

The patched schema is checked as a whole, and its mistakes are reported at the entries of the patch that made them.
"""

import re
from collections.abc import Iterable, Iterator
from copy import deepcopy
from posixpath import basename
from typing import Any

from jsonschema import Draft202012Validator

from specc.diagnostics import Diagnostic, codes, did_you_mean
from specc.nodes import Mapping, Node, Scalar, Sequence, kind_of, to_data
from specc.schema import JsonObject
from specc.schema.api import (
    ADDED,
    ENDPOINT,
    FILLED_BY,
    METHOD,
    PATCH_SOURCE,
    QUANTITY,
    SHELL,
    SOURCE,
    TRANSPORT,
)
from specc.source import Span
from specc.wording import one_line

ROOT_KEYWORDS = ("properties", "required", "anyOf", "title", "description", ENDPOINT, METHOD, PATCH_SOURCE)
KEYWORDS = (
    "type",
    "title",
    "description",
    "default",
    "enum",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "items",
    "examples",
    ADDED,
    FILLED_BY,
    QUANTITY,
    SHELL,
    PATCH_SOURCE,
)
META = Draft202012Validator(Draft202012Validator.META_SCHEMA)
ANNOTATIONS: dict[str, tuple[object, ...]] = {
    QUANTITY: ("memory", "duration"),
    SHELL: (True,),
    FILLED_BY: (TRANSPORT,),
}
CARRIERS = {QUANTITY: "integer", SHELL: "string"}
"""The type that a field with an annotation must have."""


def apply_patch(schema: JsonObject, patch: Node, found: list[Diagnostic]) -> tuple[JsonObject, list[Diagnostic]]:
    """Return the patched schema with all diagnostics. A wrong entry is reported and left out."""
    if not isinstance(patch, Mapping):
        message = f"the patch is {kind_of(patch)}, not a mapping"
        return schema, [*found, codes.BAD_PATCH.at(patch.span, message)]
    wrong: list[Diagnostic] = []
    usable: JsonObject = {}
    for key, node in patch.items():
        name = str(key.value)
        if name == "properties" and isinstance(node, Mapping):
            usable[name] = _properties(schema, node, wrong)
        elif (mistake := _root_diagnostic(patch, key, node)) is not None:
            wrong.append(mistake)
        else:
            usable[name] = to_data(node)
    patched = merge_patch(schema, usable)
    wrong.extend(_patched_diagnostics(patched, patch))
    return (schema if wrong else patched), [*found, *wrong]


def merge_patch(target: Any, patch: Any) -> Any:
    """Return `target` with `patch` merged over it as RFC 7396 says. Neither is changed."""
    if not isinstance(patch, dict):
        return deepcopy(patch)
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def _root_diagnostic(patch: Mapping, key: Scalar, node: Node) -> Diagnostic | None:
    name = str(key.value)
    if name not in ROOT_KEYWORDS:
        help = did_you_mean(name, ROOT_KEYWORDS, "keywords")
        return codes.BAD_PATCH.at(key.span, f"a patch cannot set `{name}`", help=help)
    if name in ("properties", PATCH_SOURCE):
        if isinstance(node, Mapping):
            return None
        return codes.BAD_PATCH.at(node.span, f"`{name}` is {kind_of(node)}, not a mapping")
    sources = patch.get(PATCH_SOURCE)
    if isinstance(sources, Mapping) and _is_text(sources.get(name)):
        return None
    help = f"write `{PATCH_SOURCE}: {{{name}: ...}}` beside it, with the page and line of its source"
    return codes.BAD_PATCH.at(key.span, f"`{name}` does not name its source", help=help)


def _is_text(node: Node | None) -> bool:
    return isinstance(node, Scalar) and isinstance(node.value, str) and bool(node.value.strip())


def _properties(schema: JsonObject, patch: Mapping, wrong: list[Diagnostic]) -> JsonObject:
    rows = schema["properties"]
    usable: JsonObject = {}
    for key, node in patch.items():
        name = str(key.value)
        mistakes = list(_property_diagnostics(name, key, node, rows))
        wrong.extend(mistakes)
        if not mistakes:
            usable[name] = to_data(node)
            if name not in rows:
                usable[name][SOURCE] = f"{basename(key.span.source.path)}:{key.span.first.line}"
    return usable


def _property_diagnostics(name: str, key: Scalar, node: Node, rows: JsonObject) -> Iterator[Diagnostic]:
    if not isinstance(node, Mapping):
        message = f"the entry of `{name}` is {kind_of(node)}, not a mapping with its source"
        yield codes.BAD_PATCH.at(node.span, message, help=f"write `{name}: {{..., {PATCH_SOURCE}: ...}}`")
        return
    for keyword in node.keys.values():
        if keyword.value not in KEYWORDS:
            help = did_you_mean(str(keyword.value), KEYWORDS, "keywords")
            yield codes.BAD_PATCH.at(keyword.span, f"a patch cannot set `{keyword.value}` of a property", help=help)
    if not _is_text(node.get(PATCH_SOURCE)):
        help = f"add `{PATCH_SOURCE}: ...` with the page and line of its source"
        yield codes.BAD_PATCH.at(key.span, f"the entry of `{name}` does not name its source", help=help)
    added = node.get(ADDED)
    if added is None and name not in rows:
        near = did_you_mean(name, rows, "rows") or "the table has no rows"
        help = f"{near}; a field that no table lists says `{ADDED}: true`"
        yield codes.BAD_PATCH.at(key.span, f"the table has no row `{name}`", help=help)
    if added is not None and (to_data(added) is not True or name in rows):
        why = f"but the table has the row `{name}`" if name in rows else f"but is {kind_of(added)}"
        yield codes.BAD_PATCH.at(added.span, f"`{ADDED}: true` is for a field that no table lists, {why}")
    if added is not None and node.get("type") is None:
        yield codes.BAD_PATCH.at(key.span, f"the added field `{name}` has no type", help="write `type: string`")


def _patched_diagnostics(schema: JsonObject, patch: Mapping) -> Iterator[Diagnostic]:
    """Yield what is wrong with the whole schema by its meta-schema, and with the values of each patched property."""
    broken = {tuple(error.absolute_path): error.message for error in META.iter_errors(schema)}
    for broken_at, why in broken.items():
        yield codes.BAD_PATCH.at(span_at(patch, broken_at), f"the patched schema is not JSON Schema: {one_line(why)}")
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
            yield from _annotation_diagnostics(field, body, patch)
            yield from _value_diagnostics(field, body, patch)


def span_at(patch: Mapping, path: Iterable[str | int]) -> Span:
    """Return the span of the deepest node of the patch on a path."""
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
    """Yield names of `required` and `anyOf` that are not fields, and branches of `anyOf` with anything else."""
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


def _annotation_diagnostics(name: str, body: JsonObject, patch: Mapping) -> Iterator[Diagnostic]:
    for key, allowed in ANNOTATIONS.items():
        where = span_at(patch, ("properties", name, key))
        if key not in body:
            continue
        if not any(body[key] is value or (isinstance(value, str) and body[key] == value) for value in allowed):
            wanted = " or ".join(f"`{str(value).lower()}`" for value in allowed)
            yield codes.BAD_PATCH.at(where, f"`{key}` must be {wanted}")
        elif key in CARRIERS and body.get("type") != CARRIERS[key]:
            yield codes.BAD_PATCH.at(where, f"`{key}` is for a field of type {CARRIERS[key]}, which `{name}` is not")


def _value_diagnostics(name: str, body: JsonObject, patch: Mapping) -> Iterator[Diagnostic]:
    if "pattern" in body:
        try:
            re.compile(body["pattern"])
        except re.error as problem:
            where = span_at(patch, ("properties", name, "pattern"))
            yield codes.BAD_PATCH.at(where, f"`pattern` is not a regular expression: {problem}")
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
