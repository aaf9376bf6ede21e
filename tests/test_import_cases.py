"""The golden cases of `specc init --from`: one folder a case, `tests/cases/migration/<what-is-odd>/`.

Each script of the folder is imported into a new project. What is written for it and what is said must be what
`expected/` holds, and the project must pass `check` and `fmt --check` at once, and `render` with a value for each
required parameter.
`pytest --update-cases` rewrites.
"""

from pathlib import Path

import pytest
import yaml

from specc.cli.main import run

CASES = Path(__file__).parent / "cases" / "migration"
FOLDERS = sorted(path for path in CASES.iterdir() if path.is_dir())
UNITS = ["--mem-unit", "MiB", "--time-unit", "min"]


def given(spec: Path) -> list[str]:
    """A value for each parameter that must have one."""
    params = yaml.safe_load(spec.read_text(encoding="utf-8")).get("params", {})
    required = [name for name, each in params.items() if "default" not in each]
    return [word for name in required for word in ("-p", f"{name}=the {name}")]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_case(
    folder: Path,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    scripts = sorted(path.name for path in folder.iterdir() if path.is_file())
    for name in scripts:
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    monkeypatch.chdir(tmp_path)
    units = [] if folder.name == "no-units" else UNITS
    code = run(["init", "--from", *scripts, "project", *units])
    report = f"{capsys.readouterr().err}exit {code}\n"
    made = sorted(Path("project/jobs").glob("*"))
    texts = {"report.txt": report, **{path.name: path.read_text(encoding="utf-8") for path in made}}
    if made:
        settings = Path("project/specc.toml").read_text(encoding="utf-8")
        texts["specc.toml"] = settings.replace(str(tmp_path.resolve()), "/home/me/old")
        monkeypatch.chdir("project")
        assert run(["check"]) == 0, capsys.readouterr().out
        assert run(["fmt", "--check"]) == 0, capsys.readouterr().out
        capsys.readouterr()
        payloads: list[str] = []
        for spec in sorted(Path("jobs").glob("*.job.yaml")):
            assert run(["render", str(spec), *given(spec)]) == 0, capsys.readouterr().err
            payloads.extend(capsys.readouterr().out.splitlines())
        texts["payloads.txt"] = "\n".join([*payloads[:2], f"{len(payloads)} payloads"]) + "\n"
    expected = folder / "expected"
    if request.config.getoption("--update-cases"):
        expected.mkdir(exist_ok=True)
        for path in expected.iterdir():
            path.unlink()
        for name, text in texts.items():
            (expected / name).write_text(text, encoding="utf-8")
    assert texts == {path.name: path.read_text(encoding="utf-8") for path in sorted(expected.iterdir())}
