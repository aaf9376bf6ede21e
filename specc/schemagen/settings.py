"""The schema of `specc.toml`, for editors: from the shapes that check it, and the manual's sentences.

Like the editor schema, it refuses nothing that specc accepts, but for a unit of another quantity, which no spec
can use. `x-taplo` is for Taplo and Even Better TOML.
"""

import re
from collections.abc import Iterable, Mapping

from specc.config import shapes
from specc.config.meanings import MEANINGS, TABLES
from specc.config.shapes import Each, Items, Shape, Value
from specc.schema import ApiSchema, JsonObject
from specc.schemagen.build import COMMENT
from specc.schemagen.editor import QUANTITIES, described, fixed_keys
from specc.targets.command import ADAPTERS
from specc.targets.kinds import KINDS
from specc.targets.slurm.options import DECIDED, FLAGS, WITH_VALUE
from specc.units import DURATION_UNITS, MEMORY_UNITS

DIALECT = "http://json-schema.org/draft-07/schema#"
"""Taplo knows no later one."""

TEXT: JsonObject = {"type": "string", "pattern": r"\S"}
ATOM: JsonObject = {"type": ["string", "number", "boolean"]}
GIVEN = WITH_VALUE - DECIDED.keys()
RULE_NAMES = sorted(shapes.BY_NAME)
OPTIONAL_NAMES = [name for name in RULE_NAMES if shapes.is_optional(shapes.BY_NAME[name])]


def _one_of(names: Iterable[str]) -> JsonObject:
    return {"type": "string", "enum": list(names)}


def _pattern(pattern: str) -> JsonObject:
    return {"type": "string", "pattern": pattern}


VALUES: dict[Value, JsonObject] = {
    shapes.TEXT: TEXT,
    shapes.TARGET_NAME: TEXT,
    shapes.CLUSTER: _pattern(f"^{shapes.CLUSTER_NAME.pattern}$"),
    shapes.ATOM: ATOM,
    shapes.COUNT: {"type": "integer", "minimum": 1},
    shapes.DURATION: _pattern(QUANTITIES["duration"]),
    shapes.MEMORY: _pattern(QUANTITIES["memory"]),
    shapes.ADDRESS: _pattern("^https?://"),
    shapes.VARIABLE_NAME: _pattern(f"^{shapes.VARIABLE.pattern}$"),
    shapes.UNIT: _one_of(shapes.UNIT_NAMES),
    shapes.KIND: _one_of(KINDS),
    shapes.CALLER: _one_of(["caller"]),
    shapes.FLAG: {"type": "boolean"},
    shapes.WORKDIR: {"anyOf": [_one_of(shapes.WORKDIRS), _pattern("^/")]},
    shapes.PATTERN: TEXT,
    shapes.PRELUDE: {"anyOf": [{"type": "string"}, fixed_keys({"file": TEXT}, ["file"])]},
    shapes.LAYOUT: _one_of(["tasks", "threads"]),
    shapes.OPTION: _pattern(rf"^--(?:(?:{'|'.join(sorted(FLAGS))})$|(?:{'|'.join(sorted(GIVEN))})=)"),
    shapes.ADAPTER: _one_of(ADAPTERS),
    shapes.OWN: {"anyOf": [ATOM, {"type": "array", "items": ATOM}]},
    shapes.RULE_NAME: {"$ref": "#/definitions/rule"},
    shapes.OPTIONAL_NAME: {"$ref": "#/definitions/optional_rule"},
    shapes.LEVEL: _one_of(["error", "warning", "off"]),
    shapes.ONLY_ERROR: _one_of(["error"]),
}
"""What JSON Schema can say of each kind of value."""


def build_settings(apis: Iterable[ApiSchema]) -> JsonObject:
    """Return the schema of `specc.toml`. The names of fields in it are those of these API versions."""
    versions = list(apis)
    body = _schema(shapes.SETTINGS, "")
    target = body["properties"]["targets"]["additionalProperties"]
    for place in (body, target):
        place["properties"]["units"]["properties"] = _units(versions)
    body["properties"]["api"] = described(_meaning("api"), _one_of(api.name for api in versions))
    body["properties"]["defaults"]["properties"] = _fields(versions)
    target["properties"]["job"]["properties"] = {name: {**ATOM, **field} for name, field in _fields(versions).items()}
    target["x-taplo"] = {"initKeys": ["kind"]}
    return {
        "$schema": DIALECT,
        "$comment": COMMENT,
        "title": "specc.toml",
        "description": "The settings of a specc project.",
        **body,
        "definitions": {
            "optional": VALUES[shapes.LEVEL],
            "fixed": VALUES[shapes.ONLY_ERROR],
            "rule": _one_of(RULE_NAMES),
            "optional_rule": _one_of(OPTIONAL_NAMES),
            "severity": _severities(),
        },
    }


def _schema(shape: Shape, path: str) -> JsonObject:
    """Return the schema of a shape at a path, in which `NAME` stands for a name of the user's choice."""
    match shape:
        case Value():
            return dict(VALUES[shape])
        case Items():
            return {"type": "array", "items": _schema(shape.item, path)}
        case Each():
            return {"type": "object", "additionalProperties": _described(shape.value, f"{path}.NAME")}
        case dict() if path.endswith("severity"):
            return {"$ref": "#/definitions/severity"}
        case dict():
            return fixed_keys({name: _described(inner, f"{path}.{name}".lstrip(".")) for name, inner in shape.items()})
        case None:
            return {}


def _described(shape: Shape, path: str) -> JsonObject:
    return described(_meaning(path), _schema(shape, path))


def _meaning(path: str) -> str:
    """Return the sentence of a setting or a table, without links to the manual's pages."""
    text = MEANINGS[path] if path in MEANINGS else TABLES[path]
    plain = re.sub(r"\[([^\[\]]*+)\]\([^()]*+\)", r"\1", text)
    return f"{plain[0].upper()}{plain[1:]}."


def _severities() -> JsonObject:
    """Return the schema of a table of severities. An error that makes a payload impossible stays one."""
    levels = {name: "optional" if shapes.is_optional(code) else "fixed" for name, code in shapes.BY_NAME.items()}
    return fixed_keys(
        {
            name: described(shapes.BY_NAME[name].summary, {"$ref": f"#/definitions/{level}"})
            for name, level in levels.items()
        }
    )


def _units(apis: list[ApiSchema]) -> JsonObject:
    units: Mapping[str, Iterable[str]] = {"memory": MEMORY_UNITS, "duration": DURATION_UNITS}
    measured = {name: field.quantity for api in apis for name, field in api.fields.items() if field.quantity}
    return {
        name: described(f"The unit in which your cluster counts `{name}`.", _one_of(units[quantity]))
        for name, quantity in measured.items()
    }


def _fields(apis: list[ApiSchema]) -> dict[str, JsonObject]:
    """Return the job fields with what the API's tables say of them. Their values are those of a spec, so any."""
    found: dict[str, JsonObject] = {}
    for api in apis:
        for name, field in api.fields.items():
            if not field.filled_by_transport:
                found.setdefault(name, {"description": f"{name} ({field.type})"})
                found[name]["description"] += f"\n\n{api.name}: {field.description}" if field.description else ""
    return found
