"""Which text is checked next, and what is shown where: the work of the server without a client."""

import asyncio
import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.projects import BASE, SETTINGS

from specc.app.editing import EditedProject
from specc.linter.steps import run_to_end
from specc.lsp.actions import actions_at
from specc.lsp.checks import Checks, File
from specc.lsp.cursor import cursor_at
from specc.lsp.hover import hover_at
from specc.lsp.workspace import Buffer, Workspace

SPEC = "specc: 1\nextends: base.job.yaml\njob: {name: %s, cmd_line: ./run}\n"
HEIRS = 5
SCHEMAS = Path(__file__).parents[2] / "schemas" / "ehpc" / "v1"
PATCH = "submitjob.patch.yaml"


class Shown:
    """What an editor would show, and in which order."""

    def __init__(self) -> None:
        self.order: list[tuple[str, int]] = []
        self.codes: dict[str, list[str]] = {}
        self.errors: list[Exception] = []

    def show(self, file: File, buffer: Buffer | None, found: Any) -> None:
        _, name = file
        self.order.append((name, len(found)))
        self.codes[name] = [each.code.code for each in found]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "specc.toml").write_text(SETTINGS)
    (tmp_path / "base.job.yaml").write_text(BASE)
    for number in range(HEIRS):
        (tmp_path / f"heir-{number}.job.yaml").write_text(SPEC % f"n{number}")
    return tmp_path


def buffer(root: Path, name: str, text: str, version: int = 1) -> Buffer:
    return Buffer((root / name).as_uri(), root / name, text, version)


def run(work: Callable[[Workspace, Checks, Shown], Coroutine[Any, Any, None]]) -> Shown:
    shown = Shown()

    async def session() -> None:
        workspace = Workspace()
        checks = Checks(workspace, shown.show, shown.errors.append)
        await work(workspace, checks, shown)

    asyncio.run(session())
    return shown


async def settled(checks: Checks) -> None:
    while checks.is_busy:
        await asyncio.sleep(0)


def test_the_open_text_comes_first_and_its_heirs_after_it(root: Path) -> None:
    async def work(workspace: Workspace, checks: Checks, shown: Shown) -> None:
        base = buffer(root, "base.job.yaml", BASE.replace("core_limit: 4", "core_limit: 4, nmae: x"))
        workspace.put(base)
        checks.edited(base)
        await settled(checks)

    shown = run(work)
    assert shown.order[0][0] == "base.job.yaml"
    assert shown.codes["base.job.yaml"] == ["SPC401"]


def test_an_edit_ends_the_check_that_is_under_way(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[str] = []
    plain = EditedProject._examine

    def noted(self: EditedProject, name: str) -> Any:
        looked_at.append(name)
        return plain(self, name)

    monkeypatch.setattr(EditedProject, "_examine", noted)

    async def work(workspace: Workspace, checks: Checks, shown: Shown) -> None:
        for version in range(1, 4):
            base = buffer(root, "base.job.yaml", f"{BASE}# {version}\n", version)
            workspace.put(base)
            checks.edited(base)
            for _ in range(HEIRS):
                await asyncio.sleep(0)
        await settled(checks)

    run(work)
    assert looked_at.count("base.job.yaml") == 3
    assert looked_at.count("heir-4.job.yaml") == 1


def test_a_bug_in_a_check_is_told_and_ends_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: EditedProject, name: str) -> Any:
        raise ZeroDivisionError(name)

    async def work(workspace: Workspace, checks: Checks, shown: Shown) -> None:
        heir = buffer(root, "heir-0.job.yaml", SPEC % "a")
        workspace.put(heir)
        with monkeypatch.context() as context:
            context.setattr(EditedProject, "check", broken)
            checks.edited(heir)
            assert await checks.diagnostics_of(heir.uri) == ()
        checks.edited(heir)
        await settled(checks)

    shown = run(work)
    assert [type(error) for error in shown.errors] == [ZeroDivisionError]
    assert shown.codes["heir-0.job.yaml"] == []


def test_what_a_closed_text_said_of_others_goes_with_it(root: Path) -> None:
    async def work(workspace: Workspace, checks: Checks, shown: Shown) -> None:
        base = buffer(root, "base.job.yaml", BASE.replace("core_limit: 4", "name: 4"))
        workspace.put(base)
        checks.edited(base)
        await settled(checks)
        text = BASE + "params: {n: {type: integer, default: x}}\n"
        changed = buffer(root, "base.job.yaml", text, 2)
        workspace.put(changed)
        checks.edited(changed)
        await settled(checks)
        assert shown.codes["base.job.yaml"]
        assert workspace.close(changed.uri) is changed
        checks.closed(changed)
        await settled(checks)

    assert run(work).codes["base.job.yaml"] == []


def test_what_is_known_of_open_texts_stays_when_settings_are_saved(root: Path) -> None:
    """Also where the settings that went were those of a project within the project."""
    (root / "inner").mkdir()
    (root / "inner" / "specc.toml").write_text(SETTINGS)
    wrong = (SPEC % "a").replace("name", "nmae")
    inner = wrong.replace("extends: base.job.yaml\n", "")

    async def work(workspace: Workspace, checks: Checks, shown: Shown) -> None:
        for each in (buffer(root, "heir-0.job.yaml", wrong), buffer(root, "inner/x.job.yaml", inner)):
            workspace.put(each)
            checks.edited(each)
        await settled(checks)
        assert "SPC401" in shown.codes["heir-0.job.yaml"]
        (root / "inner" / "specc.toml").unlink()
        workspace.files_changed([root / "inner" / "specc.toml"])
        checks.all_again()
        await settled(checks)
        assert workspace.close((root / "heir-0.job.yaml").as_uri()) is not None

    shown = run(work)
    assert "SPC401" in shown.codes["heir-0.job.yaml"]
    assert "SPC401" in shown.codes["inner/x.job.yaml"]
    assert len([name for name, count in shown.order if count == 0]) == 0


class TestEditedProject:
    def test_files_that_others_change_are_read_anew(self, root: Path) -> None:
        project = EditedProject(root)
        project.put("heir-0.job.yaml", SPEC % "a")
        *_, verdict = (each for each in project.check("heir-0.job.yaml") if each is not None)
        assert verdict.found["heir-0.job.yaml"] == ()
        (root / "base.job.yaml").write_text(BASE + "x: 1\n")
        assert project.refresh() == {"base.job.yaml"}
        *_, verdict = (each for each in project.check("heir-0.job.yaml") if each is not None)
        assert [each.code.code for each in verdict.found["base.job.yaml"]] == ["SPC201"]

    def test_new_files_and_settings_are_seen(self, root: Path) -> None:
        project = EditedProject(root)
        assert len(project.dependents("base.job.yaml")) == HEIRS
        (root / "more.job.yaml").write_text(SPEC % "more")
        project.refresh()
        assert len(project.dependents("base.job.yaml")) == HEIRS + 1
        (root / "specc.toml").write_text(SETTINGS + 'exclude = ["more*"]\n')
        project.refresh()
        assert project.settings_found or len(project.dependents("base.job.yaml")) == HEIRS

    def test_folders_are_listed_again_where_they_have_changed(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for number in range(9):
            (root / "out" / str(number)).mkdir(parents=True)
        listed: list[str] = []
        plain = os.scandir
        for folder in (root, root / "out", *(root / "out").iterdir()):
            os.utime(folder, ns=(0, 0))
        monkeypatch.setattr("os.scandir", lambda path: (listed.append(str(path)), plain(path))[1])
        project = EditedProject(root)
        assert len(project.dependents("base.job.yaml")) == HEIRS
        assert len(listed) == 11
        listed.clear()
        (root / "out" / "4" / "more.job.yaml").write_text((SPEC % "more").replace("base", "../../base"))
        project.refresh()
        assert len(project.dependents("base.job.yaml")) == HEIRS + 1
        assert listed == [str(root / "out" / "4")]
        (root / "out" / "4" / "other.job.yaml").write_text((SPEC % "other").replace("base", "../../base"))
        os.utime(root / "out" / "4")
        project.refresh()
        assert len(project.dependents("base.job.yaml")) == HEIRS + 2

    def test_the_last_tree_answers_for_a_text_that_cannot_be_read(self, root: Path) -> None:
        project = EditedProject(root)
        text = SPEC % "a"
        project.put("heir-0.job.yaml", text)
        assert project.is_readable
        project.put("heir-0.job.yaml", text.replace("name", "𝄞 {[ name"))
        assert not project.is_readable
        snapshot = project.snapshot("heir-0.job.yaml")
        assert snapshot.document is not None
        assert snapshot.document.source.text == text
        key = snapshot.document.root.keys["job"]
        assert snapshot.in_text(key.span).text == "job"
        command = snapshot.text.text.index("cmd_line")
        assert text[snapshot.in_tree(command) :].startswith("cmd_line")
        project.drop("heir-0.job.yaml")
        assert project.is_readable

    def test_texts_that_are_typed_over_at_once_are_not_read(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        read: list[str] = []
        plain = EditedProject._take
        monkeypatch.setattr(EditedProject, "_take", lambda *given: (read.append(given[2]), plain(*given))[1])
        project = EditedProject(root)
        for number in range(9):
            project.put("heir-0.job.yaml", SPEC % f"n{number}")
        assert project.snapshot("heir-0.job.yaml").text.text == SPEC % "n8"
        assert read == [SPEC % "n8"]

    def test_nobody_waits_until_many_heirs_are_read(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("specc.app.editing.SOON", 2)
        project = EditedProject(root)
        assert project.dependents_soon("base.job.yaml") is None
        assert len(project.dependents("base.job.yaml")) == HEIRS
        assert len(project.dependents_soon("base.job.yaml") or ()) == HEIRS

    def test_folders_of_one_workspace_can_hold_several_projects(self, root: Path) -> None:
        inner = root / "other"
        inner.mkdir()
        (inner / "specc.toml").write_text(SETTINGS.replace("demo", "other"))
        (inner / "base.job.yaml").write_text(BASE.replace("core_limit: 4", "core_limit: none"))
        workspace = Workspace()
        for folder in (root, inner):
            workspace.put(buffer(folder, "heir-0.job.yaml", SPEC % "a"))
        (outer, name), (other, same) = (workspace.named(folder / "heir-0.job.yaml") for folder in (root, inner))
        assert outer is not other
        assert name == same == "heir-0.job.yaml"
        found = [list(project.check(name))[-1] for project in (outer, other)]
        assert [len(verdict.found.get("base.job.yaml", ())) for verdict in found if verdict is not None] == [0, 1]

    def test_a_text_behind_a_link_is_the_file_that_it_leads_to(self, root: Path) -> None:
        (root / "jobs").mkdir()
        (root / "jobs" / "a.job.yaml").write_text(SPEC.replace("base", "../base") % "a")
        (root / "link").symlink_to("jobs")
        workspace = Workspace()
        workspace.put(buffer(root, "link/a.job.yaml", SPEC.replace("base", "../base") % "b"))
        project, name = workspace.named(root / "link" / "a.job.yaml")
        assert name == "jobs/a.job.yaml"
        assert workspace.open_as(project, name) is not None

    def test_paths_are_shown_from_the_root_wherever_the_server_was_started(
        self, root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        (root / "heir-0.job.yaml").write_text(SPEC % "n0" + "nope: 1\n")
        for folder in (tmp_path_factory.mktemp("elsewhere"), root.parent, root):
            monkeypatch.chdir(folder)
            project = EditedProject(root)
            shown = hover_at(project, project.snapshot("base.job.yaml"), BASE.index("core_limit"))
            assert shown is not None
            assert "set by file base.job.yaml:3:" in shown.markdown
            (unknown,) = (each for each in project.check_alone(project.project, "heir-0.job.yaml"))
            assert str(unknown.span) == "heir-0.job.yaml:4:1"

    def test_a_page_of_an_api_is_read_with_its_patch(self, root: Path) -> None:
        page = (SCHEMAS / "submitjob.md").read_text(encoding="utf-8")
        (root / "submitjob.md").write_text(page)
        (root / "submitjob.patch.yaml").write_bytes((SCHEMAS / "submitjob.patch.yaml").read_bytes())
        project = EditedProject(root)
        for text, expected in ((page, []), (page.replace("mem_limit", "mem_limt"), ["SPC805"])):
            project.put("submitjob.md", text)
            *_, verdict = (each for each in project.check("submitjob.md") if each is not None)
            found = [each.code.code for each in (*verdict.found["submitjob.md"], *verdict.found.get(PATCH, ()))]
            assert found[:1] == expected
        (root / "README.md").write_text("# no page of an API\n")
        project.put("README.md", "| a table |\n")
        (verdict,) = project.check("README.md")
        assert verdict is not None
        assert verdict.found == {"README.md": ()}


class TestActions:
    """Changes of a line that leave all payloads as they are."""

    LINE = "specc: 1\nextends: base.job.yaml\njob:\n  name: a\n  core_limit: 4\n  cmd_line: ./run\n"

    def offered(self, project: EditedProject, name: str, text: str, at: str = "core_limit") -> list[str]:
        project.put(name, text)
        offset = text.index(at)
        found = run_to_end(actions_at(project, project.snapshot(name), (), offset, offset))
        return [action.title.partition(":")[0] for action in found]

    def test_are_held_to_bases_that_are_not_saved(self, root: Path) -> None:
        project = EditedProject(root)
        project.put("base.job.yaml", BASE.replace("core_limit: 4", "core_limit: 8"))
        text = self.LINE.replace("core_limit: 4", "core_limit: 8")
        assert self.offered(project, "x.job.yaml", text) == [
            "remove this line",
            "make this value the parameter `core_limit`",
        ]
        assert self.offered(project, "x.job.yaml", self.LINE) == ["make this value the parameter `core_limit`"]

    def test_are_not_offered_where_an_heir_would_come_to_something_else(self, root: Path) -> None:
        (root / "left.job.yaml").write_text(SPEC.replace("job: {", "job: {core_limit: 8, ") % "l")
        (root / "h.job.yaml").write_text("specc: 1\nextends: [left.job.yaml, x.job.yaml]\njob: {name: h}\n")
        project = EditedProject(root)
        assert "remove this line" not in self.offered(project, "x.job.yaml", self.LINE)
        (root / "h.job.yaml").write_text(
            "specc: 1\nextends: x.job.yaml\nparams: {core_limit: {type: integer, default: 16}}\n"
            "job: {name: 'h{{ params.core_limit }}'}\n"
        )
        project = EditedProject(root)
        assert self.offered(project, "x.job.yaml", self.LINE) == ["remove this line"]

    def test_try_the_first_cells_of_a_large_sweep(self, root: Path) -> None:
        text = (
            self.LINE.replace("name: a", "name: a{{ matrix.n }}")
            + "matrix: {max: 3000, axes: {n: {from: 1, to: 3000}}}\n"
        )
        project = EditedProject(root)
        project.put("x.job.yaml", text)
        offset = text.index("core_limit")
        steps = sum(1 for _ in actions_at(project, project.snapshot("x.job.yaml"), (), offset, offset))
        assert 0 < steps < 1000


@given(st.text("ab: {}[]\"'#-|>\n%$,.𝄞\r", max_size=60), st.data())
def test_where_the_cursor_is_can_be_told_of_any_text(text: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    cursor = cursor_at(text, offset)
    assert 0 <= cursor.start <= offset
    assert text[cursor.start : offset].endswith(cursor.typed)
