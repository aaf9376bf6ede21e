"""What the spec language adds to any value, as JSON Schema: templates, operators and value forms.

Only keywords that mean the same in draft-07 and 2020-12 are used, because editors know the first better.
"""

from collections.abc import Iterable

from specc.schema import JsonObject

TEMPLATE_TEXT = r"\{\{|\{%"


def ref(name: str) -> JsonObject:
    return {"$ref": f"#/$defs/{name}"}


def any_of(*choices: JsonObject) -> JsonObject:
    return choices[0] if len(choices) == 1 else {"anyOf": list(choices)}


def described(text: str, schema: JsonObject) -> JsonObject:
    """`schema` with a description that editors show."""
    return {"description": text, **schema}


def fixed_keys(properties: JsonObject, required: Iterable[str] = ()) -> JsonObject:
    """A mapping that has these keys and no others, so that a typo is an error."""
    body: JsonObject = {"type": "object", "properties": properties, "additionalProperties": False}
    names = list(required)
    return {**body, "required": names} if names else body


def free_keys(value: JsonObject) -> JsonObject:
    """A mapping whose keys the writer chooses; a key with `$` is an operator's."""
    return {"type": "object", "propertyNames": {"pattern": r"^[^$]"}, "additionalProperties": value}


def operator(name: str, operand: JsonObject) -> JsonObject:
    return fixed_keys({name: described(OPERATORS[name], operand)}, [name])


OPERATORS = {
    "$append": "Add these items behind the inherited list.",
    "$prepend": "Add these items before the inherited list.",
    "$replace": "Put this in the place of what was inherited, without merging.",
    "$unset": "Take away what was inherited.",
    "$literal": "This text as it is: templates in it are not evaluated.",
    "$file": "The text of a file, by its path relative to this one; `//` starts at the project's root. "
    "A file that ends in `.j2` is evaluated as a template, any other is taken as it is.",
    "$command": "The text of a command, to which variables and arguments are passed.",
}


def inherited(value: JsonObject) -> JsonObject:
    """The value, or an operator on what was inherited."""
    return any_of(value, operator("$replace", value), ref("unset"))


def inherited_list(items: JsonObject, *others: JsonObject) -> JsonObject:
    """A list, one of the other forms, or an operator; a list can also be added to."""
    whole: JsonObject = {"type": "array", "items": items}
    value = any_of(whole, *others)
    extended = [operator(name, whole) for name in ("$append", "$prepend")]
    return any_of(value, *extended, operator("$replace", value), ref("unset"))


def common_definitions() -> JsonObject:
    scalar: JsonObject = {"type": ["string", "number", "boolean", "null"]}
    nested = [{"type": "array", "items": ref("item")}, free_keys(ref("value"))]
    return {
        "template": described(
            "A Jinja2 expression. A value that is one whole `{{ expression }}` keeps the expression's type.",
            {"type": "string", "pattern": TEMPLATE_TEXT},
        ),
        "static": {"type": "string", "minLength": 1, "not": {"pattern": TEMPLATE_TEXT}},
        "unset": operator("$unset", {"enum": [True]}),
        "literal": operator("$literal", scalar),
        "file": _with_values("$file", ref("static")),
        "command": _with_values("$command", any_of({"type": "string"}, ref("literal"))),
        "scalar": scalar,
        "item": any_of(ref("scalar"), *nested, ref("literal"), ref("file"), ref("command")),
        "value": any_of(
            ref("item"),
            operator("$append", nested[0]),
            operator("$prepend", nested[0]),
            operator("$replace", ref("value")),
            ref("unset"),
        ),
    }


def _with_values(name: str, operand: JsonObject) -> JsonObject:
    """A form with the values that are passed to its command."""
    return fixed_keys(
        {
            name: described(OPERATORS[name], operand),
            "env": described(
                "Environment variables that are exported before the command's text.",
                inherited(free_keys(ref("value"))),
            ),
            "args": described(
                "The positional parameters `$1`, `$2`, ... of the command's text.", inherited_list(ref("item"))
            ),
        },
        [name],
    )
