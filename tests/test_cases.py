"""The golden cases: one folder a case, `tests/cases/<stage>/<what-is-odd>/`.

A folder is a small project. `specc check` and, for what it finds no error in, `specc render` run in it, and must
print what `diagnostics.txt` and `payloads.json` hold. `case.toml` gives arguments: `paths`, `check`, `render`.
`pytest --update-cases` rewrites the expectations; read the difference before you commit it.
"""

import tomllib
from pathlib import Path

import pytest

from specc.cli.main import run

CASES = Path(__file__).parent / "cases"
FOLDERS = sorted(path.parent for pattern in ("*.job.yaml", "case.toml") for path in CASES.glob(f"*/*/{pattern}"))


@pytest.mark.parametrize("folder", sorted(set(FOLDERS)), ids=lambda path: str(path.relative_to(CASES)))
def test_case(
    folder: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case = tomllib.loads((folder / "case.toml").read_text()) if (folder / "case.toml").exists() else {}
    monkeypatch.chdir(folder)
    paths = case.get("paths", ["spec.job.yaml"])
    update = bool(request.config.getoption("--update-cases"))

    code = run(["check", *paths, *case.get("check", [])])
    out = capsys.readouterr()
    assert code in (0, 1, 2), out.err
    compare(folder / "diagnostics.txt", out.out + out.err, update)
    if code == 0 and not case.get("abstract"):
        code = run(["render", *paths, "--format", "pretty", *case.get("render", [])])
        out = capsys.readouterr()
        compare(folder / "payloads.json", out.out or out.err, update)


def compare(expected: Path, text: str, update: bool) -> None:
    if update:
        expected.write_text(text, encoding="utf-8")
    assert expected.exists(), f"{expected} is missing: run pytest --update-cases and read what it wrote"
    assert text == expected.read_text(encoding="utf-8")
