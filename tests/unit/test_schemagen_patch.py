"""The patch: RFC 7396, every entry with its source, every mistake at its line and column."""

from support.tables import each

from specc.parser import parse_tree
from specc.schemagen import build_request, merge_patch, read_page
from specc.source import Source

PAGE = """## Request parameters

| Parameter | Type | Required | Description |
| --- | --- | --- | --- |
| name | string | true | the name |
| mem | int | false | the memory |
"""


def patched(text):
    page, _ = read_page(Source("docs/page.md", PAGE))
    node, found = parse_tree(Source("docs/page.patch.yaml", text))
    assert not found
    schema, found = build_request(page, node)
    return schema, [
        (finding.code.slug, str(finding.span)[len("docs/page.patch.yaml:") :], finding.message) for finding in found
    ]


# The examples of RFC 7396, appendix A
@each(
    "target, patch, result",
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_patch_is_rfc_7396(target, patch, result):
    before = repr(target)
    assert merge_patch(target, patch) == result
    assert repr(target) == before


def test_an_entry_changes_a_row_and_says_why():
    schema, found = patched("properties: {mem: {x-quantity: memory, description: null, x-patch-source: why}}")
    assert not found
    assert schema["properties"]["mem"] == {
        "type": "integer",
        "x-source": "page.md:6",
        "x-quantity": "memory",
        "x-patch-source": "why",
    }


def test_an_added_field_comes_from_the_patch():
    schema, found = patched("properties:\n  extra: {x-added: true, type: string, x-patch-source: why}\n")
    assert not found
    assert list(schema["properties"]) == ["name", "mem", "extra"]
    assert schema["properties"]["extra"]["x-source"] == "page.patch.yaml:2"


def test_keywords_of_the_schema_itself():
    text = (
        "anyOf: [{required: [name]}, {required: [mem]}]\nrequired: [mem]\nx-patch-source: {anyOf: why, required: why}\n"
    )
    schema, found = patched(text)
    assert not found
    assert schema["required"] == ["mem"]


def test_an_empty_patch_changes_nothing():
    assert patched("# nothing\n") == patched("{}")


@each(
    "text, place, part",
    [
        ("- a", "1:1", "the patch is a list"),
        ("properties: [a]", "1:13", "`properties` is a list"),
        ("propertys: {}", "1:1", "a patch cannot set `propertys`"),
        ("additionalProperties: true", "1:1", "a patch cannot set `additionalProperties`"),
        ("description: text", "1:1", "does not name its source"),
        ("description: text\nx-patch-source: {title: why}", "1:1", "does not name its source"),
        ("x-patch-source: why", "1:17", "not a mapping"),
        ("properties: {mem: 1}", "1:19", "the entry of `mem` is the number 1"),
        ("properties: {mem: null}", "1:19", "the entry of `mem` is null"),
        ("properties: {mem: {default: 1}}", "1:14", "does not name its source"),
        ("properties: {mem: {default: 1, x-patch-source: ' '}}", "1:14", "does not name its source"),
        ("properties: {men: {default: 1, x-patch-source: why}}", "1:14", "the table has no row `men`"),
        (
            "properties: {mem: {x-added: true, type: string, x-patch-source: why}}",
            "1:29",
            "the table has the row `mem`",
        ),
        ("properties: {new: {x-added: 1, type: string, x-patch-source: why}}", "1:29", "is the number 1"),
        ("properties: {new: {x-added: true, x-patch-source: why}}", "1:14", "has no type"),
        ("properties: {mem: {x-quantitty: memory, x-patch-source: why}}", "1:20", "a patch cannot set `x-quantitty`"),
        ("properties: {mem: {x-quantity: length, x-patch-source: why}}", "1:32", "`memory` or `duration`"),
        ("properties: {name: {x-quantity: memory, x-patch-source: why}}", "1:33", "type integer, which `name` is not"),
        ("properties: {name: {x-shell: 1, x-patch-source: why}}", "1:30", "must be `true`"),
        ("properties: {name: {x-shell: false, x-patch-source: why}}", "1:30", "must be `true`"),
        ("properties: {mem: {x-shell: true, x-patch-source: why}}", "1:29", "type string"),
        ("properties: {mem: {x-filled-by: magic, x-patch-source: why}}", "1:33", "`transport`"),
        ("properties: {mem: {default: many, x-patch-source: why}}", "1:29", "`default` of `mem` does not fit"),
        ("properties: {mem: {enum: [1, x], x-patch-source: why}}", "1:30", "`enum` of `mem` does not fit"),
        ("properties: {mem: {minimum: 2, default: 1, x-patch-source: why}}", "1:41", "`default` of `mem`"),
        ("properties: {name: {examples: [1], x-patch-source: why}}", "1:32", "`examples` of `name`"),
        ("properties: {mem: {minimum: low, x-patch-source: why}}", "1:29", "is not JSON Schema"),
        ("properties: {mem: {type: strnig, x-patch-source: why}}", "1:26", "is not JSON Schema"),
        ("properties: {mem: {type: [integer, string], x-patch-source: why}}", "1:26", "several types"),
        ("properties: {name: {pattern: '(', x-patch-source: why}}", "1:30", "is not a regular expression"),
        ("required: [nmae]\nx-patch-source: {required: why}", "1:12", "there is no field `nmae`"),
        ("anyOf: [{required: [nmae]}]\nx-patch-source: {anyOf: why}", "1:21", "there is no field `nmae`"),
        ("anyOf: [{required: [name, mem]}]\nx-patch-source: {anyOf: why}", "1:9", "must require one field"),
        ("anyOf: [{type: object}]\nx-patch-source: {anyOf: why}", "1:9", "must require one field"),
        ("anyOf: [true]\nx-patch-source: {anyOf: why}", "1:9", "must require one field"),
        ("x-method: 1\nx-patch-source: {x-method: why}", "1:11", "must be a text"),
        ("x-endpoint: [a]\nx-patch-source: {x-endpoint: why}", "1:13", "must be a text"),
    ],
)
def test_mistakes(text, place, part):
    schema, found = patched(text)
    assert [(slug, at) for slug, at, _ in found] == [("bad-patch", place)]
    assert part in found[0][2]
    assert schema["properties"].keys() == {"name", "mem"}


def test_all_mistakes_are_reported_at_once():
    _, found = patched("titel: x\nproperties:\n  men: {default: 1}\n  mem: {default: many, x-patch-source: why}\n")
    assert [at for _, at, _ in found] == ["1:1", "3:3", "3:3", "4:18"]
