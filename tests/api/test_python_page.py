"""The manual's page about Python: its examples run, in one session from the first to the last."""

import re
from pathlib import Path

import pytest

from specc.cli.main import run

PAGE = Path(__file__).parents[2] / "docs" / "python.md"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CI", raising=False)  # where a ledger must be named
    assert run(["init", ".", "--mem-unit", "MiB", "--time-unit", "min"]) == 0
    names: dict[str, object] = {}
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    assert len(blocks) >= 7
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)
    printed = capsys.readouterr().out
    assert "('hello-world', 'finished', 0)" in printed
    assert "hello world\n" in printed
