"""The example in the help of each command runs in a project that `specc init` made."""

import json
import re
import shutil
from pathlib import Path

import pytest
from support import repositories

from specc.cli.main import run
from specc.cli.table import COMMANDS

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "specc" / "cli" / "commands").glob("*.py"))
EXAMPLE = re.compile(r"^ +Example: specc (.+)$", re.MULTILINE)
EXAMPLES = [example for path in SOURCES for example in EXAMPLE.findall(path.read_text(encoding="utf-8"))]
NOT_RUN = ("serve", "lsp", "target")
"""Two end when somebody stops them, and one needs the commands of a site. They have tests of their own."""
SOMEBODYS = "hpcjob-r9cb3r02"
"""The id of a job in an example: each job has another."""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A project of `init` on this machine, in a repository with two commits, and the page of an API."""
    folder = tmp_path / "cfd"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.delenv("CI", raising=False)
    assert run(["init", ".", "--mem-unit", "MiB", "--time-unit", "min"]) == 0
    (folder / "specc.local.toml").write_text('target = "local"\n', encoding="utf-8")
    for name in ("submitjob.md", "submitjob.patch.yaml"):
        shutil.copy(ROOT / "schemas" / "ehpc" / "v1" / name, folder)
    repositories.begin(folder)
    repositories.commit(folder)
    repositories.commit(folder)
    capsys.readouterr()
    return folder


def in_order(example: str) -> int:
    """A ledger is made, jobs are sent and done, and a spec is renamed at last."""
    order = ("ledger init", "submit", "wait", "", "ledger mv")
    return next((at for at, begin in enumerate(order) if begin and example.startswith(begin)), order.index(""))


def test_every_command_has_an_example() -> None:
    shown = [command.name for command in COMMANDS if not command.is_hidden]
    assert [name for name in shown if not any(f"{example} ".startswith(f"{name} ") for example in EXAMPLES)] == []


@pytest.mark.slow
def test_they_all_run(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for example in sorted(EXAMPLES, key=in_order):
        words = example.split()
        if words[0] in NOT_RUN:
            continue
        if SOMEBODYS in words:
            assert run(["status", "--output", "json"]) == 0
            uuid = json.loads(capsys.readouterr().out)["jobs"][0]["uuid"]
            words[words.index(SOMEBODYS)] = uuid
        code = run(words)
        out, err = capsys.readouterr()
        assert code == 0, f"specc {example}\n{out}{err}"
