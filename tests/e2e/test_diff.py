"""`specc diff`: which payloads a change alters, and which line is the cause."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.projects import BASE, SETTINGS, SWEEP, Place
from support.repositories import begin, commit, git


@pytest.fixture
def repo(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    """The project, committed on `main`."""
    for name in ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"):
        monkeypatch.delenv(name, raising=False)
    place.write(single="specc: 1\nextends: base.job.yaml\njob: {name: one, cmd_line: ./run, mem_limit: 1GiB}\n")
    begin(place.root)
    commit(place.root, "first")
    return place


def report(place: Place, *arguments: str) -> dict[str, Any]:
    place.run("diff", *arguments, "--output", "json")
    found: dict[str, Any] = json.loads(place.out)
    return found


def causes(place: Place, *arguments: str) -> list[tuple[str, str, object, object, str]]:
    """What, name, before, after and place of each group."""
    return [
        (
            group["what"],
            group["cause"]["name"],
            group["cause"].get("before"),
            group["cause"].get("after"),
            f"{at['path']}:{at['line']}" if (at := group["cause"]["place"]) else "",
        )
        for group in report(place, *arguments)["groups"]
    ]


def edit(place: Place, name: str, old: str, new: str) -> None:
    path = place.root / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_nothing_has_changed(repo: Place) -> None:
    assert repo.run("diff", "--check") == 0
    assert repo.out == ""
    assert repo.err.endswith(", the last commit: no payload changes; 3 files untouched\n")


def test_one_line_of_a_base_is_one_cause(repo: Place) -> None:
    edit(repo, "base.job.yaml", "core_limit: 4", "core_limit: 8")
    assert repo.run("diff") == 0
    assert repo.out == (
        "5 payloads altered: core_limit 4 -> 8, base.job.yaml:3\n  of single.job.yaml, sweep.job.yaml\n"
    )
    assert repo.err.endswith(": 5 payloads altered\n")
    assert repo.run("diff", "--check") == 10


def test_comments_and_layout_are_no_change(repo: Place) -> None:
    edit(repo, "base.job.yaml", "specc: 1\n", "# said\nspecc:    1\n")
    edit(repo, "specc.toml", "[units]", "# said\n[units]")
    assert repo.run("diff", "--check") == 0
    assert "no payload changes; 5 the same\n" in repo.err


def test_the_cause_is_what_a_template_read(repo: Place) -> None:
    edit(repo, "sweep.job.yaml", "default: ico", "default: simple")
    assert causes(repo) == [("altered", "params.solver", "ico", "simple", "sweep.job.yaml:3")]
    (group,) = report(repo)["groups"]
    first = group["payloads"][0]["fields"][0]
    assert (first["field"], first["before"], first["after"]) == ("cmd_line", "./ico coarse 1", "./simple coarse 1")
    assert (first["origin"]["path"], first["origin"]["line"]) == ("sweep.job.yaml", 8)


def test_a_template_that_is_rewritten_is_its_own_cause(repo: Place) -> None:
    edit(repo, "sweep.job.yaml", "run-{{ cell.slug }}", "go-{{ cell.slug }}")
    assert causes(repo) == [("altered", "name", "run-{{ cell.slug }}", "go-{{ cell.slug }}", "sweep.job.yaml:7")]
    repo.run("diff")
    assert '  name: "run-coarse-1" -> "go-coarse-1"\n    in go-coarse-1 (sweep.job.yaml cell ' in repo.out
    assert ", and 3 more\n" in repo.out


def test_several_causes_of_one_payload(repo: Place) -> None:
    edit(repo, "base.job.yaml", "core_limit: 4, time_limit: 2h", "core_limit: 8, time_limit: 3h")
    assert causes(repo, "HEAD", "single.job.yaml") == [
        ("altered", "core_limit", 4, 8, "base.job.yaml:3"),
        ("altered", "time_limit", "2h", "3h", "base.job.yaml:3"),
    ]
    assert report(repo, "single.job.yaml")["summary"]["altered"] == 1


def test_a_new_override_and_one_that_is_gone(repo: Place) -> None:
    edit(repo, "single.job.yaml", "name: one", "name: one, core_limit: 1")
    assert causes(repo) == [("altered", "core_limit", 4, 1, "single.job.yaml:3")]
    second = commit(repo.root)[:10]
    edit(repo, "single.job.yaml", ", core_limit: 1", "")
    assert causes(repo) == [("altered", "core_limit", 1, 4, f"{second}:single.job.yaml:3")]


def test_fields_that_come_and_go(repo: Place) -> None:
    edit(repo, "single.job.yaml", ", mem_limit: 1GiB", ", queue_name: q")
    first = git(repo.root, "rev-parse", "--short=10", "HEAD")
    edit(repo, "single.job.yaml", "queue_name: q", "scheduler_queue_name: q")
    assert causes(repo) == [
        ("altered", "mem_limit", "1GiB", None, f"{first}:single.job.yaml:3"),
        ("altered", "scheduler_queue_name", None, "q", "single.job.yaml:3"),
    ]
    repo.run("diff")
    assert "mem_limit 1GiB -> not set" in repo.out


def test_unset_is_the_cause_of_what_is_gone(repo: Place) -> None:
    edit(repo, "single.job.yaml", "mem_limit: 1GiB", "time_limit: {$unset: true}, mem_limit: 1GiB")
    assert causes(repo) == [("altered", "time_limit", "2h", None, "single.job.yaml:3")]
    first = commit(repo.root)[:10]
    edit(repo, "single.job.yaml", "time_limit: {$unset: true}, ", "")
    assert causes(repo) == [("altered", "time_limit", None, "2h", f"{first}:single.job.yaml:3")]


def test_another_parent_is_the_cause_of_what_it_brings(repo: Place) -> None:
    repo.write(large="specc: 1\nabstract: true\njob: {core_limit: 64, time_limit: 2h, scheduler_queue_name: q}\n")
    commit(repo.root)
    edit(repo, "single.job.yaml", "base.job.yaml", "large.job.yaml")
    found = causes(repo)
    assert ("altered", "core_limit", 4, 64, "single.job.yaml:2") in found
    assert {cause[4] for cause in found} == {"single.job.yaml:2"}
    repo.run("diff")
    assert "core_limit 4 -> 64, another parent, single.job.yaml:2" in repo.out


def test_settings_are_causes(repo: Place) -> None:
    edit(repo, "specc.toml", 'mem_limit = "MiB"', 'mem_limit = "GiB"')
    assert causes(repo) == [("altered", "units.mem_limit", "MiB", "GiB", "specc.toml:4")]
    git(repo.root, "checkout", "--quiet", ".")
    edit(repo, "specc.toml", 'zone = "jn1a"', 'zone = "pek3"')
    assert causes(repo) == [("altered", "zone", "jn1a", "pek3", "specc.toml:8")]
    git(repo.root, "checkout", "--quiet", ".")
    (repo.root / "specc.toml").write_text(
        SETTINGS.replace('"hpc"\n', '"other"\n', 1)
        + '[targets.other]\nkind = "ehpc"\njob = {zone = "pek3", cluster_id = "ehpc-1", run_user = "usr-1"}\n'
    )
    assert causes(repo) == [("altered", "zone", "jn1a", "pek3", "specc.toml:2")]


def test_personal_settings_hold_on_both_sides(repo: Place) -> None:
    repo.put(".gitignore", b"specc.local.toml\n")
    repo.put("specc.local.toml", b'[targets.hpc]\njob = {zone = "mine"}\n')
    assert repo.run("diff", "--check") == 0


def test_a_script_is_the_cause_at_its_line(repo: Place) -> None:
    repo.write(scripted="specc: 1\nextends: base.job.yaml\njob: {name: s, cmd_line: {$file: run.sh, args: [1]}}\n")
    repo.put("run.sh", b"cd x\n./run\n")
    commit(repo.root)
    repo.put("run.sh", b"cd x\n./walk\n")
    assert causes(repo) == [("altered", "cmd_line", None, None, "run.sh:2")]
    repo.run("diff")
    assert "cmd_line, the text of run.sh, run.sh:2" in repo.out
    assert "    - ./run\n    + ./walk\n" in repo.out
    repo.put("run.sh", b"cd x\n./run\n")
    edit(repo, "scripted.job.yaml", "args: [1]", "args: [2]")
    assert causes(repo) == [("altered", "cmd_line.args", [1], [2], "scripted.job.yaml:3")]
    repo.put("run.sh", b"cd x\n./run\n# more\n")
    assert ("altered", "cmd_line", None, None, "run.sh:3") in causes(repo)


def test_cells_that_come_and_go(repo: Place) -> None:
    edit(repo, "sweep.job.yaml", "[coarse, fine]", "[coarse, huge]")
    first = git(repo.root, "rev-parse", "--short=10", "HEAD")
    assert causes(repo) == [
        ("added", "matrix.mesh", None, "huge", "sweep.job.yaml:4"),
        ("removed", "matrix.mesh", "fine", None, f"{first}:sweep.job.yaml:4"),
    ]
    repo.run("diff")
    assert "2 payloads added: matrix.mesh = huge, sweep.job.yaml:4\n  of sweep.job.yaml\n  run-huge-1 (" in repo.out
    assert repo.err.endswith(": 2 payloads added, 2 removed; 2 the same; 2 files untouched\n")


def test_an_excluded_cell(repo: Place) -> None:
    edit(repo, "sweep.job.yaml", "to: 2}}}", "to: 2}}, exclude: [{mesh: fine, seed: 1}]}")
    first = git(repo.root, "rev-parse", "--short=10", "HEAD")
    assert causes(repo) == [("removed", "matrix", None, None, f"{first}:sweep.job.yaml:4")]


def test_specs_that_come_and_go_and_move(repo: Place) -> None:
    (repo.root / "single.job.yaml").rename(repo.root / "lone.job.yaml")
    assert causes(repo) == [("moved", "", "single.job.yaml", "lone.job.yaml", "")]
    repo.run("diff")
    assert repo.out.startswith("1 payload moved: single.job.yaml -> lone.job.yaml, the same payloads under another")
    edit(repo, "lone.job.yaml", "name: one", "name: other")
    first = git(repo.root, "rev-parse", "--short=10", "HEAD")
    assert causes(repo) == [
        ("added", "lone.job.yaml", None, None, "lone.job.yaml:1"),
        ("removed", "single.job.yaml", None, None, f"{first}:single.job.yaml:1"),
    ]
    repo.run("diff", "single.job.yaml")
    assert "1 payload removed: single.job.yaml, the spec is gone" in repo.out
    edit(repo, "lone.job.yaml", "specc: 1", "specc: 1\nabstract: true")
    edit(repo, "base.job.yaml", "abstract: true", "abstract: false")
    repo.run("diff")
    assert repo.out.count("payload") == 1


def test_a_renamed_axis_moves_its_cells(repo: Place) -> None:
    text = (repo.root / "sweep.job.yaml").read_text()
    (repo.root / "sweep.job.yaml").write_text(text.replace("mesh", "grid"))
    assert causes(repo) == [("moved", "", "sweep.job.yaml", "sweep.job.yaml", "")]
    repo.run("diff")
    assert "4 payloads moved: sweep.job.yaml, the same payloads under other cell ids" in repo.out
    assert ", was run-coarse-1 (" in repo.out


def test_a_spec_that_becomes_a_base(repo: Place) -> None:
    edit(repo, "single.job.yaml", "specc: 1", "specc: 1\nabstract: true")
    repo.run("diff")
    assert repo.out.startswith("1 payload removed: single.job.yaml, the spec is abstract now, ")
    commit(repo.root)
    edit(repo, "single.job.yaml", "abstract: true\n", "")
    repo.run("diff")
    assert repo.out.startswith("1 payload added: single.job.yaml, the spec was abstract, single.job.yaml:1")


PARAMS = """specc: 1
extends: base.job.yaml
params:
  case: {type: string, choices: [a, b c]}
  n: {type: integer, %s}
job: {name: "p-{{ params.n }}", cmd_line: "./run {{ params.case | sh }}"}
"""


def test_required_parameters_take_their_choices_and_examples(repo: Place) -> None:
    repo.write(asks=PARAMS % "example: 3")
    commit(repo.root)
    edit(repo, "asks.job.yaml", "[a, b c]", "[a, b c, d]")
    edit(repo, "asks.job.yaml", "./run", "./walk")
    found = report(repo)
    assert found["summary"] == {"altered": 2, "added": 1, "removed": 0, "moved": 0, "same": 0, "not_compared": 0}
    assert [item["params"] for item in found["groups"][0]["payloads"]] == ["case=a n=3", "'case=b c' n=3"]
    repo.run("diff")
    assert "1 payload added: case=d n=3, another choice of a parameter" in repo.out
    found = report(repo, "-p", "case=a", "-p", "n=7")
    assert [item["name"] for item in found["groups"][0]["payloads"]] == ["p-7"]


def test_a_parameter_that_nothing_is_known_of(repo: Place) -> None:
    repo.write(asks=PARAMS % "minimum: 1")
    commit(repo.root)
    edit(repo, "asks.job.yaml", "./run", "./walk")
    assert repo.run("diff", "--check") == 0
    assert repo.out == "not compared: asks.job.yaml: `params.n` has no value: give it one with `-p n=VALUE`\n"
    assert "1 spec not compared" in repo.err
    assert repo.run("diff", "--check", "-p", "n=2") == 10
    assert repo.run("diff", "-p", "m=2") == 2
    assert "no spec that was compared has a parameter `m`" in repo.err


def test_profiles_sets_and_targets(repo: Place) -> None:
    edit(repo, "sweep.job.yaml", "core_limit: 1", "core_limit: 2")
    assert repo.run("diff", "--check", "sweep.job.yaml") == 0
    assert causes(repo, "--profile", "smoke", "HEAD", "sweep.job.yaml") == [
        ("altered", "core_limit", 1, 2, "sweep.job.yaml:5")
    ]
    assert repo.run("diff", "--check", "--profile", "smoke", "--set", "job.core_limit=3", "sweep.job.yaml") == 0
    assert repo.run("diff", "--target", "nope") == 2
    assert "has no target `nope`" in repo.err


def test_paths_bring_what_inherits_from_them(repo: Place) -> None:
    edit(repo, "base.job.yaml", "core_limit: 4", "core_limit: 8")
    edit(repo, "sweep.job.yaml", "./", "time ./")
    assert {cause[1] for cause in causes(repo, "HEAD", "base.job.yaml")} == {"core_limit", "cmd_line"}
    assert {cause[1] for cause in causes(repo, "single.job.yaml")} == {"core_limit"}
    assert repo.run("diff", "HEAD", "./single.job.yaml", "sweep.job.yaml") == 0
    assert "5 payloads altered" in repo.err


def test_errors_on_one_side_are_said_and_the_rest_compared(repo: Place) -> None:
    edit(repo, "sweep.job.yaml", "name: run", "nmae: run")
    edit(repo, "single.job.yaml", "name: one", "name: two")
    assert repo.run("diff", "--check") == 1
    assert "SPC401" in repo.err
    assert "not compared: sweep.job.yaml: now it has errors\n" in repo.out
    assert "name one -> two" in repo.out
    commit(repo.root)
    git(repo.root, "checkout", "--quiet", "HEAD~1", "sweep.job.yaml")
    assert repo.run("diff") == 0
    assert "not compared: sweep.job.yaml: before, it had errors; now it comes to 4 payloads\n" in repo.out
    assert ":sweep.job.yaml:7:" in repo.err
    assert "error" not in repo.err.replace("errors", "")
    assert repo.err.endswith(": 1 spec not compared; 2 files untouched\n")
    assert repo.run("diff", "--check") == 10
    assert not report(repo)["not_compared"][0]["why"].startswith("now")


def test_a_file_that_could_not_be_read_before(repo: Place) -> None:
    good = (repo.root / "single.job.yaml").read_text()
    repo.put("single.job.yaml", b"specc: 1\n\tx\n")
    repo.put("gone.job.yaml", b"specc: 1\n\tx\n")
    commit(repo.root)
    repo.put("single.job.yaml", good.encode())
    (repo.root / "gone.job.yaml").unlink()
    assert repo.run("diff", "--output", "markdown") == 0
    assert "### specc diff: 2 specs not compared\n" in repo.out
    assert repo.run("diff", "--check") == 10
    assert "single.job.yaml: before, it could not be read; now it comes to 1 payload\n" in repo.out
    assert "gone.job.yaml: before, it could not be read\n" in repo.out
    edit(repo, "single.job.yaml", "name:", "nmae:")
    assert repo.run("diff") == 1
    assert "not compared: single.job.yaml: it has errors\n" in repo.out


def test_conflict_markers(repo: Place) -> None:
    git(repo.root, "checkout", "--quiet", "-b", "side")
    edit(repo, "base.job.yaml", "core_limit: 4", "core_limit: 8")
    commit(repo.root)
    git(repo.root, "checkout", "--quiet", "main")
    edit(repo, "base.job.yaml", "core_limit: 4", "core_limit: 16")
    commit(repo.root)
    with pytest.raises(AssertionError):
        git(repo.root, "merge", "--quiet", "side")
    assert repo.run("diff", "HEAD") == 1
    assert "base.job.yaml:3:1" in repo.err
    assert "not compared: sweep.job.yaml" in repo.out


def test_two_specs(repo: Place) -> None:
    repo.write(other="specc: 1\nextends: base.job.yaml\njob: {name: one, cmd_line: ./run, mem_limit: 2GiB}\n")
    assert causes(repo, "single.job.yaml", "other.job.yaml") == [
        ("altered", "mem_limit", "1GiB", "2GiB", "other.job.yaml:3")
    ]
    assert repo.run("diff", "--check", "single.job.yaml", "single.job.yaml") == 0
    assert repo.err == "compared with single.job.yaml: no payload changes; 1 the same\n"
    assert repo.run("diff", "single.job.yaml", "base.job.yaml") == 2
    assert "base.job.yaml is abstract" in repo.err
    repo.write(broken="specc: 1\n\tx\n")
    assert repo.run("diff", "single.job.yaml", "broken.job.yaml") == 1
    assert "SPC102" in repo.err


def test_two_specs_need_no_git(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    place.write(a="specc: 1\nextends: base.job.yaml\njob: {name: a, cmd_line: x}\n")
    place.write(b="specc: 1\nextends: base.job.yaml\njob: {name: b, cmd_line: x}\n")
    assert causes(place, "a.job.yaml", "b.job.yaml") == [("altered", "name", "a", "b", "b.job.yaml:3")]
    assert place.run("diff") == 2
    assert place.err.startswith("error: there is no `git` on this machine")


def test_reports_into_files(repo: Place) -> None:
    edit(repo, "base.job.yaml", "core_limit: 4", "core_limit: 8")
    assert repo.run("diff", "--output", "markdown:out.md", "--output", "json:out.json", "--output", "text") == 0
    assert repo.out.startswith("5 payloads altered: core_limit 4")
    assert json.loads((repo.root / "out.json").read_text())["summary"]["altered"] == 5
    assert (repo.root / "out.md").read_text() == (
        "<!-- specc diff -->\n"
        "### specc diff: 5 payloads altered\n\n"
        f"Compared with <code>{git(repo.root, 'rev-parse', '--short=10', 'HEAD')}, the last commit</code>.\n\n"
        "<details><summary><b>5 payloads altered</b>: <code>core&#95;limit 4 -&gt; 8</code>, "
        "<code>base.job.yaml:3</code></summary>\n\n"
        "Of <code>single.job.yaml, sweep.job.yaml</code>.\n\n"
        "<code>core&#95;limit</code> in <code>one (single.job.yaml cell 44136fa355b3)</code>, and 4 more:\n\n"
        "```diff\n- 4\n+ 8\n```\n\n</details>\n"
    )
    assert repo.run("diff", "--output", "html") == 2


def test_many_payloads_of_one_spec(repo: Place) -> None:
    edit(repo, "sweep.job.yaml", "to: 2", "to: 9")
    repo.run("diff")
    assert "14 payloads added: matrix.seed, new values, sweep.job.yaml:4\n" in repo.out
    repo.write(wide=SWEEP.replace("[coarse, fine]", "[only]").replace("to: 2", "to: 9"))
    repo.run("diff", "wide.job.yaml")
    assert "9 payloads added: wide.job.yaml, the spec is new" in repo.out
    assert "  and 4 more\n" in repo.out


def test_what_is_changed_back_is_no_change(repo: Place) -> None:
    repo.write(base=BASE.replace("4", "5"))
    commit(repo.root)
    repo.write(base=BASE)
    assert repo.run("diff", "HEAD~1", "--check") == 0
    assert repo.run("diff", "HEAD", "--check") == 10


def test_two_projects_of_one_repository(repo: Place) -> None:
    repo.put("inner/specc.toml", SETTINGS.encode())
    repo.put("inner/a.job.yaml", b"specc: 1\nextends: specc:serial\njob: {name: a, cmd_line: ./a}\n")
    commit(repo.root)
    edit(repo, "inner/a.job.yaml", "name: a", "name: b")
    edit(repo, "single.job.yaml", "name: one", "name: two")
    assert [cause[4] for cause in causes(repo)] == ["single.job.yaml:3", "inner/a.job.yaml:3"]
    assert repo.run("diff", "inner") == 0
    assert "inner/a.job.yaml:3" in repo.out
    assert "single" not in repo.out


def test_below_the_root_of_the_repository(repo: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = repo.root / "päper [1]"
    repo.put("päper [1]/specc.toml", SETTINGS.encode())
    repo.put("päper [1]/a.job.yaml", b"specc: 1\nextends: b.job.yaml\njob: {name: a, cmd_line: ./a}\n")
    repo.put("päper [1]/b.job.yaml", b"specc: 1\nabstract: true\njob: {core_limit: 1}\n")
    commit(repo.root)
    monkeypatch.chdir(inner)
    Path("b.job.yaml").write_text("specc: 1\nabstract: true\njob: {core_limit: 2}\n")
    assert causes(repo) == [("altered", "core_limit", 1, 2, "b.job.yaml:3")]
