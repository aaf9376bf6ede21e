"""Schema errors in a user's words, each at the key or value that is wrong."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from specc.checker.guesses import elsewhere, is_scheduler_word, meant_by
from specc.checker.kinds import impossible_kind
from specc.diagnostics import Diagnostic, Fix, Label, codes, did_you_mean, one_of
from specc.diagnostics.fixes import is_one_slip, quoted, removed_line, replaced, unquoted
from specc.evaluator import EvaluatedSpec, Value, told
from specc.expressions import Unknown
from specc.nodes import LayerKind, Mapping, Node, Scalar, kind_of
from specc.resolver import shown
from specc.schema import ApiSchema
from specc.source import Span
from specc.wording import brief

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

MOST_DIGITS = 18
"""Of a number that can be meant, and that Python reads at once: at 4,300 it refuses."""

TYPE_NAMES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
}


class Place(NamedTuple):
    """The cell being checked, and the API that it is checked against."""

    evaluated: EvaluatedSpec
    schema: ApiSchema

    @property
    def job(self) -> Mapping:
        return self.evaluated.spec.section("job")

    @property
    def fields(self) -> list[str]:
        """The fields that a spec can set."""
        return list(self.schema.payload["properties"])


def unknown_field(name: str, place: Place) -> Diagnostic:
    key = place.job.keys[name]
    known = place.schema.fields
    if name in known and known[name].filled_by_transport:
        message = f"`{name}` is filled in when the payload is sent"
        fix = removed_line(key.span, place.job.entries[name].span, f"remove `{name}`")
        return codes.TRANSPORT_FIELD.at(key.span, message, help="remove it", fix=fix)
    meant = meant_by(name, place.fields)
    help = f"did you mean `{meant}`?" if meant else elsewhere(name)
    help = help or did_you_mean(name, place.fields, f"fields of {place.schema.name}")
    is_sure = meant is not None and meant not in place.job.entries
    fix = replaced(key.span, name, meant) if is_sure and meant and _is_plainly(name, meant) else None
    return codes.UNKNOWN_FIELD.at(key.span, f"unknown field `{name}`", help=help, fix=fix)


def _is_plainly(name: str, meant: str) -> bool:
    """One slip away, or what schedulers call it."""
    return is_one_slip(name, meant) or is_scheduler_word(name)


def unmet_required(error: "ValidationError", place: Place) -> Iterator[Diagnostic]:
    """jsonschema gives one error a missing field, naming it only in its message, so they are counted anew."""
    name = next((n for n in place.schema.payload["required"] if error.message.startswith(f"'{n}' is a required")), None)
    if name is None or name in place.evaluated.job or not _is_asked_for([name], place):
        return
    field = place.schema.fields[name]
    help = _too_deep(place) or f"add `{name}: ...` under `job:`" + _or_inherited(place)
    if name in ("cluster_id", "zone", "run_user"):
        help += f", or, for all specs of a target, `[targets.NAME] job = {{{name} = ...}}` in specc.toml"
    note = f"{place.schema.name} requires it ({field.source}): {field.description}".rstrip(": ")
    where = _job_key(place)
    lost = place.job.removed.get(name)
    labels = (Label(lost.span, "removed here"),) if lost is not None else ()
    yield codes.MISSING_FIELD.at(where, f"`{name}` is missing", labels=labels, notes=(note,), help=help)


def unmet_choice(place: Place) -> Iterator[Diagnostic]:
    for group in place.schema.needed:
        if not any(name in place.evaluated.job for name in group) and _is_asked_for(group, place):
            message = f"{one_of(group)} is missing"
            note = f"{place.schema.name} needs one of them"
            help = _too_deep(place) or f"add `{group[0]}: ...` under `job:`" + _or_inherited(place)
            yield codes.MISSING_FIELD.at(_job_key(place), message, notes=(note,), help=help)


def _too_deep(place: Place) -> str | None:
    """Help for a spec whose `job:` stands inside another key, one indentation too far to the right."""
    root = place.evaluated.spec.document.root
    for section, node in root.entries.items() if "job" not in root.entries else ():
        if isinstance(node, Mapping) and isinstance(node.get("job"), Mapping):
            line = node.keys["job"].span.first.line
            return f"`job:` in line {line} stands inside `{section}:`; begin it at the left margin"
    return None


def _or_inherited(place: Place) -> str:
    spec = place.evaluated.spec
    return "" if spec.ancestors else ", or inherit it from a base with `extends:`"


def _is_asked_for(names: Iterable[str], place: Place) -> bool:
    """Not where another file may supply one of them, nor where one is there, misspelled or outside of `job:`.

    That is reported already, and mending it mends both.
    """
    spec = place.evaluated.spec
    misspelled = {meant_by(key, place.fields) for key in place.job.entries if key not in place.fields}
    return not spec.is_open and not any(name in misspelled or name in spec.document.root.entries for name in names)


def wrong_value(name: str, error: "ValidationError", place: Place) -> Diagnostic:
    value = _inner(place.evaluated.job[name], list(error.absolute_path)[1:])
    labels = _overridden(value.node)
    notes = told(value.reads)
    span = value.node.span
    if error.validator == "type":
        expected = TYPE_NAMES.get(str(error.validator_value), str(error.validator_value))
        message = f"`{name}` must be {expected}, not {_what(value)}"
        help = _type_help(name, str(error.validator_value), value)
        fix = _type_fix(str(error.validator_value), value)
        return codes.WRONG_TYPE.at(span, message, labels=labels, notes=notes, help=help, fix=fix)
    message = f"`{name}` {_complaint(error, value)}"
    note = f"{place.schema.name} says so: {place.schema.fields[name].description}"
    return codes.BAD_VALUE.at(span, message, labels=labels, notes=(*notes, note))


def unknown_value(name: str, place: Place) -> Iterator[Diagnostic]:
    """A value whose type alone is known, which no input could make right."""
    value = place.evaluated.job[name]
    kind = impossible_kind(name, value, place.schema) if name in place.schema.payload["properties"] else None
    if kind is not None:
        wanted = place.schema.fields[name].type
        expected = TYPE_NAMES.get(wanted, wanted)
        message = f"`{name}` must be {expected}, and this template gives {TYPE_NAMES.get(kind, f'a {kind}')}"
        yield codes.WRONG_TYPE.at(value.node.span, message, help=_type_help(name, wanted, value))


def _inner(value: Value, path: list[str | int]) -> Value:
    """The part that is wrong, or what a template gave as a whole."""
    for part in path:
        if not value.children:
            return value
        value = value.child(part)
    return value


def _what(value: Value) -> str:
    """The wrong value as the user wrote it, or what their template made of it."""
    if not value.is_computed:
        return kind_of(value.node)
    match value.data:
        case str():
            return f"the text {shown(value.data)}, which its template gives"
        case list() | dict():
            return f"{'a list' if isinstance(value.data, list) else 'a mapping'}, which its template gives"
        case _:
            return f"{shown(value.data)}, which its template gives"


def _type_help(name: str, wanted: str, value: Value) -> str | None:
    data = value.data
    if value.is_computed:
        return _filter_help(wanted, data)
    if data is None:
        is_inherited = value.node.beneath is not None
        return f"to take the inherited value away, write `{name}: {{$unset: true}}`" if is_inherited else "remove it"
    if wanted == "string" and isinstance(data, list) and data and all(isinstance(item, str | int) for item in data):
        line = " ".join(map(str, data))
        return f"write one text, such as `{name}: {brief(line)}`; several lines go below `{name}: |`"
    if wanted == "string" and isinstance(value.node, Scalar) and not isinstance(data, str):
        return f'quote it: `{name}: "{value.node.raw or data}"`'
    if wanted == "integer" and isinstance(value.node, Scalar) and isinstance(data, str):
        return _digits_help(name, data.strip())
    return None


def _digits_help(name: str, text: str) -> str | None:
    """Digits in quotes, or those of a Chinese input method. A number of a thousand of them is none that is meant."""
    if not text.isdecimal() or len(text) > MOST_DIGITS:
        return None
    return f"write it {'without quotes' if text.isascii() else 'with plain digits'}: `{name}: {int(text)}`"


def _type_fix(wanted: str, value: Value) -> Fix | None:
    """Quotes too many or too few, in the scalar itself."""
    node = value.node
    if value.is_computed or not isinstance(node, Scalar):
        return None
    if wanted == "string" and node.value is not None and not isinstance(node.value, str):
        return quoted(node.span, node.raw)
    # `016` would be read in two ways
    is_number = wanted == "integer" and _has_digits(node.value) and not node.raw.startswith("0")
    return unquoted(node.span, node.raw) if is_number and node.raw.isdecimal() else None


def _has_digits(data: object) -> bool:
    return isinstance(data, str) and data.strip().isascii() and data.strip().isdecimal()


def _filter_help(wanted: str, data: object) -> str | None:
    """How a template gives the type that is wanted."""
    kind = data.kind if isinstance(data, Unknown) else None
    if wanted == "string" and (kind == "boolean" or isinstance(data, bool | float)):
        return "write `| string` in the template for the text of it"
    if wanted == "integer" and (kind == "string" or _has_digits(data) or isinstance(data, float)):
        return "write `| int` in the template for a whole number"
    return None


def _complaint(error: "ValidationError", value: Value) -> str:
    bound = error.validator_value
    allowed = bound if isinstance(bound, list) else []
    match error.validator:
        case "enum":
            return f"must be {' or '.join(map(shown, allowed))}, not {shown(value.data)}"
        case "minimum":
            return f"must be at least {bound}, not {shown(value.data)}"
        case "maximum":
            return f"must be at most {bound}, not {shown(value.data)}"
        case _:
            return f"does not fit: {error.message}"


def _job_key(place: Place) -> Span:
    """Where a missing field would go: the spec's own `job:`, else the start of its text."""
    root = place.evaluated.spec.document.root
    key = root.keys.get("job") or root.keys.get("specc") or next(iter(root.keys.values()), None)
    return key.span if key is not None else place.evaluated.spec.document.source.span()


def _overridden(node: Node) -> tuple[Label, ...]:
    below = node.beneath
    if below is None or below.layer.kind is LayerKind.API:
        return ()
    return (Label(below.span, f"overrides {kind_of(below)}"),)
