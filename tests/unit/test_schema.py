"""Reading a generated schema back for the compiler."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.tables import each

from specc.errors import SpeccError
from specc.nodes import Layer, LayerKind, to_data
from specc.schema import read_schema
from specc.settings import FieldType
from specc.source import Source

TESTS = Path(__file__).parent.parent

REQUEST = {
    "x-action": "job/do",
    "x-method": "POST",
    "x-endpoint": "https://a.b/api",
    "type": "object",
    "properties": {
        "timestamp": {"type": "string", "x-filled-by": "transport"},
        "cmd": {"type": "string", "x-shell": True, "description": "the command", "x-source": "page.md:3"},
        "mem": {"type": "integer", "x-quantity": "memory"},
        "kind": {"type": "integer", "enum": [0, 1], "default": 1},
        "untyped": {},
    },
    "required": ["timestamp", "kind"],
    "anyOf": [{"required": ["cmd"]}, {"required": ["mem"]}],
    "additionalProperties": False,
}
PATCH = "# why\nproperties:\n  kind: {default: 1, enum: [0, 1]}\n  mem: {x-quantity: memory}\n  cmd: {default: null}\n"


def read(request=REQUEST, patch=PATCH):
    return read_schema("some/v1", Source("r", json.dumps(request)), Source("a", "{}"), Source("patch.yaml", patch))


def test_fields_in_the_order_of_the_table():
    api = read()
    assert list(api.fields) == list(REQUEST["properties"])
    cmd, mem, kind, untyped = (api.fields[name] for name in ("cmd", "mem", "kind", "untyped"))
    assert (cmd.type, cmd.required, cmd.description, cmd.source, cmd.shell) == (
        "string",
        False,
        "the command",
        "page.md:3",
        True,
    )
    assert (mem.quantity, mem.shell) == ("memory", False)
    assert (kind.required, kind.allowed) == (True, (0, 1))
    assert untyped.type == "any"
    assert api.fields["timestamp"].filled_by_transport
    assert (api.name, api.action, api.method, api.endpoint) == ("some/v1", "job/do", "POST", "https://a.b/api")
    assert api.needed == (("cmd", "mem"),)
    assert api.response == {}


def test_a_payload_has_nothing_of_the_transport():
    api = read()
    assert "timestamp" not in api.payload["properties"]
    assert api.payload["required"] == ["kind"]
    assert "timestamp" in api.request["properties"]
    assert "timestamp" not in api.field_types({})


def test_field_types_carry_units():
    types = read().field_types({"mem": "MiB", "other": "min"})
    assert types["mem"] == FieldType("mem", "integer", "memory", "MiB")
    assert types["cmd"] == FieldType("cmd", "string", shell=True)


def test_errors_are_those_of_jsonschema():
    api = read()
    assert api.field_errors({"kind": 1, "cmd": "x"}) == []
    errors = api.field_errors({"kind": 2, "timestamp": "now"})
    assert sorted(str(error.validator) for error in errors) == ["additionalProperties", "anyOf", "enum"]


RIGHT = """
import sys
from support.compiling import check, render
head = "job: {name: n, cmd_line: x"
assert len(render(head + "}").payloads) == 1
assert not check("params: {n: {type: integer}}\\n" + head + ", core_limit: '{{ params.n }}'}").found
assert not check("abstract: true\\njob: {name: '{{ vars.n }}'}").found
assert "jsonschema" not in sys.modules
assert len(check("job: {cmd_line: x, core_limit: x, nam: y}").found) > 1
assert "jsonschema" not in sys.modules
assert check(head + ", core_limit: [x]}").found
assert "jsonschema" in sys.modules
"""


def test_jsonschema_is_imported_for_what_is_not_plain_alone():
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])}
    subprocess.run([sys.executable, "-c", RIGHT], env=environment, check=True, timeout=60)


def test_a_part_of_a_payload_may_lack_what_is_required():
    api = read()
    assert [api.accepts(data) for data in ({}, {"kind": 1}, {"kind": 1, "mem": 2})] == [False, False, True]
    assert [api.accepts_part(data) for data in ({}, {"kind": 1}, {"kind": 2})] == [True, True, False]


def test_defaults_stand_where_the_patch_says_them():
    defaults = read().defaults
    assert to_data(defaults) == {"kind": 1}
    assert str(defaults.entries["kind"].span) == "patch.yaml:3:19"
    assert str(defaults.keys["kind"].span) == "patch.yaml:3:3"
    assert defaults.layer == defaults.entries["kind"].layer == Layer(LayerKind.API, "some/v1")


@each("patch", ["", "# nothing\n", "title: x", "properties: {kind: 1}"])
def test_a_patch_without_defaults(patch):
    assert read(patch=patch).defaults.entries == {}


def test_a_schema_with_nothing_in_it():
    api = read(request={})
    assert (api.fields, api.needed, api.action, api.field_errors({"a": 1})) == ({}, (), None, [])


@each("text", ["", "{", "[]", "1"])
def test_a_broken_schema_is_a_broken_installation(text):
    with pytest.raises(SpeccError, match=r"broken\.json is not a generated schema") as raised:
        read_schema("x", Source("broken.json", text), Source("a", "{}"), Source("p", ""))
    assert raised.value.help


def test_a_broken_patch_is_a_broken_installation():
    with pytest.raises(SpeccError, match=r"patch\.yaml cannot be read"):
        read(patch="a: [")
