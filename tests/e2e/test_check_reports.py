"""The reports of `specc check` where CI systems and terminals meet them."""

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.projects import SWEEP, Place

WRONG = SWEEP.replace("cmd_line", "cmd_lin")


@pytest.fixture
def nested(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    """The project in a folder of a repository, with a mistake."""
    (place.root / "repo" / ".git").mkdir(parents=True)
    for name in ("specc.toml", "base.job.yaml", "sweep.job.yaml"):
        place.put(f"repo/流 体/{name}", (place.root / name).read_bytes())
    place.put("repo/流 体/sweep.job.yaml", WRONG.encode())
    monkeypatch.chdir(place.root / "repo" / "流 体")
    return place


def test_all_formats_at_once(nested: Place) -> None:
    outputs = [f"--output={name}:{name}.out" for name in ("concise", "sarif", "github", "gitlab", "junit", "json")]
    assert nested.run("check", *outputs) == 1
    assert nested.out == ""
    folder = nested.root / "repo" / "流 体"
    texts = {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("*.out")}
    assert "file=流 体/sweep.job.yaml,line=8" in texts["github"]
    assert "流 体/sweep.job.yaml" in {issue["location"]["path"] for issue in json.loads(texts["gitlab"])}
    assert "%E6%B5%81%20%E4%BD%93/sweep.job.yaml" in texts["sarif"]
    assert 'name="sweep.job.yaml"' in texts["junit"]
    assert str(nested.root) not in "".join(texts.values())


def test_statistics_take_the_place_of_the_text(nested: Place) -> None:
    assert nested.run("check", "--statistics") == 1
    assert re.search(r"^1  error    SPC401  unknown-field", nested.out, re.MULTILINE)
    assert "-->" not in nested.out
    assert "SPC401" not in nested.err


def test_statistics_leave_a_report_whole(nested: Place) -> None:
    assert nested.run("check", "--statistics", "--output", "json") == 1
    assert json.loads(nested.out)["summary"]["errors"] == 1
    assert "SPC401" in nested.err


@pytest.mark.slow
def test_ten_thousand_findings(place: Place) -> None:
    fields = "".join(f"  wrong_{number}: 1\n" for number in range(1000))
    for number in range(10):
        place.write(**{f"many_{number}": f"specc: 1\njob:\n  name: a\n  cmd_line: run\n{fields}"})
    formats = ("sarif", "github", "gitlab", "junit", "concise", "text")
    outputs = [f"--output={name}:{name}.out" for name in formats]
    assert place.run("check", *outputs, "--output=json") == 1
    found = len(json.loads(place.out)["diagnostics"])
    assert found >= 10_000
    run = json.loads((place.root / "sarif.out").read_text())["runs"][0]
    assert len({result["partialFingerprints"]["speccFingerprint/v1"] for result in run["results"]}) == found
    assert (place.root / "github.out").read_text().count("\n") == 11
    assert (place.root / "text.out").read_text().endswith("`--statistics` counts them by code\n")


def on_a_terminal(folder: Path, **environment: str) -> str:
    """What `specc check` prints on a terminal."""
    ours, theirs = pty.openpty()
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    command = [sys.executable, "-m", "specc", "check"]
    with subprocess.Popen(command, cwd=folder, stdout=theirs, env={**kept, "TERM": "xterm", **environment}):
        os.close(theirs)
        said = b""
        while chunk := _read(ours):
            said += chunk
    os.close(ours)
    return said.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # so ends a terminal that nobody writes to
        return b""


COLOR, LINK = "\x1b[1;31m", "\x1b]8;;file://"


def test_color_and_links_on_a_terminal(nested: Place) -> None:
    folder = nested.root / "repo" / "流 体"
    text = on_a_terminal(folder)
    assert COLOR in text
    assert f"{LINK}" in text
    assert "%E6%B5%81%20%E4%BD%93/sweep.job.yaml\x1b\\sweep.job.yaml:" in text


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_neither_where_they_are_not_wanted(nested: Place, environment: dict[str, str]) -> None:
    text = on_a_terminal(nested.root / "repo" / "流 体", **environment)
    assert "unknown-field" in text
    assert "\x1b" not in text


def test_color_can_be_forced(nested: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    nested.run("check")
    assert COLOR in nested.out
    assert LINK not in nested.out
    monkeypatch.setenv("NO_COLOR", "1")
    nested.run("check")
    assert "\x1b" not in nested.out
