"""`specc render`: payloads, all or none, and never a file out of place."""

import json
from hashlib import sha256
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from support.projects import SWEEP, Place


def payloads(place: Place) -> list[dict[str, object]]:
    return [json.loads(line) for line in place.out.splitlines()]


def test_one_canonical_payload_a_line(place: Place) -> None:
    assert place.run("render", "sweep.job.yaml") == 0
    assert [payload["name"] for payload in payloads(place)] == [
        "run-coarse-1", "run-coarse-2", "run-fine-1", "run-fine-2",
    ]  # fmt: skip
    first = place.out.splitlines()[0]
    assert first == json.dumps(json.loads(first), sort_keys=True, separators=(",", ":"))
    assert payloads(place)[0]["time_limit"] == 120


def test_nothing_is_printed_when_anything_is_wrong(place: Place) -> None:
    place.write(wrong="specc: 1\njob: {name: x}\n")
    assert place.run("render") == 1
    assert place.out == ""
    assert "wrong.job.yaml" in place.err
    assert place.run("render", "-o", "out") == 1
    assert not (place.root / "out").exists()


def test_a_base_is_passed_over_in_a_folder_and_refused_by_name(place: Place) -> None:
    assert place.run("render", ".") == 0
    assert place.run("render", "base.job.yaml") == 1
    assert "SPC225" in place.err


def test_digests_are_those_of_the_lines(place: Place) -> None:
    place.run("render")
    lines = place.out.splitlines()
    place.run("render", "--digest")
    assert [line.split()[0] for line in place.out.splitlines()] == [sha256(line.encode()).hexdigest() for line in lines]


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (["--profile", "smoke"], ["run-coarse-1", "run-fine-1"]),
        (["--only", "mesh=fine"], ["run-fine-1", "run-fine-2"]),
        (["--only", "mesh=fine", "--only", "seed=2"], ["run-fine-2"]),
        (["--set", "job.name=x{{ y }}", "--only", "mesh=fine", "--only", "seed=1"], ["x{{ y }}"]),
        (["--set", "matrix.axes={mesh: [huge]}", "--only", "seed=1"], ["run-coarse-1", "run-fine-1"]),
    ],
)
def test_choosing(place: Place, options: list[str], names: list[str]) -> None:
    code = place.run("render", "sweep.job.yaml", *options)
    if options[0] == "--set" and "huge" in options[1]:
        names = ["run-huge-1"]
    assert code == 0, place.err
    assert [payload["name"] for payload in payloads(place)] == names


def test_a_cell_is_known_by_its_id_or_its_beginning(place: Place) -> None:
    place.run("render", "--format", "cells")
    rows = payloads(place)
    assert rows[2]["values"] == {"mesh": "fine", "seed": 1}
    place.run("render", "--cell", str(rows[2]["cell"])[:8])
    assert [payload["name"] for payload in payloads(place)] == ["run-fine-1"]
    assert place.run("render", "--cell", "zzz") == 1
    assert "SPC226" in place.err


def test_parameters(place: Place) -> None:
    assert place.run("render", "-p", "solver=a b", "--only", "mesh=fine", "--only", "seed=1") == 0
    assert payloads(place)[0]["cmd_line"] == "./'a b' fine 1"
    assert place.run("render", "-p", "slover=x") == 1
    assert "did you mean `solver`?" in place.err


def test_formats_say_the_same(place: Place) -> None:
    place.run("render", "--only", "mesh=fine", "--only", "seed=1")
    body = payloads(place)[0]
    place.run("render", "--only", "mesh=fine", "--only", "seed=1", "--format", "pretty")
    assert json.loads(place.out) == body
    place.run("render", "--only", "mesh=fine", "--only", "seed=1", "--format", "yaml")
    assert YAML(typ="safe", pure=True).load(place.out) == body
    place.run("render", "--only", "mesh=fine", "--only", "seed=1", "--format", "request")
    request = json.loads(place.out)
    assert request["body"] == body
    assert request["url"] == "https://hpc-api.qingcloud.com/api/job/submitJob"
    assert request["query"]["signature"] == "***"
    assert place.run("render", "--format", "xml") == 2


def test_a_folder_gets_one_file_a_payload(place: Place) -> None:
    assert place.run("render", "-o", "new/out") == 0
    files = sorted((place.root / "new" / "out").iterdir())
    assert [file.name for file in files] == [
        "run-coarse-1.json", "run-coarse-2.json", "run-fine-1.json", "run-fine-2.json",
    ]  # fmt: skip
    place.run("render")
    assert [file.read_text() for file in files] == [line + "\n" for line in place.out.splitlines()]


@pytest.mark.parametrize("name", ["../up", "/abs", "a/b", ".hidden", "..", "x" * 300, "a\\\\b", "line\\nbreak", ""])
def test_no_file_outside_of_the_folder(place: Place, name: str) -> None:
    before = set(place.root.rglob("*"))
    place.write(sweep=f'specc: 1\njob: {{name: "{name}", cmd_line: run, core_limit: 1}}\n')
    assert place.run("render", "sweep.job.yaml", "-o", "out") == 2
    assert place.err.startswith("error: the job name")
    assert set(place.root.rglob("*")) == before


def test_never_two_to_one_name(place: Place) -> None:
    place.write(sweep=SWEEP.replace("run-{{ cell.slug }}", "'{{ matrix.mesh }}'"))
    assert place.run("render", "-o", "out") == 2
    assert "would both write" in place.err
    assert not (place.root / "out").exists()


def test_all_files_or_none(place: Place) -> None:
    (place.root / "out" / "run-fine-2.json").mkdir(parents=True)
    assert place.run("render", "-o", "out") == 2
    assert [path.name for path in (place.root / "out").iterdir()] == ["run-fine-2.json"]


def test_a_folder_that_cannot_be_made(place: Place) -> None:
    (place.root / "file").write_text("")
    assert place.run("render", "-o", "file/out") == 2
    assert place.err.startswith("error: cannot write")


def test_formats_that_are_no_documents_do_not_go_into_files(place: Place) -> None:
    for options in (["--digest"], ["--format", "cells"], ["--format", "yaml"]):
        assert place.run("render", "-o", "out", *options) == 2


def test_a_pipe_is_written_to_and_stays_a_pipe(place: Place) -> None:
    target = Path("/dev/null")
    assert place.run("check", "--output", f"json:{target}") == 0
    assert not target.is_file()
