"""`specc check` as its users meet it: what is checked, what it prints, how it ends."""

import io
import json
import sys

import jsonschema
import pytest
from support.projects import SWEEP, Place

POSITION = {
    "type": "object",
    "properties": {"line": {"type": "integer", "minimum": 1}, "column": {"type": "integer", "minimum": 1}},
    "required": ["line", "column"],
    "additionalProperties": False,
}
PLACED = {"message": {"type": "string"}, "path": {"type": "string"}, "start": POSITION, "end": POSITION}
EDITED = {"path": {"type": "string"}, "start": POSITION, "end": POSITION}
CONTRACT = {
    "type": "object",
    "additionalProperties": False,
    "required": ["version", "diagnostics", "summary"],
    "properties": {
        "version": {"const": 1},
        "diagnostics": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": [
                    "code", "slug", "severity", "message", "path", "start", "end", "labels", "notes", "help", "fix",
                ],
                "properties": {
                    **PLACED,
                    "code": {"pattern": "^SPC[1-9][0-9]{2}$"},
                    "slug": {"type": "string"},
                    "severity": {"enum": ["error", "warning"]},
                    "labels": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": PLACED,
                            "required": list(PLACED),
                            "additionalProperties": False,
                        },
                    },
                    "notes": {"type": "array", "items": {"type": "string"}},
                    "help": {"type": ["string", "null"]},
                    "fix": {
                        "type": ["object", "null"],
                        "required": ["title", "safe", "edits"],
                        "additionalProperties": False,
                        "properties": {
                            "title": {"type": "string"},
                            "safe": {"type": "boolean"},
                            "edits": {
                                "type": "array",
                                "items": {
                                    "type": "object",
                                    "required": ["path", "start", "end", "replacement"],
                                    "additionalProperties": False,
                                    "properties": {**EDITED, "replacement": {"type": "string"}},
                                },
                            },
                        },
                    },
                },
            },
        },
        "summary": {
            "type": "object",
            "required": ["files", "specs", "payloads", "errors", "warnings"],
            "additionalProperties": {"type": "integer", "minimum": 0},
        },
    },
}  # fmt: skip


def test_a_clean_project_is_clean(place: Place) -> None:
    assert place.run("check") == 0
    assert place.out == "checked 2 files, 4 payloads: no problems\n"


def test_a_mistake_ends_with_1_and_its_place(place: Place) -> None:
    place.write(sweep=SWEEP.replace("cmd_line", "cmd_lin"))
    assert place.run("check", "--output", "concise") == 1
    assert "sweep.job.yaml:8:3: error[SPC401 unknown-field]" in place.out


def test_the_json_contract(place: Place) -> None:
    place.write(sweep=SWEEP.replace("cmd_line", "cmd_lin"), other="specc: 1\njob: {name: 1, name: 2}\n")
    assert place.run("check", "--output", "json") == 1
    report = json.loads(place.out)
    jsonschema.validate(report, CONTRACT)
    unknown = next(d for d in report["diagnostics"] if d["slug"] == "unknown-field")
    assert unknown["path"] == "sweep.job.yaml"
    assert (unknown["start"], unknown["end"]) == ({"line": 8, "column": 3}, {"line": 8, "column": 10})
    assert report["summary"]["files"] == 3
    assert report["summary"]["errors"] == sum(d["severity"] == "error" for d in report["diagnostics"])


def test_columns_count_code_points(place: Place) -> None:
    place.write(sweep="specc: 1\njob: {name: 作业, naem: 𝒳}\n")
    place.run("check", "--output", "json")
    unknown = next(d for d in json.loads(place.out)["diagnostics"] if d["slug"] == "unknown-field")
    assert unknown["start"] == {"line": 2, "column": 17}


def test_several_reports_at_once(place: Place) -> None:
    assert place.run("check", "--output", "text", "--output", "json:report.json") == 0
    assert "no problems" in place.out
    jsonschema.validate(json.loads((place.root / "report.json").read_text()), CONTRACT)


def test_a_changed_base_brings_its_heirs(place: Place) -> None:
    place.write(base="specc: 1\nabstract: true\njob: {core_limit: four}\n")
    assert place.run("check", "base.job.yaml", "--output", "json") == 1
    report = json.loads(place.out)
    assert report["summary"]["files"] == 2
    assert [d["path"] for d in report["diagnostics"]] == ["base.job.yaml"]


def test_no_path_means_the_project_also_below_its_root(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    (place.root / "deep").mkdir()
    monkeypatch.chdir(place.root / "deep")
    assert place.run("check") == 0
    assert "checked 2 files" in place.out


def test_a_nested_project_has_its_own_settings(place: Place) -> None:
    place.put("inner/specc.toml", b'project = "inner"\n')
    place.write(inner__a="specc: 1\njob: {name: a, cmd_line: run, core_limit: 1}\n")
    assert place.run("check", "inner", "--output", "concise") == 1
    assert "`zone` is missing" in place.out


def test_standard_input_finds_parents_from_the_current_folder(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    class Input:
        buffer = io.BytesIO(SWEEP.encode())

    monkeypatch.setattr(sys, "stdin", Input())
    assert place.run("check", "-") == 0
    assert "4 payloads" in place.out


def test_an_empty_project_is_no_mistake(place: Place) -> None:
    for path in place.root.glob("*.job.yaml"):
        path.unlink()
    assert place.run("check") == 0
    assert place.out == "checked 0 files: no problems\n"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["check", "nope.job.yaml"], "no such file or folder"),
        (["check", "--output", "xml"], "there is no output format `xml`"),
        (["check", "--output", "json:specc.toml/x"], "cannot write"),
        (["check", "--target", "hcp"], "has no target `hcp`"),
        (["check", "--nonsense"], "No such option"),
        (["chekc"], "No such command"),
    ],
)
def test_usage_errors_end_with_2_and_one_line(place: Place, arguments: list[str], expected: str) -> None:
    assert place.run(*arguments) == 2
    assert expected in place.err
    assert "Traceback" not in place.err
    assert place.out == ""


@pytest.mark.parametrize(("command", "code"), [("check", 1), ("fmt", 2)])
def test_settings_are_not_taken_for_a_spec(place: Place, command: str, code: int) -> None:
    assert place.run(command, "specc.toml") == code
    said = place.out + place.err
    assert "error[SPC112 not-a-spec]: the file is TOML, not a spec\n --> specc.toml:1:1\n" in said
    assert "`specc config` shows it" in said


@pytest.mark.parametrize("written", ["hello", "hello.job.yaml", "jobs/hello", "jobs/helo.job.yaml"])
def test_a_spec_that_is_not_there_by_this_path_is_named(place: Place, written: str) -> None:
    (place.root / "jobs").mkdir()
    place.put("jobs/hello.job.yaml", b"specc: 1\n")
    assert place.run("explain", written) == 2
    assert place.err == f"error: {written}: no such file or folder\nhelp: did you mean `jobs/hello.job.yaml`?\n"


def test_broken_settings_end_with_2_and_are_in_the_report(place: Place) -> None:
    place.put("specc.toml", b"[unitz]\nmem_limit = 1\n")
    assert place.run("check", "--output", "json") == 2
    assert [d["slug"] for d in json.loads(place.out)["diagnostics"]] == ["unknown-setting"]


def test_an_unknown_api_of_the_project_is_refused(place: Place) -> None:
    place.put("specc.toml", b'api = "ehpc/v9"\n')
    assert place.run("check") == 2
    assert "`ehpc/v9`" in place.err


def test_strict_fails_for_a_warning(place: Place) -> None:
    place.write(a="specc: 1\nx-a: no\njob: {name: a, cmd_line: ./a}\n")
    assert place.run("check") == 0
    assert place.run("check", "--strict", "--output", "concise") == 1
    assert "warning[SPC110" in place.out
    assert place.run("check", "--baseline", "known.json", "--update-baseline") == 0
    assert place.run("check", "--strict", "--baseline", "known.json") == 0


def typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


def test_an_editor_has_a_text_checked_in_the_place_of_its_file(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.write(jobs__a="specc: 1\nextends: ../base.job.yaml\njob: {name: a, cmd_line: ./a}\n")
    assert place.run("check") == 0
    typed(monkeypatch, "specc: 1\nextends: ../base.job.yaml\njob: {nmae: a}\n")
    assert place.run("check", "-", "--stdin-filename", "jobs/a.job.yaml", "--output", "concise") == 1
    assert "jobs/a.job.yaml:3:7: error[SPC401" in place.out
    typed(monkeypatch, "specc: 1\nabstract: true\njob: {core_limit: x}\n")
    assert place.run("check", "-", "--stdin-filename", "base.job.yaml", "--output", "concise") == 1
    assert "base.job.yaml:3:19: error[SPC402" in place.out, "its heirs are checked with it"
    assert place.run("check") == 0, "nothing of it is remembered"
    typed(monkeypatch, "specc: 1\nextends: a.job.yaml\njob: {name: b}\n")
    assert place.run("check", "-", "--stdin-filename", "jobs/new.job.yaml") == 0
    assert place.run("check", "--stdin-filename", "jobs/new.job.yaml") == 2
    assert "add `-` to read standard input" in place.err
