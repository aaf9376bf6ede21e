"""The keys and values of the spec language and of `specc.toml`, as their schemas have them, with what they mean."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from jinja2.filters import FILTERS as JINJA_FILTERS
from jinja2.tests import TESTS as JINJA_TESTS

from specc import assets
from specc.config.shapes import SETTINGS, Each, Items, Shape, Value
from specc.lsp.cursor import ITEM

NAMESPACES = {
    "params": "typed inputs of the spec",
    "vars": "values that the spec computes",
    "matrix": "the values of the axes in this cell",
    "cell": "this cell of the sweep",
    "job": "other fields of this job, as the API takes them",
    "spec": "the spec itself",
    "env": "variables of the environment that specc.toml lists",
}
MEMBERS = {
    "cell": {
        "id": "a digest of the values of the axes",
        "index": "its number, from 0",
        "slug": "the values of the axes, for names of files and jobs",
        "repeat": "its number among its repetitions, from 1",
        "attempt": "its number among the attempts of this cell, from 1",
    },
    "spec": {
        "id": "the identity for submissions",
        "name": "the name of the file, without `.job.yaml`",
        "dir": "the folder, from the project's root",
        "path": "the file, from the project's root",
    },
}
OUR_FILTERS = {
    "sh": "Quotes a value for the shell; a list becomes several words.",
    "raw": "Says that the shell is meant to see the value as it is.",
    "gib": "A number becomes a quantity (`4 | gib` is `4GiB`), a quantity a number.",
    "mib": "A number becomes a quantity (`4 | mib` is `4MiB`), a quantity a number.",
    "minutes": "A number becomes a quantity (`4 | minutes` is `4min`), a quantity a number.",
    "seconds": "A number becomes a quantity (`4 | seconds` is `4s`), a quantity a number.",
}
Schema = dict[str, Any]
OPERATOR = "$"


@cache
def _schema() -> Schema:
    """Return the editor's schema, which a process reads once."""
    path = assets.folder("schemas") / "jobspec.schema.json"
    schema: Schema = json.loads(path.read_text(encoding="utf-8"))
    return schema


def _branches(schema: Schema) -> Iterator[Schema]:
    """Yield a schema without references and alternatives: everything that it may be."""
    waiting, seen = [schema], set[int]()
    while waiting:
        current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        if "$ref" in current:
            waiting.append(_schema()["$defs"][current["$ref"].rpartition("/")[2]])
        waiting.extend(current.get("anyOf", ()))
        yield current


def _below(schemas: list[Schema], step: str) -> list[Schema]:
    found: list[Schema] = []
    for schema in schemas:
        if step == ITEM:
            if isinstance(schema.get("items"), dict):
                found.append(schema["items"])
        elif step in schema.get("properties", {}):
            found.append(schema["properties"][step])
        elif isinstance(schema.get("additionalProperties"), dict) and not step.startswith(OPERATOR):
            found.append(schema["additionalProperties"])
    return [branch for schema in found for branch in _branches(schema)]


def _at(path: tuple[str, ...]) -> list[Schema]:
    found = list(_branches(_schema()))
    for step in path:
        found = _below(found, step)
    return found


def keys_at(path: tuple[str, ...]) -> dict[str, str]:
    """Return the keys that the language has in the mapping at a path, with what each means. Operators come last."""
    found: dict[str, str] = {}
    for schema in _at(path):
        for name, body in schema.get("properties", {}).items():
            found.setdefault(name, "")
            found[name] = found[name] or _description(body)
    return dict(sorted(found.items(), key=lambda entry: entry[0].startswith(OPERATOR)))


def _description(body: Schema) -> str:
    return str(next((each["description"] for each in _branches(body) if each.get("description")), ""))


def meaning_of(path: tuple[str, ...]) -> str:
    """Return what a key of the language means; nothing for a name of the user's own."""
    return keys_at(path[:-1]).get(path[-1], "") if path else ""


def values_at(path: tuple[str, ...]) -> list[str]:
    """Return the values that the language allows at a path, where these are few, as they are written."""
    found: dict[str, None] = {}
    for schema in _at(path):
        found |= dict.fromkeys(json.dumps(value).strip('"') for value in schema.get("enum", ()))
        types = schema.get("type", ())
        if types == "boolean":
            found |= dict.fromkeys(("true", "false"))
    return list(found)


def settings_at(path: tuple[str, ...]) -> Shape:
    """Return what `specc.toml` may hold at a path; None where that is anything, or nothing."""
    shape: Shape = SETTINGS
    for step in path:
        match shape:
            case dict():
                shape = shape.get(step)
            case Each():
                shape = shape.value
            case Items():
                shape = shape.item
            case _:
                return None
    return shape


def expected(shape: Shape) -> str:
    """Return what a setting takes, in a few words."""
    match shape:
        case Value():
            return shape.expected
        case Items():
            return f"a list, each item {expected(shape.item)}"
        case None:
            return "any value"
        case _:
            return "a table"


@cache
def filter_meaning(name: str) -> str:
    """Return what a filter does, in a sentence."""
    return OUR_FILTERS.get(name) or first_sentence(getattr(JINJA_FILTERS.get(name), "__doc__", None))


def first_sentence(text: str | None) -> str:
    """Return the first sentence of a docstring, as it stands in a library."""
    paragraph = " ".join((text or "").strip().split("\n\n")[0].split())
    sentence = re.split(r"(?<=[.:])\s", paragraph, maxsplit=1)[0]
    return re.sub(r":\w+:`([^`]*)`|``([^`]*)``", r"`\1\2`", sentence)


@cache
def test_meaning(name: str) -> str:
    """Return what a test asks, in a sentence."""
    return first_sentence(getattr(JINJA_TESTS.get(name), "__doc__", None))
