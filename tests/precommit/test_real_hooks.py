"""The hooks of .pre-commit-hooks.yaml: pre-commit clones this checkout and installs it into an environment of its own.

Slow, and needs the network: `make precommit`, not `make test`.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import repositories
from support.hooked import BASE, CHILD, ROOT, Hooked, team

PACKAGED = [
    "specc",
    "codes",
    "schemas",
    "templates",
    "pyproject.toml",
    "README.md",
    "LICENSE",
    ".pre-commit-hooks.yaml",
]
HOOKS = "specc-check", "specc-fmt", "specc-schema"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The checkout as it is, changes and all, as a repository with one commit."""
    folder = tmp_path_factory.mktemp("hooks") / "specc"
    folder.mkdir()
    for name in PACKAGED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    repositories.begin(folder)
    return folder, repositories.commit(folder)


@pytest.fixture(scope="module")
def guarded(release: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Hooked:
    folder, revision = release
    root = tmp_path_factory.mktemp("team") / "project"
    root.mkdir()
    hooks = "".join(f"      - id: {name}\n" for name in HOOKS)
    project = team(root, f"repos:\n  - repo: {folder.as_uri()}\n    rev: {revision}\n    hooks:\n{hooks}")
    project.tool("install-hooks")
    assert project.commit(), project.said
    return project


@pytest.fixture
def project(guarded: Hooked) -> Iterator[Hooked]:
    yield guarded
    repositories.git(guarded.root, "reset", "--quiet", "--hard")


def test_a_clean_change_passes(project: Hooked) -> None:
    project.write("base.job.yaml", BASE.replace("4", "8"))
    assert project.commit(), project.said
    assert "specc check" in project.said


def test_a_base_that_breaks_its_child_fails(project: Hooked) -> None:
    project.write("base.job.yaml", f"{BASE}  cmd_line: echo\n  no_such_field: 1\n")
    assert not project.commit()
    assert "no_such_field" in project.said


def test_a_base_that_is_deleted_fails(project: Hooked) -> None:
    (project.root / "base.job.yaml").unlink()
    assert not project.commit()
    assert "SPC204" in project.said


def test_a_script_with_a_mistake_fails(project: Hooked) -> None:
    project.write("run.sh", 'echo "hello\n')
    assert not project.commit()
    assert "SPC540" in project.said
    assert "run.sh" in project.said


def test_settings_with_a_mistake_fail(project: Hooked) -> None:
    project.write("specc.toml", "projekt = 1\n")
    assert not project.commit()
    assert "projekt" in project.said


def test_fmt_rewrites_and_fails_the_first_time_alone(project: Hooked) -> None:
    project.write("child.job.yaml", CHILD.replace("  ", "      "))
    assert not project.commit()
    assert "files were modified by this hook" in project.said
    assert project.read("child.job.yaml") == CHILD
    project.write("child.job.yaml", CHILD.replace("name: child", "name:    child2"))
    assert not project.commit()
    assert project.commit(), project.said


def test_a_stale_editor_schema_fails(project: Hooked) -> None:
    project.write("schemas/jobspec.schema.json", "{}\n")
    assert not project.commit()
    assert "SPC806" in project.said
    assert "specc schema check schemas/jobspec.schema.json --write" in project.said
