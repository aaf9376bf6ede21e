"""The schema of the whole spec language, for editors: completion, descriptions and typos while a person writes.

It has the sections of a spec, the fields of the job in every API version, and the forms that any value can take:
templates, operators and value forms. Only keywords that mean the same in draft-07 and 2020-12 are used, because editors
know draft-07 better.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Sequence as Many

from specc.resolver.results import FORMATS, TAKES, TYPES
from specc.schema import ApiSchema, Field, JsonObject
from specc.schemagen.build import COMMENT, DIALECT
from specc.schemagen.templates import ONE_EXPRESSION, SOME_TEMPLATE, early, sound
from specc.settings import Quantity
from specc.units import DURATION_UNITS, MEMORY_UNITS

PARAM_TYPES = ("string", "integer", "number", "boolean", "list")

SECTIONS = {
    "params": "Typed inputs, set with `-p NAME=VALUE`. A parameter without a default must be given.",
    "vars": "Computed values. They may refer to each other, to `params`, `matrix`, `cell`, `spec` and `env`.",
    "matrix": "A sweep: each cell becomes one payload.",
    "profiles": "Overlays for variants, chosen with `--profile NAME`.",
    "job": "The fields of the job, named as in the API's table.",
    "results": "What `specc results` reads of what each job wrote.",
}
TITLE = "specc job spec"
"""The YAML language server shows the title of the innermost schema that a text fits, so shared ones have this title."""

PARAM_SNIPPETS = [
    {
        "label": f"{name} parameter",
        "description": f"A parameter that takes {text}.",
        "body": {"${1:name}": {"type": name, **keys, "description": "${9:what it is for}"}},
    }
    for name, text, keys in (
        ("integer", "whole numbers", {"default": "${2:1}", "minimum": "${3:1}"}),
        ("number", "numbers", {"default": "${2:0.1}"}),
        ("string", "one of some texts", {"default": "${2:a}", "choices": ["${2:a}", "${3:b}"]}),
        ("boolean", "true or false", {"default": "${2|false,true|}"}),
    )
]
PROFILE_SNIPPETS = [
    {
        "label": "smoke test",
        "description": "A variant that is small and short.",
        "body": {"${1:smoke}": {"job": {"core_limit": "${2:1}", "time_limit": "${3:5min}"}}},
    }
]
SWEEP_SNIPPETS = [
    {
        "label": "sweep",
        "description": "A sweep over all combinations of two axes.",
        "body": {"axes": {"${1:mesh}": ["${2:coarse}", "${3:fine}"], "${4:seed}": {"from": "${5:1}", "to": "${6:3}"}}},
    }
]
AXIS_SNIPPETS = [
    {"label": "list", "description": "These values.", "body": ["${1:a}", "${2:b}"]},
    {
        "label": "range",
        "description": "Numbers from the first to the last, which counts.",
        "body": {"from": "${1:1}", "to": "${2:4}"},
    },
    {
        "label": "logarithmic range",
        "description": "So many numbers, each the same multiple of the one before.",
        "body": {"from": "${1:1}", "to": "${2:1000}", "steps": "${3:4}", "scale": "log"},
    },
]
COMMAND_SNIPPETS = [
    {
        "label": "$file",
        "description": "A script beside the spec, with variables and arguments.",
        "body": {"\\$file": "${1:run.sh}", "env": {"${2:NAME}": "${3:value}"}},
    },
]
CONSTRAINTS = ("type", "enum", "minimum", "maximum", "minLength", "maxLength", "pattern")
NUMBER = r"[0-9]+(\.[0-9]+)?"
QUANTITIES: dict[Quantity, str] = {
    "memory": rf"^ *{NUMBER} *({'|'.join(MEMORY_UNITS)}) *$",
    "duration": rf"^ *({NUMBER} *({'|'.join(DURATION_UNITS)}|m) *)+$|^ *([0-9]+-)?[0-9]+:[0-9]{{2}}:[0-9]{{2}} *$"
    r"|^ *[0-9]+-[0-9]{1,2}(:[0-9]{2})? *$",
}
QUANTITY_TEXTS: dict[Quantity, str] = {
    "memory": "A size such as `64GiB`, converted into the unit that `[units]` of specc.toml says. "
    "A plain number is sent as it is.",
    "duration": "A duration such as `2h30m` or `1-12:00:00`, converted into the unit that `[units]` of specc.toml "
    "says. A plain number is sent as it is.",
}
QUANTITY_MESSAGES: dict[Quantity, str] = {
    "memory": "Write a size such as `64GiB`, a whole number, or a template.",
    "duration": "Write a duration such as `2h30m` or `1-12:00:00`, a whole number, or a template.",
}
EXACT = 2**53 - 1
"""JSON holds whole numbers up to this one exactly."""
PARAM_VALUES: dict[str, JsonObject] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "list": {"type": "array"},
}
FILE_NAME = r"(?!specc:)(?![\s\S]*(?:\{\{|\{%))(?:.*/)?[^/]*\.[^/.]+"
"""The path of a parent. A path without a suffix is a slip: specs have names such as `mpi.job.yaml`."""
OPERATORS = {
    "$append": "Add these items behind the inherited list.",
    "$prepend": "Add these items before the inherited list.",
    "$replace": "Put this in the place of what was inherited, without merging.",
    "$unset": "Remove the inherited value.",
    "$literal": "This text as it is: templates in it are not evaluated.",
    "$file": "The text of a file, by its path relative to this one; `//` starts at the project's root. "
    "A file that ends in `.j2` is evaluated as a template, any other is taken as it is.",
    "$command": "The text of a command, to which variables and arguments are passed.",
}


def build_editor(apis: Many[ApiSchema], bases: Mapping[str, str]) -> JsonObject:
    """Return the schema of a spec file under any of these API versions, with the bases that ship and what each is."""
    return {
        "$schema": DIALECT,
        "$comment": COMMENT,
        "title": TITLE,
        "description": "A declarative HPC job spec.",
        **fixed_keys({**_header(apis, bases), **_sections()}, ["specc"]),
        "patternProperties": {"^x-": described("A key for other tools, which specc ignores.", {})},
        "$defs": {
            **common_definitions(),
            "param": _param(),
            "params": {
                **free_keys(described("A parameter: templates read it as `params.NAME`.", inherited(ref("param")))),
                "defaultSnippets": PARAM_SNIPPETS,
            },
            "vars": free_keys(described("A variable: templates read it as `vars.NAME`.", ref("value"))),
            "early": {"title": TITLE, **early()},
            "range": _range(),
            "axis": _axis(is_distinct=True),
            "zipped": _axis(is_distinct=False),
            "matrix": {**_matrix(), "defaultSnippets": SWEEP_SNIPPETS},
            "profile": _profile(),
            "profiles": {
                **free_keys(described("A profile: `--profile NAME` lays it over the spec.", inherited(ref("profile")))),
                "defaultSnippets": PROFILE_SNIPPETS,
            },
            "job": job_section(apis),
            "results": free_keys(described("A result: a column of `specc results`.", _result())),
        },
    }


def _header(apis: Many[ApiSchema], bases: Mapping[str, str]) -> JsonObject:
    parent = _parent(bases)
    return {
        "specc": described("Version of the spec language.", {"enum": [1]}),
        "id": described(
            "Identity of the spec for submissions, instead of its path. Set it before the file moves.",
            {"type": "string", "pattern": r"^[^\s{}/]+(/[^\s{}/]+)*$", "maxLength": 200},
        ),
        "extends": described(
            "The spec or specs to inherit from, the later the stronger: a path relative to this file, `//path` from "
            "the project's root, or `specc:NAME` for a base that ships with specc.",
            any_of(parent, {"type": "array", "items": parent}),
        ),
        "abstract": described("A base: checked, never rendered or submitted. Not inherited.", {"type": "boolean"}),
        "api": described("Version of the API. Default: the project's.", {"enum": [api.name for api in apis]}),
    }


def _parent(bases: Mapping[str, str]) -> JsonObject:
    shipped = ", ".join(f"`specc:{name}`" for name in bases)
    return {
        "type": "string",
        "pattern": rf"^(?:specc:(?:{'|'.join(bases)})|{FILE_NAME})$",
        "patternErrorMessage": "A parent is the path of a file, such as `base/mpi.job.yaml`, or a base that ships: "
        f"{shipped}. It holds no templates.",
        "defaultSnippets": [snippet(f"specc:{name}", text, f"specc:{name}") for name, text in bases.items()],
    }


def _sections() -> JsonObject:
    return {name: described(text, _section(name)) for name, text in SECTIONS.items()}


def _section(name: str) -> JsonObject:
    """Return the schema of a section, which may be empty, or an operator on the inherited section."""
    return any_of(ref(name), {"type": "null"}, operator("$replace", ref(name)), ref("unset"))


def _profile() -> JsonObject:
    overlaid = [name for name in SECTIONS if name != "profiles"]
    return fixed_keys({name: described(SECTIONS[name], _overlay(name)) for name in overlaid})


def _overlay(name: str) -> JsonObject:
    return inherited(ref(name))


def _param() -> JsonObject:
    """Return the schema of a parameter. `type` is optional: a child may change one key of an inherited parameter."""
    number = inherited({"type": "number"})
    body = fixed_keys(
        {
            "type": described("The type of its values.", inherited({"enum": list(PARAM_TYPES)})),
            "default": described("The value when none is given. Without it, the parameter is required.", ref("value")),
            "minimum": described("The least number.", number),
            "maximum": described("The greatest number.", number),
            "choices": described("The only values that it takes.", inherited_list(ref("scalar"))),
            "example": described("A value for `specc check`, when there is no default.", ref("value")),
            "description": described("What it is for.", inherited({"type": "string"})),
        }
    )
    return {**body, "allOf": [_values_of(name) for name in PARAM_TYPES]}


def _values_of(type_name: str) -> JsonObject:
    """Return what a parameter that says its type demands of its other keys."""
    value = PARAM_VALUES[type_name]
    written = value if type_name == "string" else any_of(value, ref("template"))
    demands: JsonObject = {key: inherited(written) for key in ("default", "example")}
    if type_name == "list":
        demands["default"] = inherited_list({}, ref("template"))
    else:
        demands["choices"] = inherited_list(value)
    return {
        "if": {"properties": {"type": {"const": type_name}}, "required": ["type"]},
        "then": {"properties": demands},
    }


def _matrix() -> JsonObject:
    axes, zipped = (inherited(free_keys(ref(name))) for name in ("axis", "zipped"))
    entries = inherited_list(free_keys(ref("value")))
    where = inherited_list(ref("template"), ref("template"))
    count = inherited(any_of({"type": "integer", "minimum": 1}, ref("template")))
    return fixed_keys(
        {
            "axes": described("Each axis takes all its values, combined with all others.", axes),
            "zip": described("Axes that advance together; they have as many values each.", zipped),
            "where": described(
                "What holds in every cell, such as `{{ matrix.n * matrix.m <= 64 }}`; or a list of it.", where
            ),
            "exclude": described("Combinations to leave out: mappings from axes to values.", entries),
            "include": described("Combinations to add; an axis that is left out takes all its values.", entries),
            "max": described("The greatest number of cells, counted before any is made.", count),
            "repeat": described("How many times each cell is run.", count),
        }
    )


def _result() -> JsonObject:
    """Return the schema of a result: a pattern alone, or how it is read."""
    word = ref("static")
    parts = {"type": "array", "items": {"type": ["string", "integer"]}, "minItems": 1}
    read = fixed_keys(
        {
            "from": described(
                "`stdout`, `stderr`, or a file by its path from the folder that the job starts in.",
                inherited(any_of(word, ref("template"))),
            ),
            "format": described(
                "What a `key` reads, where the ending of the file's name does not say it.",
                inherited({"enum": list(FORMATS)}),
            ),
            "pattern": described(
                "A regular expression of RE2, matched line by line. What its parentheses hold is the value.",
                inherited(word),
            ),
            "key": described(
                "The way to a value in JSON or YAML, such as `a.b.0`, or a column of CSV.",
                inherited(any_of(word, {"type": "integer"}, parts)),
            ),
            "take": described("Which of several values: the last one if left out.", inherited({"enum": list(TAKES)})),
            "type": described(
                "The type of the value. Without it, a text that is written as a number is a number.",
                inherited({"enum": list(TYPES)}),
            ),
            "unit": described("The unit of a number, for tables and plots.", inherited(word)),
            "description": described("What it is.", inherited({"type": "string"})),
        }
    )
    return inherited(any_of(described("A pattern, searched in standard output.", word), read))


def _range() -> JsonObject:
    count = inherited(any_of({"type": "integer", "minimum": 1}, ref("template")))
    number = inherited(any_of({"type": "number"}, ref("template")))
    return fixed_keys(
        {
            "from": described("The first number.", number),
            "to": described("The last number, which is included.", number),
            "step": described("The distance, 1 if left out.", number),
            "steps": described("How many values there are, in place of `step`; both ends count.", count),
            "scale": described(
                "`log`: each value is the same multiple of the one before.",
                inherited(any_of({"enum": ["linear", "log"]}, ref("template"))),
            ),
        }
    )


def _axis(*, is_distinct: bool) -> JsonObject:
    """Return the schema of an axis. A value that a plain axis has twice makes two equal cells."""
    values = {"allOf": [ref("item"), ref("early")]}
    listed: JsonObject = {
        "type": ["array", "string"],
        "items": values,
        **({"uniqueItems": True} if is_distinct else {}),
        "allOf": [ref("sound"), ref("early")],
        "pattern": ONE_EXPRESSION,
        "patternErrorMessage": "Write a list, a range `{from: 1, to: 4}`, a file of values, or one `{{ expression }}`.",
    }
    forms = inherited(any_of(listed, *_added(values), ref("range"), ref("file")))
    return {**described("An axis: templates read it as `matrix.NAME`.", forms), "defaultSnippets": AXIS_SNIPPETS}


def job_section(apis: Many[ApiSchema]) -> JsonObject:
    """Return the section of the job. No field is required: a base or a child may have it."""
    names = dict.fromkeys(name for api in apis for name, field in api.fields.items() if not field.filled_by_transport)
    return fixed_keys(
        {name: _job_field(name, [api for api in apis if name in api.fields], len(apis)) for name in names}
    )


def _job_field(name: str, apis: Many[ApiSchema], of: int) -> JsonObject:
    """Return the schema of a field in the API versions that have it."""
    first = apis[0].fields[name]
    bodies: list[JsonObject] = []
    for api in apis:
        body = _constraints(api.request["properties"][name])
        if body not in bodies:
            bodies.append(body)
    value = any_of(*bodies)
    quantity = next((api.fields[name].quantity for api in apis if api.fields[name].quantity), None)
    about = (_about(api, api.fields[name]) for api in apis)
    text = "\n\n".join([f"{name} ({first.type})", *about, *_notes(first, quantity, apis, of)])
    snippets: JsonObject = {"defaultSnippets": COMMAND_SNIPPETS} if first.shell else {}
    return {**described(text, _forms(first.type, value, quantity)), **snippets}


def _constraints(body: JsonObject) -> JsonObject:
    return {key: body[key] for key in CONSTRAINTS if key in body}


def _forms(type_name: str, value: JsonObject, quantity: Quantity | None) -> JsonObject:
    """Return all ways to write a value of a type."""
    match type_name:
        case "string":
            return inherited(any_of({"allOf": [ref("sound")], **value}, ref("literal"), ref("file"), ref("command")))
        case "array":
            return inherited_list(ref("item"), ref("template"))
        case "any":
            return ref("value")
        case "integer" if quantity is not None and "enum" not in value:
            pattern = f"{QUANTITIES[quantity]}|{SOME_TEMPLATE}"
            return inherited(_or_text(_exact(value), pattern, QUANTITY_MESSAGES[quantity]))
        case "integer" if "anyOf" not in value and "enum" not in value:
            return inherited(
                _or_text(_exact(value), ONE_EXPRESSION, "Write a whole number, or one `{{ expression }}`.")
            )
        case _:
            return inherited(any_of(value, ref("template")))


def _exact(value: JsonObject) -> JsonObject:
    return {**value, "minimum": value.get("minimum", -EXACT), "maximum": value.get("maximum", EXACT)}


def _or_text(value: JsonObject, pattern: str, message: str) -> JsonObject:
    """Return a schema of such values and of texts of this pattern: one schema, and so one message."""
    text: JsonObject = {"allOf": [ref("sound")], "pattern": pattern, "patternErrorMessage": message}
    return {**value, "type": [value["type"], "string"], **text}


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


def ref(name: str) -> JsonObject:
    """Return a reference to a definition."""
    return {"$ref": f"#/$defs/{name}"}


def any_of(*choices: JsonObject) -> JsonObject:
    """Return a schema that any of the choices fits."""
    return choices[0] if len(choices) == 1 else {"anyOf": list(choices)}


def snippet(label: str, text: str, body: object) -> JsonObject:
    """Return a text that editors offer. In its body, `$1` and `${1:word}` are where the writer goes on."""
    return {"label": label, "description": text, "body": body}


def described(text: str, schema: JsonObject) -> JsonObject:
    """Return `schema` with a description that editors show."""
    return {"description": text, **schema}


def fixed_keys(properties: JsonObject, required: Iterable[str] = ()) -> JsonObject:
    """Return a mapping that has these keys and no others, so that a typo is an error."""
    body: JsonObject = {"type": "object", "properties": properties, "additionalProperties": False}
    names = list(required)
    return {**body, "required": names} if names else body


def free_keys(value: JsonObject) -> JsonObject:
    """Return a mapping whose keys the writer chooses. A key that begins with `$` is an operator."""
    return {"type": "object", "propertyNames": {"pattern": r"^[^$]"}, "additionalProperties": value}


def operator(name: str, operand: JsonObject) -> JsonObject:
    """Return the schema of an operator."""
    return fixed_keys({name: described(OPERATORS[name], operand)}, [name])


def inherited(value: JsonObject) -> JsonObject:
    """Return the value, or an operator on the inherited value."""
    return any_of(value, operator("$replace", value), ref("unset"))


def inherited_list(items: JsonObject, *others: JsonObject) -> JsonObject:
    """Return a list, one of the other forms, or an operator, which can also add to the inherited list."""
    value = any_of({"type": "array", "items": items}, *others)
    return any_of(value, *_added(items), operator("$replace", value), ref("unset"))


def _added(items: JsonObject) -> list[JsonObject]:
    """Return the operators that add items to the inherited list."""
    return [operator(name, {"type": "array", "items": items}) for name in ("$append", "$prepend")]


def common_definitions() -> JsonObject:
    """Return the definitions of the values that any section holds."""
    scalar: JsonObject = {"type": ["string", "number", "boolean", "null"]}
    nested = [{"type": "array", "items": ref("item")}, free_keys(ref("value"))]
    return {
        "sound": {"title": TITLE, **sound()},
        "template": {
            "type": "string",
            "allOf": [ref("sound")],
            "pattern": ONE_EXPRESSION,
            "patternErrorMessage": "Only one whole `{{ expression }}` keeps the type of the expression.",
        },
        "templates": {"type": "string", "allOf": [ref("sound")], "pattern": SOME_TEMPLATE},
        "static": {
            "type": "string",
            "minLength": 1,
            "pattern": rf"^(?![\s\S]*(?:{SOME_TEMPLATE}))",
            "patternErrorMessage": "No templates here: paths and names like this one are fixed.",
        },
        "unset": operator("$unset", {"enum": [True]}),
        "literal": operator("$literal", scalar),
        "file": _with_values("$file", ref("static")),
        "command": _with_values("$command", any_of({"type": "string", "allOf": [ref("sound")]}, ref("literal"))),
        "scalar": scalar,
        "item": any_of({"allOf": [ref("scalar"), ref("sound")]}, *nested, ref("literal"), ref("file"), ref("command")),
        "value": any_of(
            ref("item"),
            operator("$append", nested[0]),
            operator("$prepend", nested[0]),
            operator("$replace", ref("value")),
            ref("unset"),
        ),
    }


def _with_values(name: str, operand: JsonObject) -> JsonObject:
    """Return a form with the values that are passed to its command."""
    passed = any_of({"allOf": [ref("scalar"), ref("sound")]}, ref("literal"))
    return fixed_keys(
        {
            name: described(OPERATORS[name], operand),
            "env": described(
                "Environment variables that are exported before the command's text.",
                inherited(free_keys(inherited(passed))),
            ),
            "args": described(
                "The positional parameters `$1`, `$2`, ... of the command's text.", inherited_list(passed)
            ),
        },
        [name],
    )
