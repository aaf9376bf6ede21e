"""The fuzz target itself: it repeats its inputs, tries them, and makes small what breaks a law."""

import json
import re
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from fuzz import generators, run
from fuzz.generators import Input
from fuzz.judging import Fault

ROOT = Path(__file__).parents[2]


def test_a_seed_and_a_number_make_the_same_input_each_time() -> None:
    for number in range(40):
        assert generators.made("seed", number) == generators.made("seed", number)
    assert generators.made("seed", 1) != generators.made("other", 1)


def test_every_kind_of_input_is_made() -> None:
    random = Random("kinds")
    for make in generators.KINDS:
        tried = make(random)
        assert tried.files
        assert tried.size <= 3 * generators.MOST


def test_inputs_hold_the_laws_and_are_counted() -> None:
    command = [sys.executable, "tests/fuzz/run.py", "--inputs", "10", "--workers", "1", "--seed", "suite"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "seed suite" in ran.stdout
    assert "0 faults" in ran.stdout


def test_ci_draws_what_is_random_from_the_commit() -> None:
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    random = [line for line in lines if re.match(r"make (chaos|crashes|fuzz)\b", line) or "SEED=random" in line]
    assert len(random) == 3
    assert all(line.endswith(" SEED=$seed") and "MINUTES" not in line for line in random)


def test_what_breaks_a_law_is_made_small(monkeypatch: pytest.MonkeyPatch) -> None:
    def judge(tried: Input, folder: Path) -> Fault | None:
        return Fault("law", "it") if b"bad" in tried.files["a"] else None

    monkeypatch.setattr(run, "judge", judge)
    large = Input("yaml", {"a": b"one\ntwo bad three\nfour\n" * 3, "b": b"x"})
    small, fault = run._smaller(large, Fault("law", "it"))
    assert (small.files, fault.law) == ({"a": b"bad", "b": b""}, "law")


def test_a_fault_that_was_kept_is_tried_again(tmp_path: Path) -> None:
    about = {"kind": "yaml", "commands": [], "law": "readers", "detail": ""}
    (tmp_path / "fault.json").write_text(json.dumps(about))
    (tmp_path / "a.job.yaml").write_text("specc: 1\n")
    command = [sys.executable, "tests/fuzz/run.py", "--replay", str(tmp_path)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, "no law is broken\n")
