"""The YAML language server with the editor schema: what it marks, what it shows, and what it offers."""

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from support.language_server import LanguageServer
from support.tables import each

from specc.cli.main import run

BROKEN = ROOT / "examples" / "broken"
MARKED = 43
"""So many of the marks of `check` the server sets, too. The first schema had 31."""

SPEC = """specc: 1
extends: specc:mpi
params:
  ranks: {type: integer, default: 4}
vars:
  depth: "{{ params.ranks }}"
matrix:
  axes:
    mesh: [coarse, fine]
profiles:
  smoke: {job: {time_limit: 5min}}
job:
  name: "{{ spec.name }}"
  cmd_line: {$file: run.sh}
  core_limit: "{{ params.ranks }}"
"""
MEANS = {
    "extends": "inherit from",
    "ranks:": "templates read it as `params.NAME`",
    "depth": "templates read it as `vars.NAME`",
    "{{ params.ranks }}\"\nmatrix": "templates read it as `vars.NAME`",
    "mesh": "templates read it as `matrix.NAME`",
    "smoke": "`--profile NAME`",
    "time_limit": "time_limit (integer)",
    "name": "Name of the job",
    "cmd_line": "A shell runs it",
    "$file": "The text of a file",
    "core_limit": "Number of cores",
    "{{ params.ranks }}\"\n": "Number of cores",
}  # fmt: skip
OFFERED = {
    "extends: ‸": "specc:mpi",
    "extends: [‸]": "specc:array",
    "params:\n  ‸": "integer parameter",
    "profiles:\n  ‸": "smoke test",
    "matrix:\n  ‸": "sweep",
    "matrix:\n  axes:\n    n: ‸": "range",
    "job:\n  cmd_line: ‸": "$file",
    "job:\n  ‸": "mem_limit",
    "params:\n  a:\n    ‸": "$unset",
}


def marks_of_check(folder: Path, monkeypatch: pytest.MonkeyPatch, out: Path) -> dict[tuple[str, int, str], str]:
    """Return each mark that `check` sets on the broken examples, by file, line and code."""
    monkeypatch.chdir(folder)
    found: dict[tuple[str, int, str], str] = {}
    for case in sorted([*folder.rglob("*.job.yaml")]):
        if run(["check", str(case.relative_to(folder)), "--output", f"json:{out}"]) == 1:
            for mark in json.loads(out.read_text(encoding="utf-8"))["diagnostics"]:
                if mark["path"].endswith(".job.yaml"):
                    found[mark["path"], mark["start"]["line"], mark["code"]] = mark["message"]
    return found


def test_marks_of_the_broken_examples(
    yaml_server: LanguageServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = marks_of_check(BROKEN, monkeypatch, tmp_path / "out.json")
    capsys.readouterr()
    shown: dict[str, list[dict[str, Any]]] = {}
    for path, _, _ in wanted:
        if path not in shown:
            shown[path] = yaml_server.check(BROKEN / path, (BROKEN / path).read_text(encoding="utf-8"))
    seen = [key for key in wanted if any(covers(mark, key[1] - 1) for mark in shown[key[0]])]
    with capsys.disabled():
        print(f"\nthe YAML language server marks {len(seen)} of {len(wanted)} lines that check marks in specs")
    assert len(seen) >= MARKED, sorted(set(wanted) - set(seen))


def covers(mark: dict[str, Any], line: int) -> bool:
    return bool(mark["range"]["start"]["line"] <= line <= mark["range"]["end"]["line"])


@each("path", sorted(p for p in ROOT.glob("examples/*/**/*.job.yaml") if "broken" not in p.parts))
def test_nothing_is_marked_in_good_examples(path: Path, yaml_server: LanguageServer) -> None:
    assert yaml_server.check(path, path.read_text(encoding="utf-8")) == []


def test_a_hover_says_what_a_key_is(yaml_server: LanguageServer, tmp_path: Path) -> None:
    path = tmp_path / "a.job.yaml"
    assert yaml_server.check(path, SPEC) == []
    for text, meaning in MEANS.items():
        before = SPEC[: SPEC.rindex(text)]
        found = yaml_server.at("textDocument/hover", path, before.count("\n"), len(before) - before.rfind("\n"))
        assert meaning in found["contents"]["value"].replace("\\", ""), text


@pytest.mark.parametrize("text", OFFERED)
def test_what_is_offered(text: str, yaml_server: LanguageServer, tmp_path: Path) -> None:
    path, before = tmp_path / "a.job.yaml", "specc: 1\n" + text.partition("‸")[0]
    yaml_server.open(path, "specc: 1\n" + text.replace("‸", ""))
    found = yaml_server.at("textDocument/completion", path, before.count("\n"), len(before) - before.rfind("\n") - 1)
    assert OFFERED[text] in [item["label"] for item in found["items"]]
