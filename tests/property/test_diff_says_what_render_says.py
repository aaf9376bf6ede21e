"""`diff` of two versions of a project says exactly what `render` of both says, and nothing of a version with itself."""

import json
from collections import Counter
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.laws import law
from support.projects import SETTINGS
from support.repositories import begin, commit

from specc.cli.main import run

NUMBERS = st.integers(1, 3)
Files = dict[str, str]
Key = tuple[str, str]


@st.composite
def projects(draw: st.DrawFn) -> Files:
    """Bases, a script and specs that use them in changing ways. Some specs are not there."""
    files = {
        "specc.toml": SETTINGS.replace("jn1a", draw(st.sampled_from(["jn1a", "pek3"]))),
        "base.job.yaml": f"specc: 1\nabstract: true\njob: {{core_limit: {draw(NUMBERS)}, time_limit: 1h}}\n",
        "odd/base": f"specc: 1\nabstract: true\nextends: //base.job.yaml\nvars: {{n: {draw(NUMBERS)}}}\n",
        "run.sh": f"./run {draw(NUMBERS)}\n",
    }
    specs = draw(st.lists(st.sampled_from("abcd"), unique=True))
    for name in specs:
        parent = draw(st.sampled_from(["base.job.yaml", "odd/base", "specc:serial"]))
        axes = draw(st.lists(NUMBERS, min_size=1, unique=True))
        command = draw(st.sampled_from(["{$file: run.sh}", '"./go {{ matrix.x }}"', '"./go {{ vars.n }}"', "./go"]))
        fixed = draw(st.sampled_from(["id: fixed\n", "", "", ""])) if name == "a" else ""
        files[f"{name}.job.yaml"] = (
            f"specc: 1\n{fixed}extends: {parent}\nvars: {{m: {draw(NUMBERS)}}}\n"
            + f"matrix: {{axes: {{x: {axes}}}}}\n"
            + f'job: {{name: "{name}-{{{{ matrix.x }}}}", cmd_line: {command.replace("vars.n", "vars.m")}}}\n'
        )
    return files


def write(root: Path, files: Files) -> None:
    for old in [*root.rglob("*.yaml"), *root.glob("run.sh"), *root.glob("odd/base")]:
        old.unlink()
    for name, text in files.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text)


def said(*arguments: str) -> str:
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run(list(arguments))
    assert code == 0, err.getvalue()
    return out.getvalue()


def rendered() -> dict[Key, str]:
    """Digests by spec and cell."""
    rows = [json.loads(line) for line in said("render", "--format", "cells").splitlines()]
    return {(row["spec"], row["cell"]): row["digest"] for row in rows}


def compared() -> dict[str, list[dict[str, Any]]]:
    """Each payload of the report, by what became of it."""
    items: dict[str, list[dict[str, Any]]] = {what: [] for what in ("altered", "added", "removed", "moved")}
    for group in json.loads(said("diff", "HEAD", "--output", "json"))["groups"]:
        items[group["what"]] += group["payloads"]
    return items


def keys(listed: list[dict[str, Any]]) -> set[Key]:
    return {(item["spec"], item["cell"]) for item in listed}


@law(30)
@given(before=projects(), after=projects())
def test_diff_says_what_render_says(before: Files, after: Files) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        root = Path(folder)
        patch.chdir(root)
        begin(root)
        write(root, before)
        commit(root)
        old = rendered()
        assert not any(compared().values())
        write(root, after)
        new, items = rendered(), compared()
    assert keys(items["altered"]) == {key for key in old.keys() & new.keys() if old[key] != new[key]}
    assert keys(items["added"]) | keys(items["moved"]) == new.keys() - old.keys()
    assert keys(items["removed"]) | keys([item["was"] for item in items["moved"]]) == old.keys() - new.keys()
    for item in items["altered"]:
        key = (item["spec"], item["cell"])
        assert item["digest"] == {"before": old[key], "after": new[key]}
        assert item["fields"]
    gone = Counter(old[key] for key in old.keys() - new.keys())
    come = Counter(new[key] for key in new.keys() - old.keys())
    assert Counter(item["digest"]["after"] for item in items["moved"]) == gone & come
