"""`make demo`'s tour: it ends well when all is well, and fails when a command does not end as it should."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SPECC = Path(sys.executable).with_name("specc")


def demo(path: Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{path}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(
        ["sh", ROOT / "examples" / "demo.sh"],
        cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def stand_in(folder: Path, script: str) -> Path:
    """A folder with another `specc`."""
    (folder / "specc").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "specc").chmod(0o755)
    return folder


@pytest.mark.slow
def test_the_tour() -> None:
    result = demo(SPECC.parent)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "6 accepted before" in result.stderr  # piped into `head`, so only this comes here
    assert "\x1b" not in result.stdout, "there is no terminal, so there are no colours"
    assert result.stdout.count("\n") < 400
    shown = re.findall(r"^\$ (specc \w+)", result.stdout, re.MULTILINE)
    compiling = {"specc check", "specc explain", "specc render", "specc schema"}
    sending = {"specc plan", "specc submit", "specc status", "specc logs", "specc serve", "specc trust"}
    looking = {"specc results", "specc report"}
    assert compiling | sending | looking == set(shown)
    assert result.stdout.count("(exit code 1)") == 4
    assert result.stdout.count("grid 24, rate 0.2: 23.696 degrees after 500 steps") == 2
    for part in ("no problems", "└─", '{"cluster_id":', "core_limit: 4\n", "did you mean", "added `priority`"):
        assert part in result.stdout


@pytest.mark.slow
def test_a_broken_spec_that_passes_ends_the_tour(tmp_path: Path) -> None:
    folder = stand_in(tmp_path, f'case "$*" in *unknown-field*) exit 0 ;; esac\nexec {SPECC} "$@"')
    result = demo(folder)
    assert result.returncode == 1
    assert "ended with 0 instead of 1" in result.stderr


def test_a_crash_ends_the_tour(tmp_path: Path) -> None:
    result = demo(stand_in(tmp_path, "exit 101"))
    assert result.returncode == 1
    assert "`specc check` ended with 101 instead of 0" in result.stderr


def test_it_says_from_where_to_run_it(tmp_path: Path) -> None:
    result = demo(SPECC.parent, cwd=tmp_path)
    assert result.returncode == 1
    assert "run this from the root of a checkout" in result.stderr
