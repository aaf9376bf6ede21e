"""Schema errors as diagnostics: in a user's words, each at the key or value that is wrong."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from specc.checker.check import impossible_kind
from specc.checker.guesses import elsewhere, is_scheduler_word, meant_by
from specc.diagnostics import (
    Diagnostic,
    Fix,
    Label,
    codes,
    did_you_mean,
    is_one_slip,
    one_of,
    quoting_fix,
    removing_fix,
    replacing_fix,
    unquoting_fix,
)
from specc.evaluator import EvaluatedSpec, Value, told
from specc.expressions import Unknown
from specc.nodes import LayerKind, Mapping, Node, Scalar, kind_of
from specc.resolver import VALUE_FORMS, mistake_of, operator_of, shown
from specc.schema import ApiSchema, FieldError, JsonObject
from specc.source import Span
from specc.wording import brief

MOST_DIGITS = 18
"""The most digits of a number that a person can mean. Python refuses to read 4,300 of them."""

TYPE_NAMES = {
    "string": "a text",
    "integer": "an integer",
    "number": "a number",
    "boolean": "a boolean",
    "array": "a list",
    "object": "a mapping",
}


class Subject(NamedTuple):
    """The cell being checked, and the API that it is checked against."""

    evaluated: EvaluatedSpec
    schema: ApiSchema

    @property
    def job(self) -> Mapping:
        """The job as it is written and inherited."""
        return self.evaluated.spec.section("job")

    @property
    def fields(self) -> list[str]:
        """The fields that a spec can set."""
        return list(self.schema.payload["properties"])


def schema_diagnostics(evaluated: EvaluatedSpec, known: JsonObject, schema: ApiSchema) -> Iterator[Diagnostic]:
    """Yield all that the schema has against a cell. `known` are the values of the cell that are known."""
    subject = Subject(evaluated, schema)
    for name in evaluated.job:
        if name not in schema.payload["properties"]:
            yield _unknown_field(name, subject)
    for error in _worth_saying(schema.errors_of_values(known)):
        yield _wrong_value(error, subject)
    for name in schema.payload["required"]:
        yield from _unmet_required(name, subject)
    yield from _unmet_choice(subject)
    for name, value in evaluated.job.items():
        if not value.is_known:
            yield from _unknown_value(name, subject)


def _worth_saying(errors: list[FieldError]) -> list[FieldError]:
    """Return the errors without those that follow: a value of a wrong type is not an allowed value either."""
    mistyped = [error.path for error in errors if error.keyword == "type"]
    return [error for error in errors if error.keyword == "type" or error.path not in mistyped]


def _unknown_field(name: str, subject: Subject) -> Diagnostic:
    key = subject.job.keys[name]
    known = subject.schema.fields
    if name in known and known[name].filled_by_transport:
        message = f"`{name}` is filled in when the payload is sent"
        fix = removing_fix(key.span, subject.job.entries[name].span, f"remove `{name}`")
        return codes.TRANSPORT_FIELD.at(key.span, message, help="remove it", fix=fix)
    meant = meant_by(name, subject.fields)
    help = f"did you mean `{meant}`?" if meant else elsewhere(name)
    help = help or did_you_mean(name, subject.fields, f"fields of {subject.schema.name}")
    beside = subject.job.keys.get(meant) if meant else None  # where a parent sets it, it can be set anew here
    is_free = beside is None or beside.span.source is not key.span.source
    fix = replacing_fix(key.span, name, meant) if is_free and meant and _is_plainly(name, meant) else None
    return codes.UNKNOWN_FIELD.at(key.span, f"unknown field `{name}`", help=help, fix=fix)


def _is_plainly(name: str, meant: str) -> bool:
    """Return whether a name is one slip away from a field, or what a scheduler calls the field."""
    return is_one_slip(name, meant) or is_scheduler_word(name)


def _unmet_required(name: str, subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic if a field that a payload must have is missing."""
    if name in subject.evaluated.job or not _is_asked_for([name], subject):
        return
    field = subject.schema.fields[name]
    help = _too_deep(subject) or f"add `{name}: ...` under `job:`" + _or_inherited(subject)
    if name in ("cluster_id", "zone", "run_user"):
        help += (
            f', or, for every spec of a target, write `job = {{{name} = "..."}}` under `[targets.NAME]` in specc.toml'
        )
    note = f"{subject.schema.name} requires it ({field.source}): {field.description}".rstrip(": ")
    where = _job_key(subject)
    lost = subject.job.removed.get(name)
    labels = (Label(lost.span, "removed here"),) if lost is not None else ()
    yield codes.MISSING_FIELD.at(where, f"`{name}` is missing", labels=labels, notes=(note,), help=help)


def _unmet_choice(subject: Subject) -> Iterator[Diagnostic]:
    for group in subject.schema.needed:
        if not any(name in subject.evaluated.job for name in group) and _is_asked_for(group, subject):
            message = f"{one_of(group)} is missing"
            note = f"{subject.schema.name} needs one of them"
            help = _too_deep(subject) or f"add `{group[0]}: ...` under `job:`" + _or_inherited(subject)
            yield codes.MISSING_FIELD.at(_job_key(subject), message, notes=(note,), help=help)


def _too_deep(subject: Subject) -> str | None:
    """Return help for a spec whose `job:` stands inside another key, one indentation too far to the right."""
    root = subject.evaluated.spec.document.root
    for section, node in root.entries.items() if "job" not in root.entries else ():
        if isinstance(node, Mapping) and isinstance(node.get("job"), Mapping):
            line = node.keys["job"].span.first.line
            return f"`job:` in line {line} stands inside `{section}:`; begin it at the left margin"
    return None


def _or_inherited(subject: Subject) -> str:
    spec = subject.evaluated.spec
    return "" if spec.ancestors else ", or inherit it from a base with `extends:`"


def _is_asked_for(names: Iterable[str], subject: Subject) -> bool:
    """Return whether a spec must have one of these fields.

    It need not where another file may supply one of them. Where one is there, misspelled or outside of `job:`, that is
    reported already, and to fix one mistake fixes both.
    """
    spec = subject.evaluated.spec
    misspelled = {meant_by(key, subject.fields) for key in subject.job.entries if key not in subject.fields}
    there = {*misspelled, *spec.document.root.entries, *_misread(spec.document.root.get("job"))}
    return not spec.is_open and not any(name in there for name in names)


def _misread(job: Node | None) -> Iterator[str]:
    """Yield the fields whose operator has a mistake, such as `{$fil: run.sh}`, which is reported."""
    for name, node in job.entries.items() if isinstance(job, Mapping) else ():
        operator = operator_of(node)
        if operator is not None and isinstance(node, Mapping) and mistake_of(operator, node) is not None:
            yield name


def _wrong_value(error: FieldError, subject: Subject) -> Diagnostic:
    name = str(error.path[0])
    value = _inner(subject.evaluated.job[name], error.path[1:])
    labels = _overridden(value.node)
    notes = told(value.reads)
    span = value.node.span
    if error.keyword == "type":
        wanted = str(error.wanted)
        message = f"`{name}` must be {TYPE_NAMES.get(wanted, wanted)}, {_described(value)}"
        help = _type_help(name, wanted, value)
        fix = _type_fix(wanted, value)
        return codes.WRONG_TYPE.at(span, message, labels=labels, notes=notes, help=help, fix=fix)
    message = f"`{name}` {_requirement(error, value)}"
    note = f"the documentation of {subject.schema.name} says: {subject.schema.fields[name].description}"
    return codes.BAD_VALUE.at(span, message, labels=labels, notes=(*notes, note))


def _unknown_value(name: str, subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for a value whose type alone is known, if no input could make it right."""
    value = subject.evaluated.job[name]
    kind = impossible_kind(name, value, subject.schema) if name in subject.schema.payload["properties"] else None
    if kind is not None:
        wanted = subject.schema.fields[name].type
        expected = TYPE_NAMES.get(wanted, wanted)
        message = f"`{name}` must be {expected}, but this template gives {TYPE_NAMES.get(kind, f'a {kind}')}"
        yield codes.WRONG_TYPE.at(value.node.span, message, help=_type_help(name, wanted, value))


def _inner(value: Value, path: Iterable[str | int]) -> Value:
    """Return the part of a value that is wrong, or the whole where a template gave it."""
    for part in path:
        if not value.children:
            return value
        value = value.child(part)
    return value


def _described(value: Value) -> str:
    """Return how a message goes on to name a wrong value: as it is written, or as what its template gives."""
    if not value.is_computed:
        return "but it is empty (null)" if value.data is None else f"not {kind_of(value.node)}"
    match value.data:
        case str():
            given = f"the text {shown(value.data)}"
        case list() | dict():
            given = "a list" if isinstance(value.data, list) else "a mapping"
        case _:
            given = shown(value.data)
    return f"but its template evaluates to {given}"


def _type_help(name: str, wanted: str, value: Value) -> str | None:
    data = value.data
    if value.is_computed:
        return _filter_help(wanted, data)
    if data is None:
        is_inherited = value.node.beneath is not None
        return (
            f"to remove the inherited value, write `{name}: {{$unset: true}}`"
            if is_inherited
            else "give it a value, or remove it"
        )
    if wanted == "string" and isinstance(data, dict) and data and f"${next(iter(data))}" in VALUE_FORMS:
        return f"write `{name}: {{${next(iter(data))}: ...}}`, with the `$`"
    if wanted == "string" and isinstance(data, list) and data and all(isinstance(item, str | int) for item in data):
        line = " ".join(map(str, data))
        return f"write one text, such as `{name}: {brief(line)}`; several lines go below `{name}: |`"
    if wanted == "string" and isinstance(value.node, Scalar) and not isinstance(data, str):
        return f'quote it: `{name}: "{value.node.raw or data}"`'
    if wanted == "integer" and isinstance(value.node, Scalar) and isinstance(data, str):
        return _digits_help(name, data.strip())
    return None


def _digits_help(name: str, text: str) -> str | None:
    """Return help for digits in quotes, or digits of a Chinese input method.

    Nobody means a number of thousands of them.
    """
    if not text.isdecimal() or len(text) > MOST_DIGITS:
        return None
    return f"write the number {'without quotes' if text.isascii() else 'with plain digits'}: `{name}: {int(text)}`"


def _type_fix(wanted: str, value: Value) -> Fix | None:
    """Return a fix that adds or removes quotes, in the scalar itself."""
    node = value.node
    if value.is_computed or not isinstance(node, Scalar):
        return None
    if wanted == "string" and node.value is not None and not isinstance(node.value, str):
        return quoting_fix(node.span, node.raw)
    # `016` would be read in two ways
    is_number = wanted == "integer" and _has_digits(node.value) and not node.raw.startswith("0")
    return unquoting_fix(node.span, node.raw) if is_number and node.raw.isdecimal() else None


def _has_digits(data: object) -> bool:
    return isinstance(data, str) and data.strip().isascii() and data.strip().isdecimal()


def _filter_help(wanted: str, data: object) -> str | None:
    """Return help on how a template gives the type that is wanted."""
    kind = data.kind if isinstance(data, Unknown) else None
    if wanted == "string" and (kind == "boolean" or isinstance(data, bool | float)):
        return "add `| string` in the template to make it a text"
    if wanted == "integer" and (kind == "string" or _has_digits(data) or isinstance(data, float)):
        return "add `| int` in the template to make it an integer"
    return None


def _requirement(error: FieldError, value: Value) -> str:
    allowed = error.wanted if isinstance(error.wanted, list) else []
    match error.keyword:
        case "enum":
            return f"must be {' or '.join(map(shown, allowed))}, not {shown(value.data)}"
        case "minimum":
            return f"must be at least {error.wanted}, not {shown(value.data)}"
        case "maximum":
            return f"must be at most {error.wanted}, not {shown(value.data)}"
        case _:
            return f"does not fit: {error.message}"


def _job_key(subject: Subject) -> Span:
    """Return where a missing field would go: the `job:` of the spec itself, else the start of its text."""
    root = subject.evaluated.spec.document.root
    key = root.keys.get("job") or root.keys.get("specc") or next(iter(root.keys.values()), None)
    return key.span if key is not None else subject.evaluated.spec.document.source.span()


def _overridden(node: Node) -> tuple[Label, ...]:
    below = node.beneath
    if below is None or below.layer.kind is LayerKind.API:
        return ()
    return (Label(below.span, f"overrides {kind_of(below)}"),)
