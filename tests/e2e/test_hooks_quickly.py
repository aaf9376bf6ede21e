"""The hooks that `specc init` writes, run by the real pre-commit with the specc that is here."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML
from support.hooked import BASE, ROOT, Hooked, hooks_of_init

OFFERED = ROOT / ".pre-commit-hooks.yaml"
SCAFFOLD = ROOT / "templates" / "init" / "pre-commit-config.yaml.in"


@pytest.fixture
def project(tmp_path: Path) -> Hooked:
    root = tmp_path / "project"
    root.mkdir()
    return Hooked(root, hooks_of_init("system"))


def test_a_clean_commit_passes_and_a_base_that_breaks_its_child_does_not(project: Hooked) -> None:
    assert project.commit(), project.said
    project.write("base.job.yaml", BASE.replace("core_limit: 4", "core_limit: four"))
    assert not project.commit()
    assert "SPC" in project.said
    assert "base.job.yaml" in project.said


def test_init_has_the_hooks_that_are_offered() -> None:
    yaml = YAML(typ="safe", pure=True)
    offered = yaml.load(OFFERED.read_text(encoding="utf-8"))
    (repository,) = yaml.load(SCAFFOLD.read_text(encoding="utf-8"))["repos"]
    for hook in repository["hooks"]:
        assert hook.pop("additional_dependencies") == ["specc==@version@"]
    for hook in offered:
        assert hook.pop("description")
    assert repository["hooks"] == offered
