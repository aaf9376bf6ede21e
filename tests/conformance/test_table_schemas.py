"""The shipped tables against the shipped schemas, read here by splitting lines, as the project's reader never does."""

import json
import re
from pathlib import Path

from jsonschema import Draft202012Validator
from support.tables import each

from specc.schema import read_schema
from specc.schemagen import build_request, build_response, read_page
from specc.source import Source

SCHEMAS = Path(__file__).parents[2] / "schemas"
VERSIONS = ("ehpc/v1", "ehpc/v2")
JSON_TYPES = {"string": "string", "int": "integer"}
VALID = {"string": "text", "int": 3}
INVALID = {"string": 3, "int": "3"}

V2_ROWS = """
timestamp string true · cluster_id string true · zone string true · run_user string true · name string true ·
hpcqueue_id string false · input_file string false · core_limit int true · submit_type int true ·
priority int false · cmd_line string true · mem_limit int false · resource_limit string false ·
scheduler_queue_name string false · stderr_redirect_path string false · stdout_redirect_path string false ·
time_limit int false
"""


def lines(version, file="submitjob.md"):
    return (SCHEMAS / version / file).read_text(encoding="utf-8").splitlines()


def cells(line):
    return [re.sub(r"<[^>]*>", "", cell).strip() for cell in line.strip().strip("|").split("|")]


def table(version, number):
    """The rows of the page's first or second table as (line, cells)."""
    rules = [index for index, line in enumerate(lines(version)) if re.fullmatch(r"\|[|: -]+", line)]
    rows = []
    for index, line in enumerate(lines(version)[rules[number] + 1 :], start=rules[number] + 2):
        if not line.startswith("|"):
            break
        rows.append((index, cells(line)))
    return rows


def schema(version, kind):
    return json.loads((SCHEMAS / version / f"{kind}.schema.json").read_text(encoding="utf-8"))


def api(version):
    def source(file):
        return Source(file, (SCHEMAS / version / file).read_text(encoding="utf-8"))

    return read_schema(
        version, source("request.schema.json"), source("response.schema.json"), source("submitjob.patch.yaml")
    )


def rows():
    return [(version, *row) for version in VERSIONS for _, row in table(version, 0)]


@each("version", VERSIONS)
@each("kind", ["request", "response"])
def test_schemas_are_2020_12(version, kind):
    assert schema(version, kind)["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema(version, kind))


@each("version", VERSIONS)
def test_every_row_is_a_property_in_the_same_order(version):
    request = schema(version, "request")
    listed = [name for name, body in request["properties"].items() if not body.get("x-added")]
    assert listed == [name for _, (name, *_) in table(version, 0)]
    assert request["required"] == [name for _, (name, _, required, _) in table(version, 0) if required == "true"]
    assert request["additionalProperties"] is False
    for line, (name, type_name, _, description) in table(version, 0):
        body = request["properties"][name]
        assert body["type"] == JSON_TYPES[type_name]
        assert body["x-source"] == f"submitjob.md:{line}"
        assert re.sub(r"\n(- )?", "", body["description"]) == description


@each("version", VERSIONS)
def test_every_row_of_the_response(version):
    response = schema(version, "response")
    assert list(response["properties"]) == [name for _, (name, *_) in table(version, 1)]
    for line, (name, type_name, _, example) in table(version, 1):
        body = response["properties"][name]
        assert (body["type"], body["x-source"]) == (JSON_TYPES[type_name], f"submitjob.md:{line}")
        assert [str(value) for value in body["examples"]] == [example]


def test_the_second_version_has_the_rows_that_are_known_of_it():
    assert [" ".join(row[:3]) for _, row in table("ehpc/v2", 0)] == [row.strip() for row in V2_ROWS.split("·")]


@each("version, name, type_name, required, example", rows())
def test_a_row_takes_its_type_and_no_other(version, name, type_name, required, example):
    valid = {row[0]: VALID[row[1]] for _, row in table(version, 0)}
    valid |= {"submit_type": 1} if version == "ehpc/v2" else {}
    validator = Draft202012Validator(schema(version, "request"))
    assert validator.is_valid(valid)
    assert not validator.is_valid({**valid, name: INVALID[type_name]})
    assert not validator.is_valid({**valid, name: None})
    assert not validator.is_valid({**valid, name + "x": valid[name]})
    without = {key: value for key, value in valid.items() if key != name}
    assert validator.is_valid(without) is (required == "false")


def test_the_first_version_needs_a_command_or_a_file():
    payload = dict.fromkeys(("cluster_id", "zone", "run_user", "name"), "x")
    assert [error.validator for error in api("ehpc/v1").field_errors(payload)] == ["anyOf"]
    assert api("ehpc/v1").field_errors({**payload, "input_file": "x"}) == []
    assert api("ehpc/v1").field_errors({**payload, "cmd_line": "x"}) == []
    assert api("ehpc/v1").needed == (("cmd_line", "input_file"),)


def test_the_second_version_takes_what_only_its_example_has():
    body = "\n".join(lines("ehpc/v2"))
    example = json.loads(re.search(r"```json\n(.*?)```", body, re.DOTALL)[1])
    assert api("ehpc/v2").field_errors(example) == []
    assert api("ehpc/v2").field_errors({**example, "submit_type": 2})
    assert api("ehpc/v2").fields["cmd_line_type"].source.startswith("submitjob.patch.yaml:")


@each("version", VERSIONS)
def test_what_the_patch_says(version):
    fields = api(version).fields
    assert [name for name, field in fields.items() if field.filled_by_transport] == ["timestamp"]
    assert [name for name, field in fields.items() if field.shell] == ["cmd_line"]
    measured = {name: field.quantity for name, field in fields.items() if field.quantity}
    assert measured == {"mem_limit": "memory", "time_limit": "duration"}


def test_defaults():
    assert list(api("ehpc/v1").defaults.entries) == []
    assert list(api("ehpc/v2").defaults.entries) == ["core_limit", "submit_type"]


def test_endpoints_differ():
    assert api("ehpc/v1").endpoint == "https://hpc-api.qingcloud.com/api"
    assert api("ehpc/v2").endpoint == "https://hpc.api.qingcloud.com/api"
    assert {api(version).action for version in VERSIONS} == {"job/submitJob"}
    assert {api(version).method for version in VERSIONS} == {"POST"}


@each("version", VERSIONS)
def test_patch_sources_point_at_lines_that_speak_of_the_field(version):
    for name, body in schema(version, "request")["properties"].items():
        for number in re.findall(r"submitjob\.md:(\d+)", body.get("x-patch-source", "")):
            assert name in lines(version)[int(number) - 1]


@each("version", VERSIONS)
def test_pages_have_no_findings(version):
    page, found = read_page(Source("submitjob.md", "\n".join(lines(version))))
    assert [*found, *build_request(page)[1], *build_response(page)[1]] == []
