"""`specc explain`: the final value, everything that lost to it, and what its template read."""

import json
from typing import Any

import pytest
from support.projects import Place

SETTINGS = """project = "demo"
target = "hpc"
[defaults]
core_limit = 2
scheduler_queue_name = "normal"
[units]
mem_limit = "MiB"
time_limit = "min"
[targets.hpc]
kind = "ehpc"
job = {zone = "jn1a", cluster_id = "c-1", run_user = "usr-1", core_limit = 3}
"""
BASE = """specc: 1
abstract: true
job: {name: base, core_limit: 4, stderr_redirect_path: /tmp/err}
"""
RUN = """specc: 1
extends: base.job.yaml
params: {who: {type: string}}
vars: {tag: "{{ params.who }}-x"}
matrix: {axes: {mesh: [coarse, fine]}}
job:
  name: run-{{ vars.tag }}-{{ cell.slug }}
  cmd_line: echo {{ matrix.mesh }}
  core_limit: 8
  stderr_redirect_path: {$unset: true}
profiles:
  smoke: {job: {core_limit: 1}}
"""
GIVEN = ("-p", "who=me")


@pytest.fixture
def run(place: Place) -> Place:
    place.put("specc.toml", SETTINGS.encode())
    place.write(base=BASE, run=RUN)
    return place


def values(place: Place, *arguments: str) -> list[dict[str, Any]]:
    """What `--output json` says of `run.job.yaml`."""
    assert place.run("explain", "run.job.yaml", *arguments, "--output", "json") == 0, place.err
    found = json.loads(place.out)["values"]
    assert isinstance(found, list)
    return found


def test_the_losing_layers_stand_below_the_winner(run: Place) -> None:
    assert (
        run.run("explain", "run.job.yaml", "core_limit", *GIVEN, "--profile", "smoke", "--set", "job.core_limit=9") == 0
    )
    lines = run.out.splitlines()
    assert lines[0].startswith("cell ")
    assert lines[0].endswith(": mesh=coarse")
    assert lines[1:] == [
        "job.core_limit = 9",
        "├─ set by --set job.core_limit=9",
        "├─ overrides profile smoke run.job.yaml:12:29: 1",
        "├─ overrides file run.job.yaml:9:15: 8",
        "├─ overrides file base.job.yaml:3:31: 4",
        "├─ overrides target hpc specc.toml:11:76: 3",
        "└─ overrides project defaults specc.toml:4:14: 2",
    ]


@pytest.mark.parametrize(
    ("field", "layer", "value"),
    [
        ("zone", "target hpc", "jn1a"),
        ("scheduler_queue_name", "project defaults", "normal"),
        ("job.core_limit", "file", 8),
        ("params.who", "-p", "me"),
        ("matrix.mesh", "file", "coarse"),
    ],
)
def test_who_set_it(run: Place, field: str, layer: str, value: object) -> None:
    (explained,) = values(run, field, *GIVEN)
    history = explained["history"]
    assert isinstance(history, list)
    assert (explained["value"], history[0]["layer"]) == (value, layer)
    assert explained["name"] == (field if "." in field else f"job.{field}")


def test_what_the_api_says_where_nobody_else_does(run: Place) -> None:
    run.put("specc.toml", f'api = "ehpc/v2"\n{SETTINGS}'.encode())
    (explained,) = values(run, "submit_type", *GIVEN)
    assert explained["value"] == 1
    (step,) = explained["history"]
    assert (step["layer"], step["written"]) == ("API default ehpc/v2", 1)
    assert step["path"].endswith("ehpc/v2/submitjob.patch.yaml")


def test_a_removed_field_keeps_what_it_lost(run: Place) -> None:
    (explained,) = values(run, "stderr_redirect_path", *GIVEN)
    assert (explained["state"], explained["value"]) == ("removed", None)
    assert [step["written"] for step in explained["history"]] == [{"$unset": True}, "/tmp/err"]
    assert run.run("explain", "run.job.yaml", "job.stderr_redirect_path", *GIVEN) == 0
    assert "job.stderr_redirect_path = (removed)" in run.out
    assert run.out.splitlines()[-1] == '└─ overrides file base.job.yaml:3:56: "/tmp/err"'


def test_what_a_template_read(run: Place) -> None:
    assert run.run("explain", "run.job.yaml", "name", *GIVEN) == 0
    assert run.out.splitlines()[1:] == [
        'job.name = "run-me-x-coarse"',
        '├─ set by file run.job.yaml:7:9: "run-{{ vars.tag }}-{{ cell.slug }}"',
        '│    vars.tag = "me-x"',
        '│    └─ set by file run.job.yaml:4:13: "{{ params.who }}-x"',
        '│         params.who = "me"',
        "│         └─ set by -p who=me",
        '│    cell.slug = "coarse"',
        '└─ overrides file base.job.yaml:3:13: "base"',
    ]


def test_json(run: Place) -> None:
    assert run.run("explain", "run.job.yaml", "vars.tag", *GIVEN, "--only", "mesh=fine", "--output", "json") == 0
    document = json.loads(run.out)
    cell = document.pop("cell")
    assert (cell["slug"], cell["values"]) == ("fine", {"mesh": "fine"})
    who = {
        "name": "params.who",
        "state": "known",
        "value": "me",
        "history": [{"layer": "-p", "path": "-p", "line": 1, "column": 5, "written": "me"}],
        "reads": [],
    }
    tag = {
        "name": "vars.tag",
        "state": "known",
        "value": "me-x",
        "history": [
            {"layer": "file", "path": "run.job.yaml", "line": 4, "column": 13, "written": "{{ params.who }}-x"}
        ],
        "reads": [who],
    }
    assert document == {"version": 1, "values": [tag]}


def test_the_cell_that_is_chosen_by_its_id(run: Place) -> None:
    assert run.run("explain", "run.job.yaml", "--only", "mesh=fine", "cmd_line", *GIVEN, "--output", "json") == 0
    fine = json.loads(run.out)["cell"]["id"]
    (explained,) = values(run, "cmd_line", *GIVEN, "--cell", fine[:8])
    assert explained["value"] == "echo fine"


@pytest.mark.parametrize("field", [[], ["job"]])
def test_all_job_fields(run: Place, field: list[str]) -> None:
    names = {explained["name"]: explained["state"] for explained in values(run, *field, *GIVEN)}
    assert names == {
        "job.core_limit": "known",
        "job.scheduler_queue_name": "known",
        "job.zone": "known",
        "job.cluster_id": "known",
        "job.run_user": "known",
        "job.name": "known",
        "job.cmd_line": "known",
        "job.stderr_redirect_path": "removed",
    }


@pytest.mark.parametrize(("section", "names"), [("vars", ["tag"]), ("params", ["who"]), ("matrix", ["mesh"])])
def test_a_whole_section(run: Place, section: str, names: list[str]) -> None:
    assert [explained["name"] for explained in values(run, section, *GIVEN)] == [f"{section}.{n}" for n in names]


def test_what_depends_on_a_missing_input_is_unknown(run: Place) -> None:
    run.run("explain", "run.job.yaml", "name", "--output", "json")
    (explained,) = json.loads(run.out)["values"]
    assert (explained["state"], explained["value"]) == ("unknown", None)
    states = {read["name"]: read["state"] for read in explained["reads"]}
    assert states == {"vars.tag": "unknown", "cell.slug": "known"}
    run.run("explain", "run.job.yaml", "name")
    assert "job.name = (unknown" in run.out
    assert "params.who = (" in run.out
    run.run("explain", "run.job.yaml", "core_limit")
    assert "job.core_limit = 8" in run.out


def test_an_unknown_profile_is_reported_and_the_rest_is_explained(run: Place) -> None:
    assert run.run("explain", "run.job.yaml", "core_limit", *GIVEN, "--profile", "smok") == 1
    assert "SPC218" in run.err
    assert "did you mean `smoke`?" in run.err
    assert "job.core_limit = 8" in run.out


@pytest.mark.parametrize(
    ("arguments", "message", "help"),
    [
        (["cor_limit"], "sets no `job.cor_limit`", "did you mean `core_limit`?"),
        (["vars.tga"], "sets no `vars.tga`", "did you mean `tag`?"),
        (["params.wo"], "sets no `params.wo`", "did you mean `who`?"),
        (["vars."], "sets no `vars.`", "`tag`"),
        (["cell.slug"], "cell.slug`", "ask for a job field"),
        (["core_limit", "--output", "xml"], "no output format `xml`", "text, json"),
        (["core_limit", "--target", "hcp"], "no target `hcp`", "did you mean `hpc`?"),
    ],
)
def test_what_there_is_not(run: Place, arguments: list[str], message: str, help: str) -> None:
    assert run.run("explain", "run.job.yaml", *GIVEN, *arguments) == 2
    assert run.out == ""
    assert message in run.err
    assert help in run.err


def test_one_spec_is_explained(run: Place) -> None:
    assert run.run("explain", ".") == 2
    assert "takes one spec" in run.err
    assert run.run("explain", "gone.job.yaml") == 2
    assert "gone.job.yaml: no such file" in run.err


def test_a_number_has_its_unit_behind_it_for_people_alone(run: Place) -> None:
    given = (*GIVEN, "--set", "job.mem_limit=1GiB", "--set", "job.time_limit=90")
    assert run.run("explain", "run.job.yaml", *given) == 0, run.err
    lines = run.out.splitlines()
    assert "job.mem_limit = 1024 (MiB)" in lines
    assert "job.time_limit = 90 (min)" in lines
    assert "job.core_limit = 8" in lines
    (explained,) = values(run, "mem_limit", *given)
    assert explained["value"] == 1024


def test_a_number_whose_unit_nobody_set_stands_alone(run: Place) -> None:
    run.put("specc.toml", SETTINGS.replace('mem_limit = "MiB"\n', "").encode())
    assert run.run("explain", "run.job.yaml", "mem_limit", *GIVEN, "--set", "job.mem_limit=64") == 0, run.err
    assert run.out.splitlines()[1] == "job.mem_limit = 64"


def test_a_spec_that_cannot_be_read(run: Place) -> None:
    run.write(broken="specc: 1\njob: {name: [}\n")
    assert run.run("explain", "broken.job.yaml") == 1
    assert run.out == ""
    assert "broken.job.yaml:2:" in run.err


def test_settings_that_cannot_be_used(run: Place) -> None:
    run.put("specc.local.toml", b'projct = "x"\n')
    assert run.run("explain", "run.job.yaml", *GIVEN) == 2
    assert run.out == ""
    assert "specc.local.toml:1:1" in run.err


def test_a_cell_that_there_is_not(run: Place) -> None:
    assert run.run("explain", "run.job.yaml", "name", *GIVEN, "--only", "mesh=huge") == 1
    assert run.out == ""
    assert "huge" in run.err
