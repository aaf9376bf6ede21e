"""Two projects of one name do not take each other's jobs for their own; clones, worktrees and moves are one project."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from chaos.hostile import Hostile
from support.repositories import SETTINGS as GIT
from support.repositories import begin, commit, git
from support.tables import each

from specc.cli.main import run
from specc.comparison.git import address_of

SETTINGS = """project = "demo"
target = "cloud"
[targets.cloud]
kind = "ehpc"
endpoint = "{endpoint}"
job = {{zone = "z", cluster_id = "c", run_user = "u"}}
"""
SPEC = "specc: 1\njob: {name: a, cmd_line: echo, core_limit: 1}\n"


class Desk:
    """A user with one state folder and projects in several places."""

    def __init__(self, root: Path, server: Hostile, capture: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch):
        self.root = root
        self.server = server
        self.err = ""
        self._capture = capture
        self._patch = patch

    def project(self, name: str, settings: str = SETTINGS) -> Path:
        folder = self.root / name
        folder.mkdir(parents=True)
        (folder / "specc.toml").write_text(settings.format(endpoint=self.server.endpoint))
        (folder / "a.job.yaml").write_text(SPEC)
        return folder

    def run(self, folder: Path, *arguments: str) -> int:
        self._patch.chdir(folder)
        code = run(list(arguments))
        self.err = self._capture.readouterr().err
        return code

    def is_same(self, folder: Path) -> bool:
        """Whether nothing is sent from there because all was sent before, and nothing is asked."""
        before = len(self.server.jobs)
        code = self.run(folder, "submit")
        assert len(self.server.jobs) == before
        return code == 0

    def is_refused(self, folder: Path) -> bool:
        before = len(self.server.jobs)
        code = self.run(folder, "submit", "--yes")
        assert len(self.server.jobs) == before
        return code == 2 and "another project named `demo` uses the ledger" in self.err


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    for name, value in {
        "XDG_STATE_HOME": str(tmp_path / "state"), "HOME": str(tmp_path), "QY_ACCESS_KEY_ID": "KEYKEYKEYKEY",
        "QY_SECRET_ACCESS_KEY": "secret", **GIT,
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("CI", raising=False)
    server = Hostile(calm=True)
    yield Desk(tmp_path, server, capsys, monkeypatch)
    server.close()


class TestTwoProjectsOfOneName:
    @pytest.mark.parametrize("command", ["submit", "status", "cancel --all --yes", "wait", "logs", "ledger list",
                                         "ledger show a.job.yaml", "ledger resolve", "ledger verify", "plan",
                                         "submit --dry-run", "ledger mv a.job.yaml b.job.yaml"])  # fmt: skip
    def test_no_command_takes_the_jobs_of_the_first_for_the_seconds(self, desk: Desk, command: str) -> None:
        first, second = desk.project("here/demo"), desk.project("there/demo")
        assert desk.run(first, "submit") == 0
        assert desk.run(second, *command.split()) == 2
        assert "`specc ledger join`" in desk.err
        assert str(first) in desk.err
        assert len(desk.server.jobs) == 1

    def test_projects_that_init_makes(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("here", "there"):
            (desk.root / name).mkdir()
            assert desk.run(desk.root / name, "init", "demo") == 0
            settings = desk.root / name / "demo/specc.toml"
            settings.write_text(SETTINGS.format(endpoint=desk.server.endpoint) + '[units]\nmem_limit = "MiB"\n'
                                'time_limit = "min"\n')  # fmt: skip
        assert desk.run(desk.root / "here/demo", "submit", "--yes") == 0
        assert desk.server.jobs
        assert desk.is_refused(desk.root / "there/demo")

    def test_a_name_of_its_own_gives_it_a_ledger_of_its_own(self, desk: Desk) -> None:
        first, second = desk.project("here"), desk.project("there", SETTINGS.replace("demo", "other"))
        assert desk.run(first, "submit") == desk.run(second, "submit") == 0
        assert len(desk.server.jobs) == 2

    def test_two_repositories(self, desk: Desk) -> None:
        first, second = desk.project("here"), desk.project("there")
        for folder in (first, second):
            begin(folder)
            commit(folder, folder.name)
        assert desk.run(first, "submit") == 0
        assert desk.is_refused(second)

    def test_two_folders_of_one_repository(self, desk: Desk) -> None:
        first, second = desk.project("all/here"), desk.project("all/there")
        begin(desk.root / "all")
        commit(desk.root / "all")
        assert desk.run(first, "submit") == 0
        assert desk.is_same(first)
        assert desk.is_refused(second)

    def test_another_repository_in_the_same_folder(self, desk: Desk) -> None:
        first = desk.project("build")
        begin(first)
        commit(first, "one")
        assert desk.run(first, "submit") == 0
        shutil.rmtree(first)
        second = desk.project("build")
        begin(second)
        commit(second, "another")
        assert desk.is_refused(second)

    def test_one_explicit_ledger_for_projects_of_two_names(self, desk: Desk) -> None:
        path = f'[ledger]\npath = "{desk.root}/ledger.sqlite"\n'
        first = desk.project("here", SETTINGS + path)
        second = desk.project("there", SETTINGS.replace("demo", "other") + path)
        assert desk.run(first, "ledger", "init") == 0
        assert desk.run(first, "submit") == 0
        assert desk.run(second, "submit") == 2
        assert len(desk.server.jobs) == 1

    def test_shared_on_purpose(self, desk: Desk) -> None:
        first, second = desk.project("here"), desk.project("there")
        assert desk.run(first, "submit") == 0
        assert desk.run(second, "ledger", "join") == 0
        assert str(first) in desk.err
        assert desk.is_same(second)
        assert desk.is_same(first)
        assert desk.run(second, "ledger", "join", "--output", "json") == 0


class TestOneProject:
    @pytest.fixture
    def sent(self, desk: Desk) -> Path:
        folder = desk.project("repo")
        begin(folder)
        commit(folder)
        assert desk.run(folder, "submit") == 0
        return folder

    def test_a_clone(self, desk: Desk, sent: Path) -> None:
        git(desk.root, "clone", "--quiet", str(sent), "clone")
        assert desk.is_same(desk.root / "clone")

    def test_a_worktree_and_another_branch(self, desk: Desk, sent: Path) -> None:
        git(sent, "worktree", "add", "--quiet", "-b", "other", str(desk.root / "tree"))
        commit(desk.root / "tree", "more")
        assert desk.is_same(desk.root / "tree")

    def test_a_folder_that_was_moved(self, desk: Desk, sent: Path) -> None:
        sent.rename(desk.root / "moved")
        assert desk.is_same(desk.root / "moved")

    def test_a_copy_with_its_history(self, desk: Desk, sent: Path) -> None:
        shutil.copytree(sent, desk.root / "copy")
        assert desk.is_same(desk.root / "copy")

    def test_a_link_to_the_folder(self, desk: Desk, sent: Path) -> None:
        (desk.root / "link").symlink_to(sent)
        assert desk.is_same(desk.root / "link")

    def test_a_shallow_clone_as_runners_make_it(self, desk: Desk, sent: Path) -> None:
        """The first commits are not there; the address is, with a token in it."""
        commit(sent, "more")
        git(desk.root, "clone", "--quiet", "--depth=1", f"file://{sent}", "shallow")
        assert desk.is_refused(desk.root / "shallow")
        git(sent, "remote", "add", "origin", "git@example.org:team/repo.git")
        (desk.root / "state").rename(desk.root / "old")
        assert desk.run(sent, "submit") == 0
        git(desk.root / "shallow", "remote", "set-url", "origin", "https://token:abc@example.org/team/repo")
        assert desk.is_same(desk.root / "shallow")

    def test_a_project_that_comes_to_be_a_repository(self, desk: Desk) -> None:
        folder = desk.project("plain")
        assert desk.run(folder, "submit") == 0
        begin(folder)
        assert desk.is_same(folder)
        commit(folder)
        assert desk.is_same(folder)
        git(desk.root, "clone", "--quiet", str(folder), "clone")
        assert desk.is_same(desk.root / "clone")

    def test_a_repository_whose_commits_have_64_digits(self, desk: Desk) -> None:
        folder = desk.project("repo")
        git(folder, "init", "--quiet", "--object-format=sha256", "--initial-branch=main")
        commit(folder)
        assert desk.run(folder, "submit") == 0
        assert desk.is_same(folder)
        git(desk.root, "clone", "--quiet", str(folder), "clone")
        assert desk.is_same(desk.root / "clone")

    def test_a_submodule_and_a_project_below_the_top(self, desk: Desk) -> None:
        folder = desk.project("repo/jobs/cfd")
        begin(desk.root / "repo")
        commit(desk.root / "repo")
        assert desk.run(folder, "submit") == 0
        git(desk.root, "clone", "--quiet", str(desk.root / "repo"), "clone")
        assert desk.is_same(desk.root / "clone/jobs/cfd")

    def test_without_git_a_moved_folder_is_asked_about_once(self, desk: Desk) -> None:
        folder = desk.project("plain")
        assert desk.run(folder, "submit") == 0
        folder.rename(desk.root / "moved")
        assert desk.is_refused(desk.root / "moved")
        assert desk.run(desk.root / "moved", "ledger", "join") == 0
        assert desk.is_same(desk.root / "moved")

    def test_without_the_git_command(self, desk: Desk, sent: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(desk.root))
        assert desk.is_same(sent)

    def test_variables_of_a_hook_do_not_matter(self, desk: Desk, sent: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        other = desk.project("other")
        begin(other)
        commit(other, "other")
        monkeypatch.setenv("GIT_DIR", str(sent / ".git"))
        assert desk.is_refused(other)

    def test_a_folder_whose_name_is_not_utf_8(self, desk: Desk) -> None:
        folder = desk.project("caf\udce9")
        assert desk.run(folder, "submit") == 0
        assert desk.is_same(folder)


def test_a_person_is_asked(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = desk.project("here"), desk.project("there")
    assert desk.run(first, "submit") == 0
    questions: list[str] = []
    monkeypatch.setattr("specc.cli.console.is_terminal", lambda: True)
    monkeypatch.setattr("specc.cli.console.confirm", lambda question: questions.append(question) or False)
    assert desk.is_refused(second)
    monkeypatch.setattr("specc.cli.console.confirm", lambda question: questions.append(question) or True)
    assert desk.is_same(second)
    assert desk.is_same(second)
    assert len(questions) == 2


@each(
    "url, address",
    [
        ("git@Example.org:team/repo.git", "example.org/team/repo"),
        ("https://token:abc@example.org/team/repo.git/", "example.org/team/repo"),
        ("ssh://git@example.org:2222/team/repo", "example.org/team/repo"),
        ("/srv/git/repo.git", ""),
        ("file:///srv/git/repo.git", ""),
        ("../repo", ""),
        ("http://[", ""),
        ("", ""),
    ],
)
def test_an_address_is_the_same_however_it_is_reached(url: str, address: str) -> None:
    assert address_of(url) == address
