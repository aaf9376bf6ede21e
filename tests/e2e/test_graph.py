"""`specc graph`: what inherits from what."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.projects import SWEEP, Place

SCRIPTED = """specc: 1
extends: [base.job.yaml, specc:serial]
job: {name: s, cmd_line: {$file: tools/run.sh}}
profiles: {other: {job: {cmd_line: {$file: tools/other.sh}}}}
"""


@pytest.fixture
def family(place: Place) -> Place:
    place.write(scripted=SCRIPTED)
    place.put("tools/run.sh", b"./run\n")
    return place


def picture(place: Place) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(place.out)
    return found


def test_the_whole_project_as_mermaid(family: Place) -> None:
    assert family.run("graph") == 0
    assert family.err == ""
    assert family.out == (
        "flowchart BT\n"
        '  n0(["base.job.yaml"])\n'
        '  n1["scripted.job.yaml"]\n'
        '  n2[["specc:serial"]]\n'
        '  n3["sweep.job.yaml"]\n'
        '  n4["tools/other.sh<br>(missing)"]:::bad\n'
        '  n5[/"tools/run.sh"/]\n'
        "  n1 --> n0\n"
        "  n1 --> n2\n"
        "  n1 -.-> n4\n"
        "  n1 -.-> n5\n"
        "  n3 --> n0\n"
        "  classDef bad stroke:#c00,stroke-dasharray:4\n"
    )


def test_as_a_tree(family: Place) -> None:
    assert family.run("graph", "--output", "text") == 0
    assert family.out == (
        "base.job.yaml\n"
        "  scripted.job.yaml  ($file: tools/other.sh, which is missing; $file: tools/run.sh)\n"
        "  sweep.job.yaml\n"
        "specc:serial\n"
        "  scripted.job.yaml  ($file: tools/other.sh, which is missing; $file: tools/run.sh)\n"
    )


def test_the_same_whatever_the_order_of_the_paths(family: Place) -> None:
    family.run("graph", "sweep.job.yaml", "scripted.job.yaml")
    first = family.out
    family.run("graph", "scripted.job.yaml", "sweep.job.yaml")
    assert family.out == first


def test_a_path_brings_what_is_above_it_and_nothing_else(family: Place) -> None:
    assert family.run("graph", "sweep.job.yaml", "--output", "json") == 0
    found = picture(family)
    assert [node["path"] for node in found["nodes"]] == ["base.job.yaml", "sweep.job.yaml"]
    assert found["edges"] == [
        {"from": "sweep.job.yaml", "to": "base.job.yaml", "kind": "extends", "line": 2, "column": 10}
    ]


@pytest.mark.parametrize(
    ("changed", "reached"),
    [
        ("base.job.yaml", {"base.job.yaml", "scripted.job.yaml", "sweep.job.yaml"}),
        ("tools/run.sh", {"tools/run.sh", "scripted.job.yaml"}),
        ("specc:serial", {"specc:serial", "scripted.job.yaml"}),
        ("sweep.job.yaml", {"sweep.job.yaml"}),
    ],
)
def test_what_a_change_reaches(family: Place, changed: str, reached: set[str]) -> None:
    assert family.run("graph", "--dependents", changed, "--output", "json") == 0
    assert {node["path"] for node in picture(family)["nodes"]} == reached


def test_a_change_of_the_settings_reaches_everything(family: Place) -> None:
    family.run("graph")
    whole = family.out
    assert family.run("graph", "--dependents", "specc.toml") == 0
    assert (family.out, family.err) == (whole, "every spec depends on specc.toml\n")


def test_a_file_that_nothing_refers_to_and_one_that_is_not_there(family: Place) -> None:
    family.put("notes.txt", b"")
    assert family.run("graph", "--dependents", "notes.txt") == 0
    assert (family.out, family.err) == ("flowchart BT\n", "no spec refers to notes.txt\n")
    assert family.run("graph", "--dependents", "bass.job.yaml") == 2
    assert family.err == "error: bass.job.yaml: no such file or folder\nhelp: did you mean `base.job.yaml`?\n"
    assert family.run("graph", "--output", "svg") == 2
    assert "formats: mermaid, text, json" in family.err


def test_cycles_are_shown(place: Place) -> None:
    place.write(a="specc: 1\nextends: b.job.yaml\n", b="specc: 1\nextends: c.job.yaml\n")
    place.write(c="specc: 1\nextends: [a.job.yaml, base.job.yaml]\n", alone="specc: 1\nextends: alone.job.yaml\n")
    assert place.run("graph", "--output", "json") == 0
    assert picture(place)["cycles"] == [
        ["a.job.yaml", "b.job.yaml", "c.job.yaml"],
        ["alone.job.yaml"],
    ]
    place.run("graph")
    assert "linkStyle 0,1,2,3 stroke:#c00,stroke-width:3px" in place.out
    place.run("graph", "--output", "text", "a.job.yaml")
    assert place.out == (
        "base.job.yaml\n"
        "  c.job.yaml\n"
        "    b.job.yaml\n"
        "      a.job.yaml\n"
        "        c.job.yaml  (a cycle: it inherits from itself)\n"
    )
    place.run("graph", "--output", "text", "alone.job.yaml")
    assert place.out == "alone.job.yaml\n  alone.job.yaml  (a cycle: it inherits from itself)\n"


def test_what_cannot_be_read_is_said_and_the_rest_drawn(place: Place) -> None:
    place.write(broken="specc: 1\n\tjob: x\n", far="specc: 1\nextends: ../../other.job.yaml\n")
    assert place.run("graph", "--output", "text") == 1
    assert "SPC102" in place.err
    assert place.out == (
        "../../other.job.yaml  (missing)\n"
        "  far.job.yaml\n"
        "base.job.yaml\n"
        "  sweep.job.yaml\n"
        "broken.job.yaml  (cannot be read)\n"
    )


def test_heirs_of_a_base_that_stands_twice_are_shown_once(place: Place) -> None:
    place.write(other="specc: 1\nabstract: true\n", middle="specc: 1\nextends: [base.job.yaml, other.job.yaml]\n")
    place.write(leaf="specc: 1\nextends: middle.job.yaml\n")
    place.run("graph", "--output", "text", "leaf.job.yaml")
    assert place.out == (
        "base.job.yaml\n"
        "  middle.job.yaml\n"
        "    leaf.job.yaml\n"
        "other.job.yaml\n"
        "  middle.job.yaml  (its heirs are above)\n"
    )


def test_names_of_files_cannot_break_the_picture(place: Place) -> None:
    place.put('we"ird#1<b>.job.yaml', SWEEP.encode())
    assert place.run("graph", 'we"ird#1<b>.job.yaml') == 0
    assert 'n1["we#34;ird#35;1#60;b#62;.job.yaml"]' in place.out


def test_a_graph_too_large_for_mermaid_is_said_to_be(place: Place) -> None:
    for number in range(501):
        place.put(f"many/{number}.job.yaml", b"specc: 1\nextends: //base.job.yaml\n")
    assert place.run("graph", "many") == 0
    assert place.err.startswith("501 lines: GitHub and GitLab draw at most 500")


def test_bad_settings_end_it(place: Place) -> None:
    place.put("specc.toml", b"nonsense = 1\n")
    assert place.run("graph") == 2
    assert place.out == ""


def test_two_projects_in_one_picture(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = Path(place.root / "inner")
    inner.mkdir()
    place.put("inner/specc.toml", b'project = "inner"\n')
    place.put("inner/sweep.job.yaml", SWEEP.encode())
    place.put("inner/base.job.yaml", b"specc: 1\nabstract: true\n")
    assert place.run("graph", "--output", "text") == 0
    assert place.out == "base.job.yaml\n  sweep.job.yaml\ninner/base.job.yaml\n  inner/sweep.job.yaml\n"


def test_bases_that_ship_with_specc_are_drawn_once_for_two_projects(place: Place) -> None:
    (place.root / "inner").mkdir()
    place.put("inner/specc.toml", b'project = "inner"\n')
    for name in ("one.job.yaml", "inner/two.job.yaml"):
        place.put(name, b"specc: 1\nextends: specc:array\njob: {name: x, cmd_line: ./r}\n")
    assert place.run("graph", "one.job.yaml", "inner/two.job.yaml", "--output", "mermaid") == 0
    lines = place.out.splitlines()
    assert len(lines) == len({*lines})
    assert place.run("graph", "one.job.yaml", "inner/two.job.yaml", "--output", "text") == 0
    assert place.out.count("specc:array") == 1
