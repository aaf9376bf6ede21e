"""One version of an API call as frozen data, and how it is read from its generated files."""

import json
from collections.abc import Mapping as Map
from collections.abc import Set
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.nodes import Layer, LayerKind, Mapping, Node, Scalar
from specc.parser import parse_tree
from specc.schema.acceptor import Test, acceptor, judges
from specc.settings import FieldType, Quantity
from specc.source import Source

SOURCE = "x-source"
"""The line that the property comes from, as `file:line`: its row in the table, or the patch entry that adds it."""

PATCH_SOURCE = "x-patch-source"
"""The source of a patch entry. On the schema itself: a mapping from each patched keyword to its source."""

ADDED = "x-added"
"""`true` on a property that the patch adds, because no table lists it."""

QUANTITY = "x-quantity"
"""`memory` or `duration`: the field measures something, in a unit that the API does not state."""

SHELL = "x-shell"
"""`true` on a field that a shell runs."""

FILLED_BY = "x-filled-by"
"""`transport` on a field that is filled in when the payload is sent; specs and payloads do not have it."""

TRANSPORT = "transport"

# On the schema itself, each left out when the page does not say it.

ACTION = "x-action"
"""The call's path below the endpoint: `job/submitJob`."""

METHOD = "x-method"
"""The HTTP method."""

ENDPOINT = "x-endpoint"
"""The URL that the page's example starts with, up to `/api`."""


if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

JsonObject = dict[str, Any]


class FieldError(NamedTuple):
    """Why the value of a field is wrong: `keyword` of the schema wants something else at `path` in the payload."""

    path: tuple[str | int, ...]
    keyword: str
    wanted: Any
    message: str


PLAIN = frozenset({"type", "enum", "minimum", "maximum"})
"""Keywords of a field whose errors need no jsonschema, because its messages are not shown."""

BY_FIELD = frozenset({"type", "properties", "required", "anyOf", "additionalProperties"})
"""The keywords of a payload that say of its fields which there are, and of each what it may be."""


@dataclass(frozen=True, eq=False)
class Field:
    """One parameter of the call. `type` is its JSON type, or "any" when the table has no types.

    `source` is the line that the field comes from (`submitjob.md:26`). `allowed` are its only values, unless empty.
    """

    name: str
    type: str
    required: bool
    description: str
    source: str
    quantity: Quantity | None
    shell: bool
    filled_by_transport: bool
    allowed: tuple[object, ...]


@dataclass(frozen=True, eq=False)
class ApiSchema:
    """What one API version requires and answers, as `read_schema` makes it.

    `payload` is the request without what the transport fills in. Of each group in `needed`, one field at least must
    be set. `defaults` are the values that the patch states, with their spans in the patch.
    """

    name: str
    fields: dict[str, Field]
    request: JsonObject
    response: JsonObject
    payload: JsonObject
    needed: tuple[tuple[str, ...], ...]
    defaults: Mapping
    endpoint: str | None
    action: str | None
    method: str | None

    @cached_property
    def accepts(self) -> Test:
        """A test that says yes only to what `payload` accepts. What it does not say yes to, `field_errors` judges."""
        return acceptor(self.payload)

    @cached_property
    def accepts_part(self) -> Test:
        """The same test for a part of a payload, whose other fields are not known yet."""
        return acceptor({key: value for key, value in self.payload.items() if key not in ("required", "anyOf")})

    @cached_property
    def tests(self) -> Map[str, Test] | None:
        """A test of each field by itself; None if `payload` judges more than fields, and which of them there are."""
        others = {key for key in self.payload if key not in BY_FIELD and judges(key)}
        return None if others else {name: acceptor(body) for name, body in self.payload["properties"].items()}

    def takes_any_text(self, name: str) -> bool:
        """Return whether every text is a right value of a field."""
        body = self.payload["properties"][name]
        return body.get("type") == "string" and not any(key != "type" and judges(key) for key in body)

    def lacks_none(self, names: Set[str]) -> bool:
        """Return whether these are fields of a payload, and all that one must have."""
        required, fields = self.payload["required"], self.payload["properties"].keys()
        return names <= fields and names >= set(required) and not any(map(names.isdisjoint, self.needed))

    @cached_property
    def _validator(self) -> "Draft202012Validator":
        from jsonschema import Draft202012Validator  # as slow as the rest of a small check, which needs no errors

        return Draft202012Validator(self.payload)

    def field_types(self, units: Map[str, str]) -> dict[str, FieldType]:
        """Return the fields of a payload as the evaluator must know them, with the units of the project."""
        return {
            field.name: FieldType(field.name, field.type, field.quantity, units.get(field.name), field.shell)
            for field in self.fields.values()
            if not field.filled_by_transport
        }

    def field_errors(self, instance: JsonObject) -> "list[ValidationError]":
        """Return the errors of `instance` against the schema of payloads."""
        return [] if self.accepts(instance) else list(self._validator.iter_errors(instance))

    def errors_of_values(self, known: JsonObject) -> list[FieldError]:
        """Return what is wrong with the values of fields, without what is missing, or not a field."""
        if self.tests is None:
            return self._judged(known)
        wrong = [name for name, accepts in self.tests.items() if name in known and not accepts(known[name])]
        return [error for name in wrong for error in self._errors_of_value(name, known[name])]

    def _errors_of_value(self, name: str, value: object) -> list[FieldError]:
        """Return the errors of one value. jsonschema judges what is not plain; its import takes a fourth of a check."""
        body = self.payload["properties"][name]
        judging = [key for key in body if judges(key)]
        if isinstance(value, list | dict) or not PLAIN.issuperset(judging):
            return self._judged({name: value})
        unmet = [key for key in judging if not acceptor({key: body[key]})(value)]
        return [FieldError((name,), key, body[key], "") for key in unmet]

    def _judged(self, instance: JsonObject) -> list[FieldError]:
        found = [
            FieldError(tuple(error.absolute_path), str(error.validator), error.validator_value, error.message)
            for error in self._validator.iter_errors(instance)
        ]
        return [error for error in found if error.path and error.path[0] in self.payload["properties"]]


def read_schema(name: str, request: Source, response: Source, patch: Source) -> ApiSchema:
    """Return the API version `name` from its generated schemas; `patch` is read for the spans of its defaults.

    The three are files of specc itself. Raises SpeccError for a file that cannot be read: the installation is broken.
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
        raise _broken(source, f"the file is not JSON: {error}") from error
    if not isinstance(data, dict):
        raise _broken(source, "the file is not a JSON object")
    return data


def _broken(source: Source, why: str) -> SpeccError:
    help = "run `specc schema check`, or install specc again"
    return SpeccError(f"{source.path} is not a generated schema: {why}", help=help)


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
    """Return the groups of the root's `anyOf`, whose branches each require fields: a patch can write no other form."""
    group = tuple(key for branch in schema.get("anyOf", ()) for key in branch.get("required", ()))
    return (group,) if group else ()


def _defaults(patch: Source, layer: Layer) -> Mapping:
    """Return each `default` of the patch under the name of its field. A null removes a default."""
    root, found = parse_tree(patch, layer)
    if any(each.is_error for each in found):
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
