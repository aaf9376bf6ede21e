"""A repository that is opened in an editor: `specc lsp` reads what a check reads, runs nothing, and stays."""

import os
from pathlib import Path

import pytest
from support.projects import BASE, SETTINGS

from specc.app.editing import EditedProject
from specc.errors import SpeccError
from specc.lsp.checks import Checks
from specc.lsp.completion import complete_at
from specc.lsp.hover import block, code, hover_at
from specc.lsp.names import names_in  # noqa: F401 - what follows must not need more
from specc.lsp.navigation import definitions_at, links_of
from specc.lsp.workspace import Buffer, Workspace

SECRET = "s3cret-of-the-host"
SPEC = "specc: 1\nextends: base.job.yaml\njob: {name: a, cmd_line: %s}\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project beside a file that is none of its business."""
    (tmp_path / "secret.sh").write_text(SECRET)
    (tmp_path / "secret.job.yaml").write_text(f"specc: 1\nabstract: true\nvars: {{x: {SECRET}}}\n")
    root = tmp_path / "project"
    root.mkdir()
    (root / "specc.toml").write_text(SETTINGS)
    (root / "base.job.yaml").write_text(BASE)
    monkeypatch.chdir(root)
    return root


def everything(project: EditedProject, name: str, text: str) -> str:
    """Return all that the server says of a text, at each of its characters."""
    project.put(name, text)
    said = [str(verdict.found) for verdict in project.check(name) if verdict is not None]
    snapshot = project.snapshot(name)
    for offset in range(len(text) + 1):
        found = hover_at(project, snapshot, offset)
        said.append(found.markdown if found is not None else "")
        said += [str(span) for span in definitions_at(snapshot, offset)]
        said += [
            f"{offer.label} {offer.detail} {offer.documentation}" for offer in complete_at(project, snapshot, offset)
        ]
    said += [target for _, target in links_of(snapshot)]
    return "\n".join(said)


@pytest.mark.parametrize("path", ["../secret.sh", "/etc/hostname", "link.sh", "folder/secret.sh", "//../secret.sh"])
def test_nothing_outside_of_the_project_is_read(root: Path, path: str) -> None:
    (root / "link.sh").symlink_to("../secret.sh")
    (root / "folder").symlink_to("..")
    (root / "link.job.yaml").symlink_to("../secret.job.yaml")
    project = EditedProject(root)
    said = everything(project, "a.job.yaml", SPEC % f"{{$file: {path}}}")
    said += everything(
        project, "b.job.yaml", f"specc: 1\nextends: [link.job.yaml, ../secret.job.yaml]\njob: {{name: {path}"
    )
    assert SECRET not in said
    assert "secret.sh (" not in said


def test_completion_of_files_stays_in_the_project(root: Path) -> None:
    (root / "out").symlink_to("..")
    project = EditedProject(root)
    for typed in ("../", "out/", "/", "//../", "../../../../../../etc/"):
        text = SPEC % f"{{$file: {typed}}}"
        project.put("a.job.yaml", text)
        offers = complete_at(project, project.snapshot("a.job.yaml"), text.index(typed) + len(typed))
        assert not [offer.label for offer in offers if "secret" in offer.label or "passwd" in offer.label]


def test_files_of_git_and_of_passwords_are_not_read(root: Path) -> None:
    (root / ".git").mkdir()
    (root / ".git" / "config").write_text(SECRET)
    (root / ".netrc").write_text(SECRET)
    project = EditedProject(root)
    for path in (".git/config", ".netrc"):
        assert SECRET not in everything(project, "a.job.yaml", SPEC % f"{{$file: {path}}}")


def test_values_of_the_environment_are_not_shown(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MYSQL_HOST", SECRET)
    (root / "specc.toml").write_text('env = ["MYSQL_HOST"]\n' + SETTINGS)
    text = SPEC.replace("name: a", "name: '{{ vars.x }}'") % "a" + "vars: {x: '{{ env.MYSQL_HOST }}'}\n"
    assert SECRET not in everything(EditedProject(root), "a.job.yaml", text)


def test_settings_that_cannot_be_read_are_said_and_do_not_end_the_server(root: Path) -> None:
    (root / "specc.toml").unlink()
    (root / "specc.toml").symlink_to("../../../../etc/hostname")
    workspace, told = Workspace(), list[Exception]()
    buffer = Buffer("file:///a", root / "a.job.yaml", SPEC % "x", 1)
    workspace.put(buffer)
    project, name = workspace.named(buffer.path)
    with pytest.raises(SpeccError, match="leads out of the project"):
        list(project.check(name))
    assert Checks(workspace, lambda *_: None, told.append).found_in("file:///a") == ()


@pytest.mark.parametrize("kind", ["fifo", "device", "folder"])
def test_what_is_no_file_holds_nothing_up(root: Path, kind: str) -> None:
    place = root / "odd.sh"
    if kind == "fifo":
        os.mkfifo(place)
    elif kind == "device":
        place.symlink_to("/dev/zero")
    else:
        place.mkdir()
    assert "odd.sh" in everything(EditedProject(root), "a.job.yaml", SPEC % "{$file: odd.sh}")


def test_text_of_a_repository_is_no_markdown(root: Path) -> None:
    text = "```\n[click](command:evil) <img src=x>\n````"
    assert block(text).startswith("`````text\n")
    assert code("a`b``c") == "```a`b``c```"
    assert "\x1b" not in code("\x1b[31m\u202e")
