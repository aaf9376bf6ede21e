"""What a repository can have git do while `specc diff` asks it: nothing that it names is run."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from support.projects import Place
from support.repositories import begin, commit, git

from specc.comparison import git as revision_git
from specc.comparison.git import Repository

SPEC = "specc: 1\nextends: base.job.yaml\njob: {name: one, cmd_line: ./run}\n"


@pytest.fixture
def canary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that every command of an attack makes."""
    return tmp_path_factory.mktemp("outside") / "canary"


@pytest.fixture
def repo(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A project with one commit, and a spec that is no longer as it was then."""
    for name in ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"):
        monkeypatch.delenv(name, raising=False)
    place.write(single=SPEC, **{"data.dat": "data\n", ".gitattributes": "* filter=evil diff=evil\n"})
    begin(place.root)
    commit(place.root)
    place.write(single=SPEC.replace("one", "two"))
    return place


def lose_objects(folder: Path) -> None:
    """Remove the files of the last commit from the repository, as a partial clone is without them."""
    for line in git(folder, "ls-tree", "-r", "HEAD").splitlines():
        oid = line.split()[2]
        (folder / ".git/objects" / oid[:2] / oid[2:]).unlink(missing_ok=True)


def make_racy(folder: Path) -> None:
    """Have git unsure of `data.dat`, as if it was written in the same moment as the index: it compares the content."""
    now = int(time.time()) - 100
    os.utime(folder / "data.dat", (now, now))
    git(folder, "add", "data.dat")
    os.utime(folder / ".git/index", (now, now))


def hostile(folder: Path, canary: Path) -> str:
    """Return a configuration that names a command wherever git would run one. Filters and hooks are files."""
    script = folder / "evil.sh"
    script.write_text(f"#!/bin/sh\necho $0 $* >> {canary}\ntest $1 = clean && cat\n")
    script.chmod(0o755)
    hooks = folder / "evil-hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("post-index-change", "reference-transaction", "post-checkout", "fsmonitor-watchman", "pre-auto-gc"):
        shutil.copy(script, hooks / name)
    run = str(script)
    return f"""
[core]
    repositoryformatversion = 1
    fsmonitor = {run}
    sshCommand = {run}
    gitProxy = {run}
    pager = {run}
    editor = {run}
    askPass = {run}
    alternateRefsCommand = {run}
    hooksPath = {hooks}
    attributesFile = {folder}/.gitattributes
    untrackedCache = true
[protocol]
    allow = always
[protocol "ext"]
    allow = always
[protocol "file"]
    allow = always
[extensions]
    partialClone = evil
[remote "evil"]
    url = "ext::{run} lazy"
    promisor = true
    uploadpack = {run}
    partialclonefilter = blob:none
[filter "evil"]
    clean = {run} clean
    smudge = {run} smudge
    process = {run} process
    required = true
[filter "odd=name.x"]
    clean = {run} clean
    required = true
[diff]
    external = {run}
[diff "evil"]
    textconv = {run}
    command = {run}
[credential]
    helper = {run}
[gpg]
    program = {run}
[log]
    showSignature = true
[uploadpack]
    packObjectsHook = {run}
[submodule]
    recurse = true
[alias]
    rev-parse = !{run}
    cat-file = !{run}
"""


def in_git_folder(place: Place, config: str) -> None:
    """As a tarball brings it: a clone cannot."""
    with open(place.root / ".git/config", "a") as file:
        file.write(config)


def included(place: Place, config: str) -> None:
    place.write(**{"evil.config": config})
    in_git_folder(place, "[include]\n    path = ../evil.config\n")


def for_the_work_tree(place: Place, config: str) -> None:
    in_git_folder(place, "[extensions]\n    worktreeConfig = true\n")
    (place.root / ".git/config.worktree").write_text(config)


class TestTheConfigurationOfARepository:
    @pytest.mark.parametrize("put", [in_git_folder, included, for_the_work_tree])
    @pytest.mark.parametrize("state", ["whole", "objects are missing", "racy", "racy, an odd name"])
    def test_names_commands_that_are_not_run(
        self, put: Callable[[Place, str], None], state: str, repo: Place, canary: Path
    ) -> None:
        config = hostile(repo.root, canary)
        if state.endswith("odd name"):
            repo.write(**{".gitattributes": "* filter=odd=name.x\n"})
        if state.startswith("racy"):
            make_racy(repo.root)
        if state == "objects are missing":
            lose_objects(repo.root)
        put(repo, config)
        codes = {repo.run("diff", "HEAD"), repo.run("diff"), repo.run("diff", "HEAD", "single.job.yaml")}
        assert codes == {2 if state == "objects are missing" else 0}, repo.err
        assert "Traceback" not in repo.err
        assert not canary.exists()

    @pytest.mark.parametrize(
        "command",
        [["cat-file", "-p", "HEAD:single.job.yaml"], ["ls-files", "--others"], ["diff-index", "--name-only", "HEAD"]],
        ids=["lazy fetch", "monitor", "filter"],
    )
    def test_would_be_run_by_git_itself(self, command: list[str], repo: Place, canary: Path) -> None:
        """Else the test above could not fail."""
        config = hostile(repo.root, canary)
        make_racy(repo.root)
        if command[0] == "cat-file":
            lose_objects(repo.root)
        if command[0] != "ls-files":
            config = config.replace("fsmonitor =", "nothing =")
        in_git_folder(repo, config)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        subprocess.run(["git", *command], cwd=repo.root, env=environment, capture_output=True, check=False, timeout=60)
        assert canary.exists()

    def test_of_a_submodule_does_no_more(self, repo: Place, canary: Path) -> None:
        module = repo.root / "module"
        module.mkdir()
        (module / "data.dat").write_text("data\n")
        (module / ".gitattributes").write_text("* filter=evil\n")
        begin(module)
        commit(module)
        commit(repo.root)
        repo.write(single=SPEC)
        make_racy(module)
        with open(module / ".git/config", "a") as file:
            file.write(hostile(module, canary))
        assert repo.run("diff", "HEAD") == 0
        assert not canary.exists()

    def test_that_moves_the_work_tree_shows_nothing_of_it(self, repo: Place, canary: Path) -> None:
        (canary.parent / "secret.job.yaml").write_text(SPEC)
        in_git_folder(repo, f"[core]\n    worktree = {canary.parent}\n")
        repo.run("diff", "HEAD")
        assert "secret" not in repo.out + repo.err


def embed(folder: Path, config: str, *, shares: bool = False) -> None:
    """Make a folder a bare repository, by files that any repository can hold."""
    begin(folder)
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "evil")
    with open(folder / ".git/config", "a") as file:
        file.write(f"[core]\n    worktree = {folder}\n{config}")
    for entry in list((folder / ".git").iterdir()):
        target = folder / entry.name
        if shares and entry.name != "HEAD":
            target = folder / "shared" / entry.name
            target.parent.mkdir(exist_ok=True)
        entry.rename(target)
    if shares:
        (folder / "commondir").write_text("shared\n")
    (folder / ".git").rmdir()


class TestAnEmbeddedBareRepository:
    @pytest.mark.parametrize("where", ["beside the settings", "above them"])
    @pytest.mark.parametrize("shares", [False, True], ids=["plain", "commondir"])
    def test_is_not_taken_for_the_repository(
        self, where: str, shares: bool, repo: Place, canary: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bare = repo.root / "vendor"
        project = bare if where == "beside the settings" else bare / "jobs" / "a"
        project.mkdir(parents=True)
        for name in ("specc.toml", "base.job.yaml", "single.job.yaml"):
            shutil.copy(repo.root / name, project / name)
        embed(bare, hostile(bare, canary), shares=shares)
        canary.unlink(missing_ok=True)  # making the repository runs its hooks
        monkeypatch.chdir(project)
        for arguments in (["diff"], ["diff", "HEAD"], ["diff", "@", "single.job.yaml"]):
            assert repo.run(*arguments) == 2
            assert "bare git repository" in repo.err
        monkeypatch.chdir(repo.root)
        for arguments in (["diff"], ["diff", "HEAD"], ["diff", "@", "vendor"], ["check"], ["render", "vendor"]):
            repo.run(*arguments)
            assert "Traceback" not in repo.err
        assert not canary.exists()

    def test_is_left_alone_by_git_itself_too(self, repo: Place, canary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Even where specc does not see what it is."""
        monkeypatch.setattr(revision_git, "_refuse_bare", lambda folder: None)
        embed(repo.root / "vendor" if (repo.root / "vendor").mkdir() is None else repo.root, "")
        with pytest.raises(revision_git.GitFault, match="bareRepository"):
            Repository(repo.root / "vendor", os.environ).ask("rev-parse", "--git-dir")

    def test_around_a_work_tree_is_none_of_it(self, repo: Place, tmp_path_factory: pytest.TempPathFactory) -> None:
        """A common layout: `project.git/` with a work tree for each branch in it."""
        bare = tmp_path_factory.mktemp("a") / "project.git"
        git(repo.root, "clone", "--quiet", "--bare", f"file://{repo.root}", str(bare))
        git(bare, "worktree", "add", "--quiet", "topic")
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(bare / "topic")
            assert repo.run("diff", "HEAD") == 0, repo.err


def test_a_repository_of_somebody_else_is_refused(repo: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """git's own rule (`safe.directory`) holds."""
    variable = "GIT_TEST_ASSUME_DIFFERENT_OWNER"
    monkeypatch.setattr(revision_git, "KEPT", revision_git.KEPT | {variable})
    monkeypatch.setenv(variable, "1")
    assert repo.run("diff") == 2
    assert f"the git repository at '{repo.root}' belongs to another user" in repo.err
    assert f"`git config --global --add safe.directory '{repo.root}'`" in repo.err
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "safe.directory")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "*")
    assert repo.run("diff", "HEAD") == 0, repo.err


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GIT_EXTERNAL_DIFF", "{run}"), ("GIT_SSH_COMMAND", "{run}"), ("GIT_ASKPASS", "{run}"), ("GIT_PAGER", "{run}"),
        ("GIT_PROXY_COMMAND", "{run}"), ("GIT_ALLOW_PROTOCOL", "ext:file"), ("GIT_NO_LAZY_FETCH", "0"),
        ("GIT_DIR", "/nowhere"), ("GIT_ATTR_SOURCE", "HEAD"), ("GIT_TRACE", "{canary}"), ("GIT_CONFIG", "{canary}"),
        ("GIT_TRACE2_EVENT", "{canary}"), ("GIT_OBJECT_DIRECTORY", "/nowhere"), ("GIT_INDEX_FILE", "/nowhere"),
    ],
)  # fmt: skip
def test_variables_about_another_repository_are_not_passed_on(
    name: str, value: str, repo: Place, canary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_git_folder(repo, hostile(repo.root, canary))
    monkeypatch.setenv(name, value.format(run=repo.root / "evil.sh", canary=canary))
    assert repo.run("diff", "HEAD") == 0, repo.err
    assert not canary.exists()


class TestNamesThatBeginWithADash:
    @pytest.mark.parametrize("name", ["--output=canary", "-d", "--", "-z", ":(glob)x", ":/", "--exec-path=."])
    def test_of_the_project(self, name: str, repo: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = repo.root / name
        folder.mkdir()
        for file in ("specc.toml", "base.job.yaml"):
            shutil.copy(repo.root / file, folder / file)
        (folder / "single.job.yaml").write_text(SPEC)
        commit(repo.root)
        (folder / "single.job.yaml").write_text(SPEC.replace("one", "two"))
        monkeypatch.chdir(folder)
        assert repo.run("diff", "HEAD") == 0, repo.err
        assert "1 payload altered" in repo.out
        assert not (folder / "canary").exists()

    @pytest.mark.parametrize("word", ["--output=canary", "-p", "--upload-pack=x", "--all"])
    def test_of_a_revision_in_the_environment(self, word: str, repo: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GITHUB_BASE_REF", word)
        assert repo.run("diff") == 2
        assert not (repo.root / "canary").exists()

    def test_of_files(self, repo: Place) -> None:
        for name in ("--output=canary", "-x.job.yaml", "HEAD", "@"):
            repo.put(name, SPEC.encode())
        commit(repo.root)
        assert repo.run("diff", "main", "--output", "json:report.json") == 0, repo.err
        assert not (repo.root / "canary").exists()


def test_the_store_of_large_files_shows_no_other_file(repo: Place, canary: Path) -> None:
    """A tarball can hold a link in it; the name of a file there is the digest of its content."""
    canary.write_text("echo a secret of the user\n")
    digest = sha256(b"./run\n").hexdigest()
    repo.write(scripted="specc: 1\nextends: base.job.yaml\njob: {name: s, cmd_line: {$file: run.sh}}\n")
    repo.put("run.sh", f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 6\n".encode())
    commit(repo.root)
    repo.put("run.sh", b"./walk\n")
    store = repo.root / f".git/lfs/objects/{digest[:2]}/{digest[2:4]}"
    store.mkdir(parents=True)
    (store / digest).symlink_to(canary)
    repo.run("diff", "HEAD")
    assert "whose store has other content" in repo.err
    assert "secret" not in repo.out + repo.err


def test_a_tree_without_end_is_not_listed_to_its_end(repo: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten folders in each other, each of them ten times, are ten thousand million files in two kilobytes."""
    oid = git(repo.root, "rev-parse", "HEAD:data.dat")
    lines, kind = f"100644 blob {oid}\t{{}}", "blob"
    for _ in range(10):
        listing = "\n".join(lines.format(number) for number in range(10)) + "\n"
        made = subprocess.run(
            ["git", "mktree"], input=listing, cwd=repo.root, capture_output=True, text=True, check=True
        )
        lines, kind = f"040000 tree {made.stdout.strip()}\t{{}}", "tree"
    assert kind == "tree"
    bomb = git(repo.root, "commit-tree", "-m", "bomb", made.stdout.strip())
    monkeypatch.setattr(revision_git, "MOST_OUTPUT", 1 << 20)
    assert repo.run("diff", bomb) == 2
    assert "`git ls-tree` prints more than 1 MiB" in repo.err
