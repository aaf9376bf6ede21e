"""Taplo, which Even Better TOML runs on, with the schema of specc.toml."""

import subprocess
from pathlib import Path

from conftest import ROOT
from support.tables import each

SCHEMA = (ROOT / "schemas" / "specc.schema.json").as_uri()
GOOD = sorted(path for path in ROOT.glob("examples/*/specc.toml") if "broken" not in path.parts)
BAD = {
    'projct = "a"': "projct",
    "project = 1": "not of type",
    '[units]\nmem_limit = "megabytes"': "is not one of",
    '[targets.a]\nkind = "pbs"': "is not one of",
    '[rules]\nignore = ["missing-field"]': "is not one of",
    '[targets.a]\noptions = ["--time=5"]': "does not match",
}


def lint(taplo: str, *paths: Path) -> subprocess.CompletedProcess[str]:
    command = [taplo, "lint", "--schema", SCHEMA, *map(str, paths)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, cwd=paths[0].parent)


def test_good_settings(taplo: str) -> None:
    found = lint(taplo, *GOOD)
    assert found.returncode == 0, found.stderr


def test_the_broken_example(taplo: str) -> None:
    path = ROOT / "examples" / "broken" / "settings" / "specc.toml"
    found = lint(taplo, path)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert found.returncode != 0
    assert all(lines[number - 1] in found.stderr for number in (5, 7)), found.stderr


@each("text", BAD)
def test_bad_settings(text: str, taplo: str, tmp_path: Path) -> None:
    path = tmp_path / "specc.toml"
    path.write_text(f"{text}\n", encoding="utf-8")
    found = lint(taplo, path)
    assert found.returncode != 0
    assert BAD[text] in found.stderr, found.stderr
