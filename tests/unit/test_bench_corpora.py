"""The projects of the bench: the same each time, without a mistake, and saying the same to everyone."""

import json
from io import StringIO
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML
from support.projects import Place

from benchmarks.corpora import project
from benchmarks.growth import deep, shared
from benchmarks.sweeps import sweep


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Place:
    root = tmp_path / "project"
    place = Place(root, capsys)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(place, "run", lambda *arguments: _run_in(place, monkeypatch, *arguments))
    return place


def _run_in(place: Place, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.chdir(place.root)
    return Place.run(place, *arguments)


def contents(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def plain(path: Path) -> dict:
    return YAML(typ="safe").load(StringIO(path.read_text(encoding="utf-8")))


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path):
    project(tmp_path / "a", 5, seed=7)
    project(tmp_path / "b", 5, seed=7)
    project(tmp_path / "c", 5, seed=8)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert contents(tmp_path / "a") != contents(tmp_path / "c")


def test_specs_and_plain_files_are_of_one_size(tmp_path: Path):
    made = project(tmp_path / "project", 2)
    lines = {len(path.read_text(encoding="utf-8").splitlines()) for path in (*made.specs, *made.plain)}
    assert lines <= {32, 33}


def test_specs_have_no_findings_and_say_what_the_plain_files_say(inside: Place):
    made = project(inside.root, 5)
    assert inside.run("check") == 0, inside.out
    assert "checked 6 files, 5 payloads: no problems" in inside.out + inside.err
    assert inside.run("render", "jobs") == 0
    payloads = [json.loads(line) for line in inside.out.splitlines()]
    for payload, job in zip(payloads, (plain(path)["job"] for path in made.plain), strict=True):
        # The script of a plain file is without the commands that a spec's templates make of lists.
        assert {**payload, "cmd_line": ""} == {**job, "cmd_line": ""}


def test_plain_files_are_valid_and_the_schema_refuses_others(tmp_path: Path):
    made = project(tmp_path / "project", 3)
    validator = Draft202012Validator(json.loads(made.schema.read_text(encoding="utf-8")))
    for path in made.plain:
        content = plain(path)
        assert validator.is_valid(content)
        assert not validator.is_valid({**content, "job": {**content["job"], "core_limit": "many"}})


def test_a_sweep_comes_to_what_python_says(inside: Place):
    made = sweep(inside.root, 200)
    assert made.size == 200
    assert inside.run("check") == 0, inside.out
    assert inside.run("render", made.spec) == 0
    assert [json.loads(line) for line in inside.out.splitlines()] == list(made.payloads())


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_a_spec_has_as_many_ancestors_as_asked_for(inside: Place, depth: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("benchmarks.growth.DEEP_SPECS", 2)
    deep(inside.root, depth)
    assert len(list((inside.root / "base").iterdir())) == depth
    assert inside.run("check") == 0, inside.out
    assert "no problems" in inside.out + inside.err
    assert inside.run("graph", "--output", "json") == 0
    assert len(json.loads(inside.out)["edges"]) == depth - 1 + 2


def test_as_many_specs_share_the_base_as_asked_for(inside: Place):
    made = shared(inside.root, 5, 2)
    assert sum("base/changed" in path.read_text(encoding="utf-8") for path in made.specs) == 2
    assert inside.run("check") == 0, inside.out
