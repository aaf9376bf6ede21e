"""The hooks that `specc init` writes, run by the real pre-commit, and by prek, with the specc that is here."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from support.hooked import ROOT, Hooked

from specc.cli.main import run

OFFERED = ROOT / ".pre-commit-hooks.yaml"
SCAFFOLD = ROOT / "templates" / "init" / "pre-commit-config.yaml.in"
RUNNERS = [
    pytest.param((sys.executable, "-m", "pre_commit"), id="pre-commit"),
    pytest.param((str(Path(sys.executable).with_name("prek")),), id="prek", marks=pytest.mark.slow),
]
PLACES = [
    pytest.param(".", id="root"),
    pytest.param("jobs/cfd", id="folder", marks=pytest.mark.slow),
    pytest.param("jobs/the team's [cfd]", id="blanks and marks"),
]

Make = Callable[[str], Hooked]


@pytest.fixture(params=RUNNERS)
def make(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    runner: Sequence[str] = request.param

    def made(place: str) -> Hooked:
        root = tmp_path / "repository"
        root.mkdir()
        project = Hooked(root, runner)
        monkeypatch.chdir(root)
        assert run(["init", place, "--mem-unit", "MiB", "--time-unit", "min"]) == 0
        project.tool("install")
        return project

    return made


@pytest.mark.parametrize("place", PLACES)
def test_they_let_a_clean_project_in_and_no_other(make: Make, place: str) -> None:
    project = make(place)
    assert project.commit(), project.said
    spec = f"{place}/jobs/hello.job.yaml"
    good = project.read(spec)
    project.write(spec, good.replace("cmd_line:", "cmd_lin:"))
    assert not project.commit()
    assert "SPC401" in project.said
    project.write(spec, good.replace("job:\n", "job:\n\n\n"))
    assert not project.commit()
    assert "files were modified by this hook" in project.said
    assert project.read(spec) == good, "fmt wrote its layout"
    project.write(f"{place}/schemas/jobspec.schema.json", "{}\n")
    assert not project.commit()
    assert "SPC806" in project.said


def test_a_base_that_breaks_its_child_is_refused(make: Make) -> None:
    project = make("jobs/cfd")
    assert project.commit(), project.said
    base = "jobs/cfd/base/site.job.yaml"
    project.write(base, project.read(base).replace("extends:", "extend:"))
    assert not project.commit()
    assert "SPC" in project.said
    assert base in project.said


def test_specs_of_other_folders_are_left_alone(make: Make) -> None:
    project = make("jobs/cfd")
    (project.root / "other").mkdir()
    project.write("other/x.job.yaml", "specc:    1\n")
    assert project.commit(), project.said
    assert project.read("other/x.job.yaml") == "specc:    1\n"


def test_init_has_the_hooks_that_are_offered() -> None:
    yaml = YAML(typ="safe", pure=True)
    offered = {hook["id"]: hook for hook in yaml.load(OFFERED.read_text(encoding="utf-8"))}
    text = SCAFFOLD.read_text(encoding="utf-8").replace("@check_args@", "")
    text = text.replace("@specs@", r"\.job\.ya?ml$").replace("@schema@", "schemas/jobspec.schema.json")
    (repository,) = yaml.load(text.replace("@schema_files@", "''"))["repos"]
    for hook in repository["hooks"]:
        other = offered.pop(hook["id"])
        assert other.pop("description")
        assert hook.pop("language") == "system"
        assert other.pop("language") == "python"
        if hook["id"] == "specc-schema":  # the version of specc does not stand in the configuration
            assert hook.pop("files") != other.pop("files")
        assert hook == other
    assert offered == {}
