"""The `job:` section for editors: the fields of every API version, with what each version says of them."""

from collections.abc import Sequence as Many

from specc.schema import ApiSchema, Field, JsonObject
from specc.schemagen.forms import any_of, described, fixed_keys, inherited, inherited_list, ref
from specc.settings import Quantity
from specc.units import DURATION_UNITS, MEMORY_UNITS

CONSTRAINTS = ("type", "enum", "minimum", "maximum", "minLength", "maxLength", "pattern")

NUMBER = r"[0-9]+(\.[0-9]+)?"
QUANTITIES: dict[Quantity, str] = {
    "memory": rf"^ *{NUMBER} *({'|'.join(MEMORY_UNITS)}) *$",
    "duration": rf"^ *({NUMBER} *({'|'.join(DURATION_UNITS)}|m) *)+$|^ *([0-9]+-)?[0-9]+:[0-9]{{2}}:[0-9]{{2}} *$",
}
QUANTITY_TEXTS: dict[Quantity, str] = {
    "memory": "A size such as `64GiB`, converted into the unit that `[units]` of specc.toml says. "
    "A plain number is sent as it is.",
    "duration": "A duration such as `2h30m` or `1-12:00:00`, converted into the unit that `[units]` of specc.toml "
    "says. A plain number is sent as it is.",
}


def job_section(apis: Many[ApiSchema]) -> JsonObject:
    """No field is required here: a child may leave it to its base, or a base to its children."""
    names = dict.fromkeys(name for api in apis for name, field in api.fields.items() if not field.filled_by_transport)
    return fixed_keys({name: _field(name, [api for api in apis if name in api.fields], len(apis)) for name in names})


def _field(name: str, apis: Many[ApiSchema], of: int) -> JsonObject:
    """`apis` are those that have the field."""
    first = apis[0].fields[name]
    bodies: list[JsonObject] = []
    for api in apis:
        body = _constraints(api.request["properties"][name])
        if body not in bodies:
            bodies.append(body)
    value = any_of(*bodies)
    quantity = next((api.fields[name].quantity for api in apis if api.fields[name].quantity), None)
    text = "\n\n".join([*(_about(api, api.fields[name]) for api in apis), *_notes(first, quantity, apis, of)])
    return {"title": f"{name} ({first.type})", **described(text, _forms(first.type, value, quantity))}


def _constraints(body: JsonObject) -> JsonObject:
    return {key: body[key] for key in CONSTRAINTS if key in body}


def _forms(type_name: str, value: JsonObject, quantity: Quantity | None) -> JsonObject:
    """All ways to write a value of the type."""
    match type_name:
        case "string":
            return inherited(any_of(value, ref("template"), ref("literal"), ref("file")))
        case "array":
            return inherited_list(ref("item"), ref("template"))
        case "any":
            return ref("value")
        case _ if quantity is not None:
            measured = {"type": "string", "pattern": QUANTITIES[quantity]}
            return inherited(any_of(value, measured, ref("template")))
        case _:
            return inherited(any_of(value, ref("template")))


def _about(api: ApiSchema, field: Field) -> str:
    said = " / ".join(field.description.splitlines())
    default = api.request["properties"][field.name].get("default")
    facts = ["required" if field.required else "optional"]
    facts += [f"default {default}"] if default is not None else []
    return f"{api.name}: {said + ' ' if said else ''}({', '.join(facts)})"


def _notes(field: Field, quantity: Quantity | None, apis: Many[ApiSchema], of: int) -> list[str]:
    notes = []
    if len(apis) < of:
        notes.append(f"Only in {' and '.join(api.name for api in apis)}.")
    if quantity is not None:
        notes.append(QUANTITY_TEXTS[quantity])
    if field.shell:
        notes.append("A shell runs it: quote what a template puts in with `{{ value | sh }}`.")
    return notes
