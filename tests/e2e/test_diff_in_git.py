"""What git can be like: `specc diff` in shallow clones, submodules, hooks, and repositories without a commit."""

import json
import os
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from support.projects import Place
from support.repositories import begin, commit, git

SINGLE = "specc: 1\nextends: base.job.yaml\njob: {name: one, cmd_line: ./run}\n"


@pytest.fixture
def repo(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    for name in ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"):
        monkeypatch.delenv(name, raising=False)
    place.write(single=SINGLE)
    begin(place.root)
    commit(place.root, "first")
    return place


def summary(place: Place, *arguments: str) -> dict[str, Any]:
    place.run("diff", *arguments, "--output", "json")
    found: dict[str, Any] = json.loads(place.out)["summary"]
    return found


def rename(place: Place, name: str) -> None:
    (place.root / "single.job.yaml").write_text(SINGLE.replace("one", name))


def clone(place: Place, tmp: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Path:
    """A copy of the repository, in which the command then runs."""
    git(tmp, "clone", "--quiet", *arguments, f"file://{place.root}", "clone")
    monkeypatch.chdir(tmp / "clone")
    return tmp / "clone"


def test_neither_work_tree_nor_index_is_touched(repo: Place) -> None:
    rename(repo, "two")
    os.utime(repo.root / "base.job.yaml", (1, 1))  # git would like to note in its index that it is the same
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in repo.root.rglob("*") if path.is_file()}
    assert summary(repo)["altered"] == 1
    after = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in repo.root.rglob("*") if path.is_file()}
    assert after == before


def test_what_a_hook_sets_does_not_mislead(repo: Place, tmp_path_factory: pytest.TempPathFactory) -> None:
    rename(repo, "two")
    other = tmp_path_factory.mktemp("other")
    begin(other)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_DIR", str(other / ".git"))
        patch.setenv("GIT_WORK_TREE", str(other))
        patch.setenv("GIT_INDEX_FILE", str(other / "index-that-is-not-there"))
        assert summary(repo)["altered"] == 1
        assert not (other / "index-that-is-not-there").exists()


def test_a_branch_is_compared_with_what_it_came_from(repo: Place) -> None:
    git(repo.root, "checkout", "--quiet", "-b", "topic")
    rename(repo, "two")
    commit(repo.root)
    git(repo.root, "checkout", "--quiet", "main")
    repo.write(new=SINGLE)
    commit(repo.root)
    git(repo.root, "checkout", "--quiet", "topic")
    assert summary(repo)["altered"] == 1
    assert "the merge base with main" in repo.err
    assert summary(repo, "main")["removed"] == 1
    assert summary(repo, "HEAD")["altered"] == 0


def test_the_default_branch_of_a_clone(
    repo: Place, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(repo.root, "branch", "--quiet", "-m", "trunk")
    copy = clone(repo, tmp_path_factory.mktemp("a"), monkeypatch)
    (copy / "single.job.yaml").write_text(SINGLE.replace("one", "two"))
    commit(copy)
    assert summary(repo)["altered"] == 1
    assert "the merge base with origin/trunk" in repo.err


def test_a_branch_that_a_merge_request_is_for(repo: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    git(repo.root, "branch", "release")
    rename(repo, "two")
    commit(repo.root)
    assert summary(repo)["altered"] == 0
    monkeypatch.setenv("GITHUB_BASE_REF", "release")
    assert summary(repo)["altered"] == 1
    monkeypatch.setenv("GITHUB_BASE_REF", "gone")
    assert repo.run("diff") == 2
    assert repo.err == (
        "error: this clone does not have `gone` to compare with\n"
        "help: run `git fetch origin +gone:refs/remotes/origin/gone`\n"
    )


def test_a_repository_without_a_default_branch(repo: Place) -> None:
    git(repo.root, "branch", "--quiet", "-m", "trunk")
    rename(repo, "two")
    assert summary(repo)["altered"] == 1
    assert "the last commit" in repo.err


def test_a_shallow_clone_gets_the_command_to_run(
    repo: Place, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(repo.root, "checkout", "--quiet", "-b", "topic")
    rename(repo, "two")
    commit(repo.root)
    git(repo.root, "checkout", "--quiet", "main")
    commit(repo.root, "elsewhere")
    copy = clone(repo, tmp_path_factory.mktemp("a"), monkeypatch, "--depth=1", "--no-single-branch", "--branch=topic")
    assert repo.run("diff") == 2
    assert repo.err == (
        "error: this clone is shallow, and the merge base with origin/main is not in it\n"
        "help: run `git fetch --unshallow origin`\n"
    )
    assert repo.run("diff", "HEAD~1") == 2
    assert "and this clone is shallow" in repo.err
    git(copy, "fetch", "--quiet", "--unshallow", "origin")
    assert summary(repo)["altered"] == 1


def test_a_clone_of_one_commit_of_one_branch(
    repo: Place, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(repo.root, "checkout", "--quiet", "-b", "topic")
    commit(repo.root)
    copy = clone(repo, tmp_path_factory.mktemp("a"), monkeypatch, "--depth=1", "--branch=topic")
    git(copy, "remote", "set-head", "origin", "--delete")
    assert repo.run("diff") == 2
    assert repo.err.startswith("error: this clone does not have its default branch to compare with\nhelp: run `git")
    monkeypatch.setenv("GITHUB_BASE_REF", "main")
    assert repo.run("diff") == 2
    help = repo.err.partition("`git ")[2].partition("`\n")[0].split()
    assert help[:2] == ["fetch", "--unshallow"]
    git(copy, *help)
    assert repo.run("diff", "--check") == 0


def test_no_repository_and_no_commit(place: Place) -> None:
    assert place.run("diff") == 2
    assert place.err == (
        f"error: {place.root} is not in a git repository\n"
        "help: two specs can be compared without git: `specc diff a.job.yaml b.job.yaml`\n"
    )
    begin(place.root)
    assert place.run("diff") == 2
    assert place.err.startswith("error: the git repository has no commit yet\n")


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("nope", "`nope` is neither a revision nor a path"),
        ("HEAD~9", "`HEAD~9` is neither a revision nor a path"),
        ("gone.job.yaml", "`gone.job.yaml` is neither a revision nor a path"),
        ("main..HEAD", "name one revision"),
        ("--output=x", "formats"),
        ("", "an argument is empty"),
        ("-", "is neither a revision nor a path"),
        ("HEAD^{tree}", "is neither a revision nor a path"),
    ],
)
def test_words_that_mean_nothing(repo: Place, word: str, message: str) -> None:
    assert repo.run("diff", word) == 2
    assert message in repo.err
    assert repo.err.count("\n") <= 2


def test_a_revision_that_looks_like_an_option(repo: Place) -> None:
    assert repo.run("diff", "--", "--upload-pack=touch x") == 2
    assert "is neither a revision nor a path" in repo.err
    assert repo.run("diff", "HEAD", "-") == 2
    assert "standard input" in repo.err


def test_a_word_that_is_both(repo: Place) -> None:
    (repo.root / "main").mkdir()
    assert repo.run("diff", "main") == 2
    assert repo.err == "error: `main` is both a revision and a path\nhelp: write `./main` for the path\n"
    assert repo.run("diff", "./main") == 0


def test_no_common_commit(repo: Place) -> None:
    git(repo.root, "checkout", "--quiet", "--orphan", "other")
    assert repo.run("diff") == 2
    assert "the branch has no commit yet" in repo.err
    commit(repo.root)
    assert repo.run("diff") == 2
    assert "HEAD and main have no commit in common" in repo.err


def test_untracked_and_ignored_specs_are_there_now(repo: Place) -> None:
    repo.put(".gitignore", b"ignored*\n")
    repo.write(new=SINGLE.replace("one", "new"), ignored=SINGLE.replace("one", "ignored"))
    assert summary(repo)["added"] == 2


def test_a_missing_script_that_is_there_now(repo: Place) -> None:
    repo.write(scripted="specc: 1\nextends: base.job.yaml\njob: {name: s, cmd_line: {$file: run.sh}}\n")
    commit(repo.root)
    repo.put("run.sh", b"./run\n")
    assert repo.run("diff") == 0
    assert "not compared: scripted.job.yaml: before, it had errors; now it comes to 1 payload\n" in repo.out
    assert ":run.sh does not exist" in repo.err


def test_a_base_with_any_name_and_one_between(repo: Place) -> None:
    repo.put("bases/odd name", b"specc: 1\nabstract: true\njob: {core_limit: 1, time_limit: 1h}\n")
    repo.put("bases/between", b"specc: 1\nabstract: true\nextends: odd name\n")
    repo.write(single=SINGLE.replace("base.job.yaml", "bases/between"))
    repo.write(escaped=SINGLE.replace("base.job.yaml", '"bases/betwee\\x6e"'))
    repo.write(folded=SINGLE.replace("base.job.yaml", "bases/odd\n  name"))
    commit(repo.root)
    repo.put("bases/odd name", b"specc: 1\nabstract: true\njob: {core_limit: 2, time_limit: 1h}\n")
    assert summary(repo) == {"altered": 3, "added": 0, "removed": 0, "moved": 0, "same": 0, "not_compared": 0}
    assert repo.err.endswith("3 payloads altered; 2 files untouched\n")


def test_symlinks(repo: Place) -> None:
    (repo.root / "real").mkdir()
    (repo.root / "real/base.job.yaml").write_text("specc: 1\nabstract: true\njob: {core_limit: 1}\n")
    (repo.root / "folder").symlink_to("real")
    (repo.root / "link.yaml").symlink_to(repo.root / "real/base.job.yaml")
    repo.write(a=SINGLE.replace("base.job", "folder/base.job"), b=SINGLE.replace("base.job.yaml", "link.yaml"))
    (repo.root / "same.job.yaml").symlink_to("a.job.yaml")
    commit(repo.root)
    (repo.root / "real/base.job.yaml").write_text("specc: 1\nabstract: true\njob: {core_limit: 2}\n")
    assert summary(repo)["altered"] == 3
    assert repo.err.endswith("; 3 files untouched\n")
    git(repo.root, "checkout", "--quiet", ".")
    (repo.root / "other").mkdir()
    (repo.root / "other/base.job.yaml").write_text("specc: 1\nabstract: true\njob: {core_limit: 3}\n")
    (repo.root / "folder").unlink()
    (repo.root / "folder").symlink_to("other")
    assert summary(repo)["altered"] == 2


def test_symlinks_that_lead_out_or_nowhere(repo: Place) -> None:
    (repo.root / "out.yaml").symlink_to("../../out.yaml")
    (repo.root / "loop.yaml").symlink_to("loop.yaml")
    repo.write(a=SINGLE.replace("base.job.yaml", "out.yaml"), b=SINGLE.replace("base.job.yaml", "loop.yaml"))
    commit(repo.root)
    (repo.root / "out.yaml").unlink()
    (repo.root / "out.yaml").symlink_to("base.job.yaml")
    (repo.root / "loop.yaml").unlink()
    (repo.root / "loop.yaml").symlink_to("base.job.yaml")
    assert repo.run("diff") == 0
    assert "out.yaml leads out of the project" in repo.err
    assert "loop.yaml is a symlink that leads nowhere" in repo.err


@pytest.fixture
def module(repo: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A project whose base is in a submodule."""
    shared = tmp_path_factory.mktemp("shared")
    begin(shared)
    (shared / "site.job.yaml").write_text("specc: 1\nabstract: true\njob: {core_limit: 1, time_limit: 1h}\n")
    commit(shared)
    (shared / "site.job.yaml").write_text("specc: 1\nabstract: true\njob: {core_limit: 2, time_limit: 1h}\n")
    commit(shared)
    git(repo.root, "submodule", "--quiet", "add", str(shared), "site")
    git(repo.root / "site", "checkout", "--quiet", "HEAD~1")
    repo.write(single=SINGLE.replace("base.job", "site/site.job"))
    commit(repo.root)
    return repo


def test_a_submodule_that_moves_on(module: Place) -> None:
    assert module.run("diff", "--check") == 0
    assert "untouched" in module.err
    git(module.root / "site", "checkout", "--quiet", "-")
    module.run("diff")
    assert module.out.startswith("1 payload altered: core_limit 1 -> 2, site/site.job.yaml:3\n")


def test_a_submodule_that_is_not_there(module: Place) -> None:
    git(module.root, "submodule", "--quiet", "deinit", "--force", "site")
    module.write(single=SINGLE.replace("base.job", "site/site.job").replace("one", "two"))
    assert module.run("diff") == 1
    assert "site/site.job.yaml does not exist" in module.err
    (module.root / "site/site.job.yaml").write_text("specc: 1\nabstract: true\njob: {core_limit: 1}\n")
    assert module.run("diff", "--check") == 10
    assert "lies in the submodule `site`, whose commit is not here" in module.err


def pointer(data: bytes) -> bytes:
    return b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n" % (
        sha256(data).hexdigest().encode(),
        len(data),
    )


def test_large_files(repo: Place) -> None:
    repo.write(scripted="specc: 1\nextends: base.job.yaml\njob: {name: s, cmd_line: {$file: run.sh}}\n")
    repo.put("run.sh", pointer(b"./run\n"))
    commit(repo.root)
    repo.put("run.sh", b"./walk\n")
    assert repo.run("diff", "--check") == 10
    assert "run.sh is kept in Git LFS, and not on this disk: `git lfs fetch`" in repo.err
    digest = sha256(b"./run\n").hexdigest()
    repo.put(f".git/lfs/objects/{digest[:2]}/{digest[2:4]}/{digest}", b"./run\n")
    assert summary(repo)["altered"] == 1
    repo.put("run.sh", b"./run\n")
    assert summary(repo)["same"] == 1


def test_a_repository_of_sha256(place: Place) -> None:
    git(place.root, "init", "--quiet", "--object-format=sha256", "--initial-branch=main")
    place.write(single=SINGLE)
    commit(place.root)
    assert place.run("diff", "--check") == 0
    assert "3 files untouched" in place.err
    rename(place, "two")
    assert place.run("diff", "--check") == 10


def test_line_ends_that_git_turns(repo: Place) -> None:
    git(repo.root, "config", "core.autocrlf", "true")
    for path in repo.root.glob("*.yaml"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert repo.run("diff", "--check") == 0


def test_an_object_that_is_gone(repo: Place) -> None:
    oid = git(repo.root, "rev-parse", "HEAD:single.job.yaml")
    rename(repo, "two")
    (repo.root / ".git/objects" / oid[:2] / oid[2:]).unlink()
    assert repo.run("diff") == 2
    assert repo.err.startswith(f"error: git does not have the object {oid[:12]}\n")


def test_a_partial_clone_stays_offline(
    repo: Place, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(repo.root, "config", "uploadpack.allowFilter", "true")
    rename(repo, "two")
    commit(repo.root)
    copy = clone(repo, tmp_path_factory.mktemp("a"), monkeypatch, "--filter=blob:none")
    assert repo.run("diff", "HEAD~1") == 2
    assert repo.err == (
        "error: git does not have the files of the revision, because this clone is partial\n"
        "help: `git fetch --refetch --no-filter origin` brings them\n"
    )
    git(copy, "fetch", "--quiet", "--refetch", "--no-filter", "origin")
    assert summary(repo, "HEAD~1")["altered"] == 1


def test_bad_settings_of_the_revision(repo: Place) -> None:
    text = (repo.root / "specc.toml").read_text()
    repo.put("specc.toml", text.replace("target =", "tarket =").encode())
    commit(repo.root)
    repo.put("specc.toml", text.encode())
    assert repo.run("diff") == 2
    assert ":specc.toml:2:1" in repo.err
    assert repo.run("diff", "HEAD~1", "--check") == 0
    git(repo.root, "checkout", "--quiet", ".")
    assert repo.run("diff") == 2
    assert repo.out == ""


def test_a_target_that_the_revision_has_not_got(repo: Place) -> None:
    repo.put("specc.toml", (repo.root / "specc.toml").read_bytes() + b'[targets.new]\nkind = "ehpc"\n')
    assert repo.run("diff", "--target", "new") == 2
    assert ", the last commit: the project demo has no target `new`" in repo.err


def test_a_project_that_is_new_and_one_inside_it(repo: Place) -> None:
    repo.put("inner/specc.toml", (repo.root / "specc.toml").read_bytes())
    repo.put("inner/single.job.yaml", SINGLE.replace("base.job.yaml", "specc:serial").encode())
    assert summary(repo)["added"] == 1
    commit(repo.root)
    (repo.root / "inner/specc.toml").unlink()
    (repo.root / "inner/pyproject.toml").write_text("[tool.specc]\nproject = 'inner'\n")
    commit(repo.root)
    assert repo.run("diff", "--check") == 0
    assert repo.run("diff", "--check", "HEAD", "inner") == 0


def test_git_refuses(repo: Place) -> None:
    (repo.root / ".git/HEAD").write_text("ref: nonsense\n")
    assert repo.run("diff") == 2
    assert repo.err.startswith("error: ")
    assert "Traceback" not in repo.err


def test_inside_of_the_git_folder(repo: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = repo.root / "bare.git"
    git(repo.root, "init", "--quiet", "--bare", str(bare))
    monkeypatch.chdir(bare)
    (bare / "specc.toml").write_text("project = 'x'\n")
    assert repo.run("diff") == 2
    assert f"{bare} looks like a bare git repository" in repo.err


def test_git_that_does_not_answer(
    repo: Place, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    fake = tmp_path_factory.mktemp("bin")
    (fake / "git").write_text("#!/bin/sh\nexec sleep 60\n")
    (fake / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake}:{os.environ['PATH']}")
    monkeypatch.setattr("specc.comparison.git.TIMEOUT", 0.2)
    assert repo.run("diff") == 2
    assert repo.err.startswith("error: `git config` did not end within 0 seconds")
    (fake / "git").write_text("#!/no/such/interpreter\n")
    assert repo.run("diff") == 2
    assert repo.err.startswith("error: cannot run `git`")


def test_names_that_are_no_text(repo: Place) -> None:
    name = os.fsdecode(b"a\xff\n`b.job.yaml")
    repo.put(name, SINGLE.encode())
    assert repo.run("diff", "--output", "text", "--output", "markdown:out.md", "--output", "json:out.json") == 0
    assert repo.out.count("\n") == 3
    assert "a\\udcff\\n`b.job.yaml" in repo.out
    (group,) = json.loads((repo.root / "out.json").read_text())["groups"]
    assert group["payloads"][0]["spec"] == name
    commit(repo.root)
    assert repo.run("diff", "--check") == 0
