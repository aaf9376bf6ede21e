"""The keys and values of the spec language and of `specc.toml`, as their schemas have them, with what they mean."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

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
FILTERS = {
    "sh": "Quotes a value for the shell; a list becomes several words.",
    "raw": "Says that the shell is meant to see the value as it is.",
    "gib": "A number becomes a quantity (`4 | gib` is `4GiB`), a quantity a number.",
    "mib": "A number becomes a quantity (`4 | mib` is `4MiB`), a quantity a number.",
    "minutes": "A number becomes a quantity (`4 | minutes` is `4min`), a quantity a number.",
    "seconds": "A number becomes a quantity (`4 | seconds` is `4s`), a quantity a number.",
    "abs": "Returns a number without its sign.",
    "batch": "Cuts a list into lists of so many items: `batch(3)`.",
    "capitalize": "Writes the first letter as a capital, and all others small.",
    "center": "Centers a text in so many characters: `center(20)`.",
    "count": "Counts the items of a list, or the characters of a text.",
    "d": "Replaces a value that is not defined; with `true`, also one that is empty: `d('none', true)`.",
    "default": "Replaces a value that is not defined; with `true`, also one that is empty: `default('none', true)`.",
    "dictsort": "Sorts the entries of a mapping by their keys, or by their values: `dictsort(by='value')`.",
    "first": "Returns the first item of a list.",
    "float": "Makes a number with a fraction of a value; 0.0, or its argument, where there is none.",
    "format": "Fills values into a text: `'%03d' | format(cell.index)`.",
    "groupby": "Groups mappings by the value of a key: `groupby('queue')`.",
    "indent": "Indents all lines but the first by 4 blanks, or by so many: `indent(2)`.",
    "int": "Makes an integer of a value; 0, or its argument, where there is none.",
    "items": "Returns the entries of a mapping, each as its key and its value.",
    "join": "Joins the items of a list into a text, with a separator between them: `join(' ')`.",
    "last": "Returns the last item of a list.",
    "length": "Counts the items of a list, or the characters of a text.",
    "list": "Makes a list of a value; of a text, a list of its characters.",
    "lower": "Writes a text in small letters.",
    "map": "Applies a filter to each item of a list, or takes one key of each: `map('sh')`, `map(attribute='name')`.",
    "max": "Returns the largest item of a list.",
    "min": "Returns the smallest item of a list.",
    "reject": "Removes the items of a list for which a test holds: `reject('odd')`.",
    "rejectattr": "Removes the mappings of a list in which a test holds for a key: `rejectattr('queue', 'eq', 'gpu')`.",
    "replace": "Replaces one text by another wherever it stands: `replace('.', '_')`.",
    "reverse": "Reverses a list or a text.",
    "round": "Rounds a number to so many digits: `round(2)`; up or down with `round(0, 'ceil')`, `round(0, 'floor')`.",
    "select": "Keeps the items of a list for which a test holds: `select('odd')`.",
    "selectattr": "Keeps the mappings of a list in which a test holds for a key: `selectattr('queue', 'eq', 'gpu')`.",
    "slice": "Divides a list into so many lists: `slice(3)`.",
    "sort": "Sorts a list: `sort(reverse=true)`, `sort(attribute='name')`.",
    "string": "Makes a text of a value.",
    "sum": "Adds up the numbers of a list.",
    "title": "Writes each word with a capital.",
    "tojson": "Writes a value as JSON.",
    "trim": "Removes blanks at both ends of a text, or other characters: `trim('/')`.",
    "truncate": "Cuts a text to so many characters: `truncate(20)`.",
    "unique": "Removes the items of a list that are there already.",
    "upper": "Writes a text in capitals.",
    "urlencode": "Writes a text as it stands in the address of a page.",
    "wordcount": "Counts the words of a text.",
}
"""The filters of templates, with what each does: those of specc first."""
TESTS = {
    "boolean": "Whether a value is `true` or `false`.",
    "defined": "Whether a name is defined.",
    "divisibleby": "Whether a number can be divided by another one: `is divisibleby 2`.",
    "eq": "Whether two values are equal: `is eq 1`.",
    "equalto": "Whether two values are equal: `is equalto 1`.",
    "even": "Whether a number is even.",
    "false": "Whether a value is `false`.",
    "float": "Whether a value is a number with a fraction.",
    "ge": "Whether a value is at least another one: `is ge 1`.",
    "greaterthan": "Whether a value is greater than another one: `is greaterthan 1`.",
    "gt": "Whether a value is greater than another one: `is gt 1`.",
    "in": "Whether a value is in a list: `is in [1, 2]`.",
    "integer": "Whether a value is an integer.",
    "iterable": "Whether a value has items: a list, a mapping or a text.",
    "le": "Whether a value is at most another one: `is le 1`.",
    "lessthan": "Whether a value is less than another one: `is lessthan 1`.",
    "lower": "Whether a text is written in small letters.",
    "lt": "Whether a value is less than another one: `is lt 1`.",
    "mapping": "Whether a value is a mapping.",
    "ne": "Whether two values differ: `is ne 1`.",
    "none": "Whether a value is null.",
    "number": "Whether a value is a number.",
    "odd": "Whether a number is odd.",
    "sameas": "Whether two values are the same, of the same type: `is sameas true`.",
    "sequence": "Whether a value has items that can be counted: a list, a mapping or a text.",
    "string": "Whether a value is a text.",
    "true": "Whether a value is `true`.",
    "undefined": "Whether a name is not defined.",
    "upper": "Whether a text is written in capitals.",
}
"""The tests of templates, as in `{{ n is odd }}`, with what each asks."""
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
