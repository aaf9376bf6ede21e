"""The editor schema: what the compiler accepts it accepts, under both drafts that editors know; typos it refuses."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft7Validator, Draft202012Validator
from ruamel.yaml import YAML
from support.tables import each

from specc.expander.axes import RANGE_KEYS
from specc.expander.expand import KEYS as MATRIX_KEYS
from specc.nodes import Mapping
from specc.parser import document
from specc.resolver import operators, params
from specc.schema import read_schema
from specc.schemagen import build_editor
from specc.source import Source

SCHEMA_FILE = Path(__file__).parents[2] / "schemas" / "jobspec.schema.json"
SCHEMA = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
MODERN = Draft202012Validator(SCHEMA)
CLASSIC = Draft7Validator({key: value for key, value in SCHEMA.items() if key != "$schema"})

WHOLE = """
# yaml-language-server: $schema=../schemas/jobspec.schema.json
specc: 1
id: cfd/空腔
extends: [base/mpi.job.yaml, //site.job.yaml, "specc:mpi"]
abstract: true
api: ehpc/v2
params:
  ranks: {type: integer, default: 64, minimum: 1, maximum: 128, description: MPI ranks}
  case: {type: string, choices: [cavity, channel], example: cavity}
  inherited: {default: 2}
  more: {choices: {$append: [pipe]}}
  gone: {$unset: true}
  list: {type: list, default: [1, a]}
vars:
  run_dir: "/scratch/{{ params.case }}/{{ matrix.mesh }}"
  nested: {a: [1, {b: null}], awk: {$literal: "{{ print }}"}}
  added: {$append: [1]}
matrix:
  axes: {mesh: [coarse, fine], seed: {from: 1, to: 10, step: 1}, dyn: "{{ params.list }}", more: {$prepend: [x]}}
  zip: {lr: [0.1, 0.01], decay: [0.9, 0.99]}
  exclude: [{mesh: fine, seed: 10}]
  include: {$append: [{mesh: huge, seed: 1}]}
  max: 1000
  repeat: "{{ params.ranks }}"
profiles:
  smoke: {job: {core_limit: 1, time_limit: 5min}, params: {ranks: {default: 1}}}
  small: {matrix: {$replace: {axes: {mesh: [coarse]}}}}
  gone: {$unset: true}
job:
  name: "cfd-{{ params.case }}-{{ cell.slug }}"
  cmd_line: {$file: run.sh, env: {MESH: "{{ matrix.mesh }}", N: 3}, args: ["{{ cell.id }}", 2]}
  core_limit: "{{ params.ranks }}"
  mem_limit: 64GiB
  time_limit: 2h30m
  submit_type: 0
  cmd_line_type: input
  priority: {$replace: 3}
  resource_limit: {$unset: true}
  run_user: {$literal: "{{ user }}"}
x-anything: ignored
"""

GOOD = {
    "the whole language": WHOLE,
    "as little as possible": "specc: 1",
    "empty sections": "specc: 1\njob:\nvars:\n",
    "plain numbers": "specc: 1\njob: {mem_limit: 64, time_limit: 30}",
    "clock times": "specc: 1\njob: {time_limit: 12:00:00, mem_limit: 1.5 TiB}",
    "days": "specc: 1\njob: {time_limit: 1-12:00:00}",
    "a script": "specc: 1\njob:\n  cmd_line: |\n    {% for i in range(3) %}\n    echo ${#a[@]}\n    {% endfor %}\n",
    "sections with operators": "specc: 1\njob: {$replace: {name: a}}\nvars: {$unset: true}",
    "one parent": "specc: 1\nextends: base.job.yaml",
}

BAD = {
    "no version": "job: {name: a}",
    "another version": "specc: 2",
    "no mapping": "- specc",
    "a key with a typo": "specc: 1\nparms: {}",
    "a field with a typo": "specc: 1\njob: {cmd_lin: a}",
    "a field of the transport": "specc: 1\njob: {timestamp: now}",
    "a text for a number": "specc: 1\njob: {core_limit: many}",
    "a number for a text": "specc: 1\njob: {name: 64}",
    "null for a field": "specc: 1\njob: {name: null}",
    "a unit that is none": "specc: 1\njob: {mem_limit: 64XB}",
    "a duration for memory": "specc: 1\njob: {mem_limit: 2h}",
    "a value that is not allowed": "specc: 1\njob: {submit_type: 3}",
    "a quantity for a count": "specc: 1\njob: {core_limit: 2h}",
    "an unknown operator": "specc: 1\nvars: {a: {$add: [1]}}",
    "two keys in an operator": "specc: 1\nvars: {a: {$unset: true, b: 1}}",
    "append of a text": "specc: 1\nvars: {a: {$append: text}}",
    "unset false": "specc: 1\nvars: {a: {$unset: false}}",
    "append to a text field": "specc: 1\njob: {name: {$append: [a]}}",
    "a template in extends": 'specc: 1\nextends: "{{ vars.base }}"',
    "a template in api": 'specc: 1\napi: "{{ vars.api }}"',
    "a template in a file's path": 'specc: 1\njob: {cmd_line: {$file: "{{ x }}.sh"}}',
    "an unknown api": "specc: 1\napi: ehpc/v9",
    "abstract text": "specc: 1\nabstract: maybe",
    "an unknown type of parameter": "specc: 1\nparams: {a: {type: text}}",
    "an unknown key of a parameter": "specc: 1\nparams: {a: {type: string, defautl: x}}",
    "an unknown key of the matrix": "specc: 1\nmatrix: {axis: {a: [1]}}",
    "an unknown key of a range": "specc: 1\nmatrix: {axes: {a: {from: 1, until: 2}}}",
    "a plain axis": "specc: 1\nmatrix: {axes: {a: 3}}",
    "max of nothing": "specc: 1\nmatrix: {max: 0}",
    "job fields in a profile": "specc: 1\nprofiles: {smoke: {core_limit: 1}}",
    "a file with other keys": "specc: 1\njob: {cmd_line: {$file: a.sh, argv: [1]}}",
}


def load(text):
    return YAML(typ="safe", pure=True).load(text)


def test_the_schema_is_one():
    Draft202012Validator.check_schema(SCHEMA)
    Draft7Validator.check_schema(CLASSIC.schema)


@each("validator", [MODERN, CLASSIC])
@each("text", GOOD.values())
def test_good_specs(validator, text):
    assert [error.message for error in validator.iter_errors(load(text))] == []


@each("validator", [MODERN, CLASSIC])
@each("text", BAD.values())
def test_bad_specs(validator, text):
    assert not validator.is_valid(load(text))


@pytest.mark.slow
def test_check_jsonschema_accepts_and_refuses(tmp_path):
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(WHOLE, encoding="utf-8")
    bad.write_text(BAD["a field with a typo"], encoding="utf-8")
    command = [sys.executable, "-m", "check_jsonschema", "--schemafile", str(SCHEMA_FILE)]
    accepted = subprocess.run([*command, str(good)], capture_output=True, text=True, check=False)
    refused = subprocess.run([*command, str(bad)], capture_output=True, text=True, check=False)
    assert (accepted.returncode, refused.returncode) == (0, 1), accepted.stdout + refused.stdout


def test_the_schema_has_the_keys_of_the_compiler():
    definitions = SCHEMA["$defs"]
    (param, *_) = definitions["params"]["additionalProperties"]["anyOf"]
    axis = [form for form in definitions["axis"]["anyOf"][0]["anyOf"] if "from" in form.get("properties", {})]
    forms = {
        key for name in ("value", "unset", "literal", "file", "command") for key in operator_keys(definitions[name])
    }
    assert SCHEMA["properties"].keys() == {*document.HEADER, *document.SECTIONS}
    assert param["properties"].keys() == set(params.KEYS)
    assert set(param["properties"]["type"]["anyOf"][0]["enum"]) == set(params.TYPES)
    assert definitions["matrix"]["properties"].keys() == set(MATRIX_KEYS)
    assert axis[0]["properties"].keys() == set(RANGE_KEYS)
    assert forms == {*operators.MERGE_OPERATORS, *operators.VALUE_FORMS}
    assert definitions["file"]["properties"].keys() == {"$file", "env", "args"}


def operator_keys(schema):
    forms = [schema, *schema.get("anyOf", ())]
    return {key for form in forms for key in form.get("properties", {}) if key.startswith("$")}


def test_fields_say_what_each_version_says():
    fields = SCHEMA["$defs"]["job"]["properties"]
    assert fields["name"]["title"] == "name (string)"
    assert fields["name"]["description"] == "ehpc/v1: 作业名称 (required)\n\nehpc/v2: Name of the job (required)"
    assert "Only in ehpc/v2." in fields["priority"]["description"]
    assert "default 1" in fields["submit_type"]["description"]
    assert "| sh" in fields["cmd_line"]["description"]
    assert "[units]" in fields["mem_limit"]["description"]


def test_every_key_has_a_description():
    for name, body in {**SCHEMA["properties"], **SCHEMA["$defs"]["matrix"]["properties"]}.items():
        assert body["description"], name


def test_fields_of_other_types_and_versions_that_differ():
    def api(name, **properties):
        request = {"properties": properties}
        return read_schema(name, Source("r", json.dumps(request)), Source("a", "{}"), Source("p", ""))

    one = api("v1", tags={"type": "array"}, free={}, flag={"type": "boolean"}, size={"type": "integer", "enum": [1]})
    two = api("v2", size={"type": "integer", "enum": [2]})
    validator = Draft202012Validator(build_editor([one, two]))
    good = {"tags": {"$append": [1]}, "free": {"a": [None]}, "flag": "{{ x }}", "size": 2}
    assert validator.is_valid({"specc": 1, "job": good})
    for bad in ({"tags": 1}, {"free": {"$x": 1}}, {"flag": "yes"}, {"size": 3}):
        assert not validator.is_valid({"specc": 1, "job": bad}), bad
    assert isinstance(one.defaults, Mapping)
