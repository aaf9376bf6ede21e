"""The patch of a generated request schema: an RFC 7396 merge patch whose every entry says what it rests on.

    properties:
      mem_limit: {x-quantity: memory, x-patch-source: "submitjob.md: the table states no unit"}
      cmd_line_type: {x-added: true, type: string, x-patch-source: "submitjob.md:58, the example's body"}
    anyOf: [{required: [cmd_line]}, {required: [input_file]}]
    x-patch-source: {anyOf: "submitjob.md:10, the introduction"}

An entry is a property, or any other keyword of the schema itself. A property that the table lacks says
`x-added: true`, so that a misspelt one is not taken for an addition.
"""

from collections.abc import Iterator
from copy import deepcopy
from posixpath import basename
from typing import Any

from specc.diagnostics import Diagnostic, codes, did_you_mean
from specc.nodes import Mapping, Node, Scalar, kind_of, to_data
from specc.schema import JsonObject
from specc.schema.annotations import ADDED, ENDPOINT, FILLED_BY, METHOD, PATCH_SOURCE, QUANTITY, SHELL, SOURCE
from specc.schemagen.patched import faults_of

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


def apply_patch(schema: JsonObject, patch: Node, found: list[Diagnostic]) -> tuple[JsonObject, list[Diagnostic]]:
    """The patched schema with all findings. An entry that is wrong is reported and left out."""
    if not isinstance(patch, Mapping):
        message = f"the patch is {kind_of(patch)}, not a mapping"
        return schema, [*found, codes.BAD_PATCH.at(patch.span, message)]
    faults: list[Diagnostic] = []
    usable: JsonObject = {}
    for key, node in patch.items():
        name = str(key.value)
        if name == "properties" and isinstance(node, Mapping):
            usable[name] = _properties(schema, node, faults)
        elif (fault := _root_fault(patch, key, node)) is not None:
            faults.append(fault)
        else:
            usable[name] = to_data(node)
    patched = merge_patch(schema, usable)
    faults.extend(faults_of(patched, patch))
    return (schema if faults else patched), [*found, *faults]


def merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7396, without changing either."""
    if not isinstance(patch, dict):
        return deepcopy(patch)
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def _root_fault(patch: Mapping, key: Scalar, node: Node) -> Diagnostic | None:
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
    help = f"write `{PATCH_SOURCE}: {{{name}: ...}}` beside it, with the page and line that it rests on"
    return codes.BAD_PATCH.at(key.span, f"`{name}` does not name its source", help=help)


def _is_text(node: Node | None) -> bool:
    return isinstance(node, Scalar) and isinstance(node.value, str) and bool(node.value.strip())


def _properties(schema: JsonObject, patch: Mapping, faults: list[Diagnostic]) -> JsonObject:
    rows = schema["properties"]
    usable: JsonObject = {}
    for key, node in patch.items():
        name = str(key.value)
        wrong = list(_property_faults(name, key, node, rows))
        faults.extend(wrong)
        if not wrong:
            usable[name] = to_data(node)
            if name not in rows:
                usable[name][SOURCE] = f"{basename(key.span.source.path)}:{key.span.first.line}"
    return usable


def _property_faults(name: str, key: Scalar, node: Node, rows: JsonObject) -> Iterator[Diagnostic]:
    if not isinstance(node, Mapping):
        message = f"the entry of `{name}` is {kind_of(node)}, not a mapping with its source"
        yield codes.BAD_PATCH.at(node.span, message, help=f"write `{name}: {{..., {PATCH_SOURCE}: ...}}`")
        return
    for keyword in node.keys.values():
        if keyword.value not in KEYWORDS:
            help = did_you_mean(str(keyword.value), KEYWORDS, "keywords")
            yield codes.BAD_PATCH.at(keyword.span, f"a patch cannot set `{keyword.value}` of a property", help=help)
    if not _is_text(node.get(PATCH_SOURCE)):
        help = f"add `{PATCH_SOURCE}: ...` with the page and line that it rests on"
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
