"""From the generated files of an API version to its `ApiSchema`."""

import json
from typing import Any

from specc.errors import SpeccError
from specc.nodes import Layer, LayerKind, Mapping, Node, Scalar
from specc.parser import parse_tree
from specc.schema.annotations import (
    ACTION,
    ENDPOINT,
    FILLED_BY,
    METHOD,
    QUANTITY,
    SHELL,
    SOURCE,
    TRANSPORT,
)
from specc.schema.api import ApiSchema, Field, JsonObject
from specc.source import Source


def read_schema(name: str, request: Source, response: Source, patch: Source) -> ApiSchema:
    """The API version `name` from its generated schemas; `patch` is read for the places of its defaults.

    The three are specc's own files, so one that cannot be read is a broken installation: `SpeccError`.
    """
    schema = _object(request)
    required = frozenset(schema.get("required", ()))
    fields = {key: _field(key, body, key in required) for key, body in schema.get("properties", {}).items()}
    return ApiSchema(
        name,
        fields,
        request=schema,
        response=_object(response),
        payload=_payload(schema, {field.name for field in fields.values() if field.filled_by_transport}),
        needed=_needed(schema),
        defaults=_defaults(patch, Layer(LayerKind.API, name)),
        endpoint=schema.get(ENDPOINT),
        action=schema.get(ACTION),
        method=schema.get(METHOD),
    )


def _object(source: Source) -> JsonObject:
    try:
        data: Any = json.loads(source.text)
    except ValueError as error:
        raise _broken(source, f"it is not JSON: {error}") from error
    if not isinstance(data, dict):
        raise _broken(source, "it is not a JSON object")
    return data


def _broken(source: Source, why: str) -> SpeccError:
    help = "run `specc schema check`, or install specc again"
    return SpeccError(f"{source.path} is no generated schema: {why}", help=help)


def _field(name: str, body: JsonObject, required: bool) -> Field:
    return Field(
        name,
        body.get("type", "any"),
        required,
        description=body.get("description", ""),
        source=body.get(SOURCE, ""),
        quantity=body.get(QUANTITY),
        shell=body.get(SHELL, False),
        filled_by_transport=body.get(FILLED_BY) == TRANSPORT,
        allowed=tuple(body.get("enum", ())),
    )


def _payload(schema: JsonObject, transported: set[str]) -> JsonObject:
    properties = {key: body for key, body in schema.get("properties", {}).items() if key not in transported}
    required = [key for key in schema.get("required", ()) if key not in transported]
    return {**schema, "properties": properties, "required": required}


def _needed(schema: JsonObject) -> tuple[tuple[str, ...], ...]:
    """The root's `anyOf`, whose branches each require fields; it is the only form that a patch can give it."""
    group = tuple(key for branch in schema.get("anyOf", ()) for key in branch.get("required", ()))
    return (group,) if group else ()


def _defaults(patch: Source, layer: Layer) -> Mapping:
    """Each `default` of the patch under its field's name, at its place. A null takes a default away."""
    root, found = parse_tree(patch, layer)
    if any(finding.is_error for finding in found):
        raise SpeccError(f"{patch.path} cannot be read: {found[0].message}", help="run `specc schema check`")
    properties = root.get("properties") if isinstance(root, Mapping) else None
    entries: dict[str, Node] = {}
    keys: dict[str, Scalar] = {}
    if isinstance(properties, Mapping):
        for key, entry in properties.items():
            default = entry.get("default") if isinstance(entry, Mapping) else None
            if isinstance(default, Scalar) and default.value is not None:
                entries[str(key.value)], keys[str(key.value)] = default, key
    span = properties.span if properties is not None else patch.span()
    return Mapping(entries, keys, span, layer)
