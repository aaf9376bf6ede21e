"""The editor schema: what the compiler accepts it accepts, under both drafts that editors know; typos it refuses."""

import json
import re
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
CASES = Path(__file__).parents[1] / "cases"
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
    "days and minutes": "specc: 1\njob: {time_limit: 3-00:00}",
    "days and hours": "specc: 1\njob: {time_limit: 1-12}",
    "a script": "specc: 1\njob:\n  cmd_line: |\n    {% for i in range(3) %}\n    echo ${#a[@]}\n    {% endfor %}\n",
    "sections with operators": "specc: 1\njob: {$replace: {name: a}}\nvars: {$unset: true}",
    "one parent": "specc: 1\nextends: base.job.yaml",
    "parents of other names": "specc: 1\nextends: [../a.yml, //b/c.spec, 基础/站点.job.yaml, specc:hybrid]",
    "a template behind a text": 'specc: 1\njob: {mem_limit: "{{ params.n * 2 }}GiB", name: "a-{{ cell.slug }}"}',
    "braces that are text": "specc: 1\nvars: {a: {$literal: '{{.Names}}'}, b: '{% raw %}{{.x}}{% endraw %}'}",
    "a name that may be missing": "specc: 1\nvars: {a: '{{ x is defined }}', b: '{{ x | default(1) }}'}",
    "texts in expressions": """specc: 1\nvars: {a: "{{ 'a }}' ~ '{{ .b' }}", b: "{{ {'k': 1}['k'] }}"}""",
    "a statement in a text that is folded": "specc: 1\nvars:\n  a: >-\n    x\n    {% if params.x %}b{% endif %}",
    "signs": "specc: 1\nvars: {a: '{{ -1 }}{{- 2 -}}', b: '${#a[@]} {#'}",
    "equal values that advance together": "specc: 1\nmatrix: {zip: {a: [1, 1], b: [2, 3]}}",
    "an override of a default": "specc: 1\nparams: {a: {default: 1}, c: {type: list, default: {$append: [1]}}}",
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
    "a parent without a suffix": "specc: 1\nextends: base/solver",
    "a base that does not ship": "specc: 1\nextends: specc:mpl",
    "a template that is not closed": "specc: 1\nvars: {a: '{{ params.x }'}",
    "a template of another tool": "specc: 1\njob: {cmd_line: \"docker ps --format '{{.Names}}'\"}",
    "a template that ends too soon": "specc: 1\njob: {core_limit: '{{ params.n * }}'}",
    "a private name": "specc: 1\nvars: {a: \"{{ ''.__class__ }}\"}",
    "an unknown statement": "specc: 1\njob:\n  cmd_line: |\n    {% include 'a' %}\n    b\n",
    "a bare name": "specc: 1\nvars: {a: '{{ case | sh }}'}",
    "an unknown fact of the spec": "specc: 1\nvars: {a: '{{ spec.nam }}'}",
    "text around a number": "specc: 1\njob: {core_limit: '{{ params.n }} cores'}",
    "a number that is too large": "specc: 1\njob: {core_limit: 9007199254740993}",
    "a default of another type": "specc: 1\nparams: {n: {type: integer, default: '16'}}",
    "a choice of another type": "specc: 1\nparams: {n: {type: integer, choices: [1, two]}}",
    "a value twice on an axis": "specc: 1\nmatrix: {axes: {a: [1, 2, 1]}}",
    "an axis that reads variables": "specc: 1\nmatrix: {axes: {a: '{{ vars.b }}'}}",
    "a value of an axis that reads variables": "specc: 1\nmatrix: {axes: {a: [1, '{{ vars.b }}']}}",
    "a list as an argument": "specc: 1\njob: {cmd_line: {$file: a.sh, args: [[1]]}}",
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


def test_what_golden_cases_accept_is_good():
    folders = sorted(
        path.parent for path in CASES.glob("*/*/diagnostics.txt") if "error" not in path.read_text("utf-8")
    )
    specs = [spec for folder in folders for spec in folder.rglob("*.job.yaml")]
    refused = [spec for spec in specs if not CLASSIC.is_valid(load(spec.read_text(encoding="utf-8")))]
    assert (len(specs) > 10, refused) == (True, [])


def test_what_is_shared_has_the_title_of_the_whole():
    """The YAML language server shows the last field's title with every text, where shared definitions have none."""
    shared = {name: SCHEMA["$defs"][name].get("title") for name in ("sound", "early")}
    assert shared == dict.fromkeys(shared, SCHEMA["title"])


def test_snippets_make_good_specs():
    sections = ("params", "matrix", "profiles")
    found = [(name, snippet) for name in sections for snippet in SCHEMA["$defs"][name]["defaultSnippets"]]
    assert len(found) >= 6
    for section, snippet in found:
        text = re.sub(r'"?\$\{\d+:([^}]*)\}"?', lambda match: match[1], json.dumps(snippet["body"]))
        text = re.sub(r'"?\$\{\d+\|([^,|]*)[^}]*\}"?', lambda match: match[1], text)
        assert CLASSIC.is_valid({"specc": 1, section: load(text)}), text


def test_the_schema_has_the_keys_of_the_compiler():
    definitions = SCHEMA["$defs"]
    param = definitions["param"]
    forms = {
        key for name in ("value", "unset", "literal", "file", "command") for key in operator_keys(definitions[name])
    }
    assert SCHEMA["properties"].keys() == {*document.HEADER, *document.SECTIONS}
    assert param["properties"].keys() == set(params.KEYS)
    assert set(param["properties"]["type"]["anyOf"][0]["enum"]) == set(params.TYPES)
    assert definitions["matrix"]["properties"].keys() == set(MATRIX_KEYS)
    assert definitions["range"]["properties"].keys() == set(RANGE_KEYS)
    assert forms == {*operators.MERGE_OPERATORS, *operators.VALUE_FORMS}
    assert definitions["file"]["properties"].keys() == {"$file", "env", "args"}


def operator_keys(schema):
    forms = [schema, *schema.get("anyOf", ())]
    return {key for form in forms for key in form.get("properties", {}) if key.startswith("$")}


def test_fields_say_what_each_version_says():
    fields = SCHEMA["$defs"]["job"]["properties"]
    said = "name (string)\n\nehpc/v1: 作业名称 (required)\n\nehpc/v2: Name of the job (required)"
    assert fields["name"]["description"] == said
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
    validator = Draft202012Validator(build_editor([one, two], {}))
    good = {"tags": {"$append": [1]}, "free": {"a": [None]}, "flag": "{{ params.x }}", "size": 2}
    assert validator.is_valid({"specc": 1, "job": good})
    for bad in ({"tags": 1}, {"free": {"$x": 1}}, {"flag": "yes"}, {"size": 3}):
        assert not validator.is_valid({"specc": 1, "job": bad}), bad
    assert isinstance(one.defaults, Mapping)
