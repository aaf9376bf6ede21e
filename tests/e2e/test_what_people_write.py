"""Slips that people make, and the words that help them: each message says what to write."""

import json
from typing import Any

import pytest
from support.projects import SETTINGS, Place
from support.tables import each

HEAD = "specc: 1\n"
JOB = "job: {name: n, core_limit: 1, cmd_line: ./run}\n"


@pytest.fixture
def project(place: Place) -> Place:
    for path in place.root.glob("*.job.yaml"):
        path.unlink()
    place.put("specc.toml", SETTINGS.encode())
    return place


def helps(project: Place, text: str, name: str = "jobs/a.job.yaml") -> list[str]:
    project.put(name, text.encode())
    project.run("check", name, "--output", "json")
    found: list[dict[str, Any]] = json.loads(project.out)["diagnostics"]
    return [one["help"] or "" for one in found]


@each(
    "text, help",
    [
        ("matrix: {rate: [1, 2]}\n" + JOB, "an axis goes below `axes:`: `axes: {rate: ...}`"),
        ("matrix: {rate: {from: 1, to: 2}, axes: {a: [1]}}\n" + JOB, "below `axes:` of this matrix"),
        ("matrix: {repet: 2}\n" + JOB, "did you mean `repeat`?"),
        (
            'matrix: {axes: {learning-rate: [1]}}\njob: {name: "{{ matrix.learning-rate }}", cmd_line: ./run}\n',
            "write `matrix['learning-rate']`",
        ),
        ("job：\n  name: n\n", "`：` is a full-width colon; write `job:`"),
        ("job:\n  name：算例\n  core_limit: 1\n", "`：` is a full-width colon; write `name: 算例`"),
        ("job:\n  name: n\n  cmd_line:./run\n", "write a blank behind the `:`: `cmd_line: ./run`"),
        ("job:\n  name: n\n  cmd_line: |-\n  ./a\n  ./b\n", "indent the text below `cmd_line: |-`"),
        ("job:\n  name: n\n  cmd_line: [./run, --fast]\n", "write one text, such as `cmd_line: ./run --fast`"),
        ("vars:\n  job:\n    name: n\n    cmd_line: ./run\n", "`job:` in line 3 stands inside `vars:`"),
        ("job: {cmd_line: ./run}\n", "add `name: ...` under `job:`, or inherit it from a base with `extends:`"),
        ("job: {name: n, cmd_line: ./run, mem_limit: 4gb}\n", "write `4GiB` (powers of 1024)"),
        (
            "vars: {x: true}\njob: {name: n, cmd_line: \"./run {{ 'a b' if vars.x else 'c' | raw }}\"}\n",
            "or `{{ ('a b' if vars.x else 'c') | raw }}`",
        ),
        (
            "params: {b: {type: boolean, default: yes}}\njob: {name: n, cmd_line: './run {{ params.b }}'}\n",
            "write `default: true`: YAML 1.2 reads `yes` as a text",
        ),
        ("job: {name: n, cmd_line: \"docker inspect -f '{{.Names}}'\"}\n", "`{% raw %}` and `{% endraw %}`"),
        ('job: {name: n, cmd_line: "parallel echo {%}"}\n', "write `{$literal: ...}` around the text"),
        *(
            (f"job: {{name: n, cmd_line: ./run, {field}: x}}\n", help)
            for field, help in {
                "env": "`cmd_line: {$command: ./run, env: {NAME: value}}`",
                "array": "`matrix:",
                "dependency": "`specc submit --wait FIRST && specc submit SECOND`",
                "nodes": "`resource_limit: nodes=2 gpus=1`",
                "gpus": "`resource_limit: nodes=2 gpus=1`",
                "account": '`options = ["--account=NAME", "--qos=NAME"]`',
                "qos": '`options = ["--account=NAME", "--qos=NAME"]`',
                "email": "`specc submit --wait`",
            }.items()
        ),
    ],
)
def test_the_help_says_what_to_write(project: Place, text: str, help: str) -> None:
    assert any(help in one for one in helps(project, HEAD + text))


@each(
    "reference, help",
    [
        ("base/site.job.yaml", "write `//base/site.job.yaml`"),
        ("base/site", "write `//base/site.job.yaml`"),
        ("/base/site.job.yaml", "write `//base/site.job.yaml`"),
        ("//base/site", "did you mean `//base/site.job.yaml`?"),
        ("../base/sit.job.yaml", "did you mean `../base/site.job.yaml`?"),
    ],
)
def test_a_parent_is_offered_as_it_must_be_written(project: Place, reference: str, help: str) -> None:
    project.put("base/site.job.yaml", b"specc: 1\nabstract: true\njob: {core_limit: 1}\n")
    (one,) = helps(project, f"{HEAD}extends: {reference}\njob: {{name: n, cmd_line: ./run}}\n")
    assert help in one


def test_a_submodule_that_was_not_fetched(project: Place) -> None:
    (project.root / "shared").mkdir()
    project.put(".gitmodules", b'[submodule "shared"]\n\tpath = shared\n')
    (one,) = helps(project, f"{HEAD}extends: //shared/base.job.yaml\njob: {{name: n, cmd_line: ./run}}\n")
    assert one == "`shared` is empty; if it is a submodule of git, `git submodule update --init shared` fills it"


def test_yes_is_not_quoted_by_a_safe_fix(project: Place) -> None:
    helps(
        project, HEAD + "params: {b: {type: boolean, default: yes}}\njob: {name: n, cmd_line: './r {{ params.b }}'}\n"
    )
    project.run("check", "--fix")
    assert "default: yes" in (project.root / "jobs/a.job.yaml").read_text()


def test_a_folder_whose_specs_have_other_names(project: Place) -> None:
    project.put("other/foo.yaml", (HEAD + JOB).encode())
    project.put("other/values.yaml", b"specc_like: 1\n")
    assert project.run("check", "other") == 0
    assert "other/foo.yaml looks like a spec, and was not checked" in project.out
    assert "rename the file to foo.job.yaml" in project.out
    assert "values.yaml" not in project.out
    project.put("again/b.job.yml", (HEAD + JOB).encode())
    assert project.run("check", "again") == 0
    assert "rename the file to b.job.yaml" in project.out
    project.put("other/a.job.yaml", (HEAD + JOB).encode())
    project.run("check", "other")
    assert "looks like a spec" not in project.out


def test_an_option_without_its_argument_names_the_help_of_its_command(project: Place) -> None:
    assert project.run("init", "--from") == 2
    assert "`specc init --help` says what there is" in project.err
    assert project.run("ledger", "show", "--output") == 2
    assert "`specc ledger show --help` says what there is" in project.err
