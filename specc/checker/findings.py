"""Schema errors in a user's words, each at the key or value that is wrong."""

from collections.abc import Iterator
from typing import NamedTuple

from jsonschema.exceptions import ValidationError

from specc.diagnostics import Diagnostic, Label, codes, did_you_mean, one_of
from specc.evaluator import EvaluatedSpec, Value
from specc.expressions import Unknown
from specc.nodes import LayerKind, Mapping, Node, Scalar, kind_of
from specc.resolver import shown
from specc.schema import ApiSchema
from specc.source import Span

TYPE_NAMES = {"string": "a text", "integer": "a whole number", "number": "a number", "boolean": "true or false"}
MATCHING_KINDS = {"string": {"string"}, "integer": {"integer", "number"}, "number": {"integer", "number"}}


class Place(NamedTuple):
    """The cell being checked, and the API that it is checked against."""

    evaluated: EvaluatedSpec
    schema: ApiSchema

    @property
    def job(self) -> Mapping:
        return self.evaluated.spec.section("job")


def unknown_field(name: str, place: Place) -> Diagnostic:
    key = place.job.keys[name]
    labels = _inherited(place.job.entries[name], place)
    known = place.schema.fields
    if name in known and known[name].filled_by_transport:
        message = f"`{name}` is filled in when the payload is sent"
        return codes.TRANSPORT_FIELD.at(key.span, message, labels=labels, help="remove it")
    fields = [field for field in known if not known[field].filled_by_transport]
    help = did_you_mean(name, fields, f"fields of {place.schema.name}")
    return codes.UNKNOWN_FIELD.at(key.span, f"unknown field `{name}`", labels=labels, help=help)


def unmet_required(error: ValidationError, place: Place) -> Iterator[Diagnostic]:
    """jsonschema gives one error a missing field, naming it only in its message, so they are counted anew."""
    name = next((n for n in place.schema.payload["required"] if error.message.startswith(f"'{n}' is a required")), None)
    if name is None or name in place.evaluated.job or place.evaluated.spec.abstract:
        return
    field = place.schema.fields[name]
    help = f"add `{name}: ...` under `job:`"
    if name in ("cluster_id", "zone", "run_user"):
        help += f", or, for all specs of a target, `[targets.NAME] job = {{{name} = ...}}` in specc.toml"
    note = f"{place.schema.name} requires it ({field.source}): {field.description}".rstrip(": ")
    where = _job_key(place)
    lost = place.job.removed.get(name)
    labels = (Label(lost.span, "removed here"),) if lost is not None else ()
    yield codes.MISSING_FIELD.at(where, f"`{name}` is missing", labels=labels, notes=(note,), help=help)


def unmet_choice(place: Place) -> Iterator[Diagnostic]:
    if place.evaluated.spec.abstract:
        return
    for group in place.schema.needed:
        if not any(name in place.evaluated.job for name in group):
            message = f"{one_of(group)} is missing"
            note = f"{place.schema.name} needs one of them"
            help = f"add `{group[0]}: ...` under `job:`"
            yield codes.MISSING_FIELD.at(_job_key(place), message, notes=(note,), help=help)


def wrong_value(name: str, error: ValidationError, place: Place) -> Diagnostic:
    value = _inner(place.evaluated.job[name], list(error.absolute_path)[1:])
    labels = (*_inherited(value.node, place), *_overridden(value.node))
    notes = _reads(value)
    span = value.node.span
    if error.validator == "type":
        expected = TYPE_NAMES.get(str(error.validator_value), str(error.validator_value))
        message = f"`{name}` must be {expected}, not {_what(value)}"
        help = _type_help(name, str(error.validator_value), value)
        return codes.WRONG_TYPE.at(span, message, labels=labels, notes=notes, help=help)
    message = f"`{name}`: {_complaint(error, value)}"
    note = f"{place.schema.name} says so: {place.schema.fields[name].description}"
    return codes.BAD_VALUE.at(span, message, labels=labels, notes=(*notes, note))


def unknown_value(name: str, place: Place) -> Iterator[Diagnostic]:
    """A field, or a value whose type alone is known, that no input could make right."""
    value = place.evaluated.job[name]
    properties = place.schema.payload["properties"]
    if name not in properties:
        yield unknown_field(name, place)
        return
    wanted = place.schema.fields[name].type
    kind = value.data.kind if isinstance(value.data, Unknown) else None
    allowed = MATCHING_KINDS.get(wanted)
    if kind is not None and allowed is not None and kind not in allowed:
        expected = TYPE_NAMES.get(wanted, wanted)
        message = f"`{name}` must be {expected}, and this template gives {TYPE_NAMES.get(kind, f'a {kind}')}"
        labels = _inherited(value.node, place)
        yield codes.WRONG_TYPE.at(value.node.span, message, labels=labels, help=_type_help(name, wanted, value))


def _inner(value: Value, path: list[str | int]) -> Value:
    for part in path:
        value = value.child(part)
    return value


def _what(value: Value) -> str:
    """The wrong value as the user wrote it, or what their template made of it."""
    if value.reads or not isinstance(value.node, Scalar) or value.node.value != value.data:
        return f"{shown(value.data)}, which the template gives" if value.reads else kind_of(value.node)
    return kind_of(value.node)


def _reads(value: Value) -> tuple[str, ...]:
    """Where the values come from that a wrong template read."""
    return tuple(
        f"{read.name} is {shown(read.data)}" + (f", set at {read.value.node.span}" if read.value else "")
        for read in value.reads
    )


def _type_help(name: str, wanted: str, value: Value) -> str | None:
    node = value.node
    if value.data is None:
        return "`null` is a value, too; to take an inherited value away, write `{$unset: true}`"
    if wanted == "string" and isinstance(node, Scalar) and not value.reads:
        return f'quote it: `{name}: "{node.raw or node.value}"`'
    if wanted == "integer" and isinstance(value.data, str):
        number = value.data.strip()
        if number.isdecimal() and number.isascii():
            return f"write it without quotes: `{name}: {number}`" if not value.reads else "use the filter `int`"
    return None


def _complaint(error: ValidationError, value: Value) -> str:
    bound = error.validator_value
    allowed = bound if isinstance(bound, list) else []
    match error.validator:
        case "enum":
            return f"{shown(value.data)} is none of {', '.join(map(shown, allowed))}"
        case "minimum":
            return f"{shown(value.data)} is less than {bound}"
        case "maximum":
            return f"{shown(value.data)} is more than {bound}"
        case _:
            return error.message


def _job_key(place: Place) -> Span:
    """Where a missing field would go: the spec's own `job:`, else the start of its text."""
    root = place.evaluated.spec.document.root
    key = root.keys.get("job") or root.keys.get("specc") or next(iter(root.keys.values()), None)
    return key.span if key is not None else place.evaluated.spec.document.source.span()


def _inherited(node: Node, place: Place) -> tuple[Label, ...]:
    """Which `extends` brought a value that another file wrote."""
    document = place.evaluated.spec.document
    is_foreign = node.layer.kind is LayerKind.FILE and node.span.source is not document.source
    if not is_foreign or not document.parents:
        return ()
    return (Label(document.parents[0].span, "inherited through this"),) if len(document.parents) == 1 else ()


def _overridden(node: Node) -> tuple[Label, ...]:
    return (Label(node.beneath.span, f"overrides {kind_of(node.beneath)}"),) if node.beneath is not None else ()
