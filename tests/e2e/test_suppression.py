"""`# specc: ignore[CODE]` in a project, as `specc check` obeys it."""

import json

import pytest
from support.projects import SETTINGS, Place

from specc.cli.main import run

SPEC = """specc: 1
job:
  name: {name}
  cmd_line: run
  core_limit: 1
  time_limit: 2h
"""
WARNS = SPEC.format(name="no")
"""YAML 1.1 reads `no` as false, which is a warning on line 3."""


@pytest.fixture
def lone(place: Place) -> Place:
    """A project with its settings alone."""
    for name in ("base", "sweep"):
        (place.root / f"{name}.job.yaml").unlink()
    return place


def found(place: Place, *arguments: str) -> list[tuple[str, str, int]]:
    place.run("check", "--output", "json", *arguments)
    diagnostics = json.loads(place.out)["diagnostics"]
    return [
        (finding["slug"], finding["path"].removesuffix(".job.yaml"), finding["start"]["line"])
        for finding in diagnostics
    ]


def test_a_finding_is_ignored_by_code_or_name(lone: Place) -> None:
    lone.write(a=WARNS)
    assert found(lone) == [("yaml-1.1", "a", 3)]
    for name in ("SPC110", "yaml-1.1", "dead-exclude, SPC110, unused-ignore"):
        lone.write(a=WARNS.replace("no\n", f"no  # specc: ignore[{name}] it is a name\n"))
        assert found(lone) == []
        lone.write(a=WARNS.replace("  name", f"  # specc: ignore[{name}] it is a name\n  name"))
        assert found(lone) == []


def test_one_without_a_use_is_found(lone: Place) -> None:
    lone.write(a=SPEC.format(name="yes-1  # specc: ignore[SPC110] old"))
    assert found(lone) == [("unused-ignore", "a", 3)]
    lone.run("check")
    assert "nothing to ignore: there is no yaml-1.1 (SPC110) on line 3" in lone.out
    assert "help: remove the comment" in lone.out
    lone.write(a=WARNS.replace("no\n", "no  # specc: ignore[SPC110, dead-exclude]\n"))
    assert found(lone) == [("unused-ignore", "a", 3)]
    lone.run("check")
    assert "help: remove `dead-exclude` from the list" in lone.out


@pytest.mark.parametrize("arguments", [["--set", "job.core_limit=2"], ["--target", "hpc"], ["-p", "n=1"]])
def test_one_is_not_called_useless_when_not_all_ran(lone: Place, arguments: list[str]) -> None:
    text = (
        SPEC.format(name="a  # specc: ignore[SPC110]")
        + "params: {n: {type: integer, default: 1}} # specc: ignore[unused-param]\n"
    )
    lone.write(a=text)
    assert found(lone) == [("unused-ignore", "a", 3)]
    assert found(lone, *arguments) == []


def test_an_error_may_have_hidden_its_use(lone: Place) -> None:
    lone.write(a=SPEC.format(name="a  # specc: ignore[SPC110]") + "  nope: 1\n")
    assert found(lone) == [("unknown-field", "a", 7)]


def test_what_keeps_a_spec_from_being_sent_cannot_be_ignored(lone: Place) -> None:
    lone.write(a=SPEC.format(name="a") + "  nope: 1  # specc: ignore[unknown-field]\n")
    assert found(lone) == [("unknown-field", "a", 7)]
    lone.run("check")
    assert "note: it cannot be ignored" in lone.out


def test_comments_that_cannot_be_read_are_errors(lone: Place) -> None:
    lone.write(a=WARNS.replace("no\n", "no  #specc:ignore SPC110\n"))
    assert found(lone) == [("yaml-1.1", "a", 3), ("bad-ignore", "a", 3)]
    assert run(["check"]) == 1
    lone.run("check")
    assert "help: write `# specc: ignore[SPC110] reason`" in lone.out
    assert lone.run("render", "a.job.yaml") == 0  # it is no mistake of the spec


BASE = (
    "specc: 1\nabstract: true\njob:\n  name: no\n  cmd_line: run {{ cell.index }}\n  core_limit: 1\n  time_limit: 2h\n"
)
CHILD = "specc: 1\nextends: base.job.yaml\njob: {{name: {}}}\n"
EXCLUDE = "matrix: {axes: {n: [1, 2]}, exclude: [{n: 3}]}\n"


def test_a_comment_in_a_base_is_about_what_its_heirs_show(lone: Place) -> None:
    """The warning stands in the base, and it is only found where the matrix is expanded."""
    lone.write(base=BASE + EXCLUDE, one=CHILD.format('"one{{ cell.slug }}"'), two=CHILD.format('"two{{ cell.slug }}"'))
    assert ("dead-exclude", "base", 8) in found(lone)
    ignored = BASE.replace("no\n", "no # specc: ignore[SPC110]\n") + EXCLUDE.replace("\n", " # specc: ignore[SPC224]\n")
    lone.write(base=ignored)
    assert found(lone) == []
    assert found(lone, "one.job.yaml") == []
    assert found(lone, "base.job.yaml") == []


def test_one_in_a_base_is_useless_only_when_all_heirs_say_so(lone: Place) -> None:
    lone.write(
        base=BASE.replace("no\n", "a # specc: ignore[SPC224]\n"), one=CHILD.format("one"), two=CHILD.format("two")
    )
    assert found(lone, "one.job.yaml") == []
    assert found(lone, "one.job.yaml", "two.job.yaml") == []
    assert found(lone, "base.job.yaml") == [("unused-ignore", "base", 4)]
    assert found(lone) == [("unused-ignore", "base", 4)]
    lone.write(two=CHILD.format("two") + "nope: 1\n")
    assert found(lone) == [("unknown-key", "two", 4)]


def test_a_script_and_its_comments(lone: Place) -> None:
    lone.put("run.sh", b"#!/bin/bash\n# specc: ignore[SPC110]\necho 1\n#specc:ignore SPC224\n")
    script = SPEC.format(name="a").replace("run\n", "{$file: run.sh}\n")
    lone.write(a=script, b=script.replace("name: a", "name: b"))
    assert found(lone) == [("unused-ignore", "run.sh", 2), ("bad-ignore", "run.sh", 4)]
    assert found(lone, "a.job.yaml") == [("bad-ignore", "run.sh", 4)]


def test_standard_input_can_ignore(lone: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "specc.cli.sessions.read_stdin", lambda: WARNS.replace("no\n", "no # specc: ignore[SPC110]\n").encode()
    )
    assert found(lone, "-") == []
    monkeypatch.setattr(
        "specc.cli.sessions.read_stdin", lambda: WARNS.replace("no\n", "a # specc: ignore[SPC110]\n").encode()
    )
    assert [slug for slug, _, _ in found(lone, "-")] == ["unused-ignore"]


def test_projects_are_judged_on_their_own(lone: Place) -> None:
    lone.put("inner/specc.toml", SETTINGS.encode())
    lone.write(inner__a=SPEC.format(name="a  # specc: ignore[SPC110]"), b=WARNS)
    assert sorted(found(lone)) == [("unused-ignore", "inner/a", 3), ("yaml-1.1", "b", 3)]


def test_what_specs_do_to_each_other_needs_the_whole_project(lone: Place) -> None:
    lone.write(a=SPEC.format(name="same # specc: ignore[same-job-name]"), b=SPEC.format(name="same"))
    assert [slug for slug, _, _ in found(lone)].count("unused-ignore") == 0
    assert found(lone, "a.job.yaml") == []
    lone.write(b=SPEC.format(name="other"))
    assert found(lone, "a.job.yaml") == []
    assert found(lone) == [("unused-ignore", "a", 3)]
    lone.write(c=SPEC.format(name="c") + "  nope: 1\n")
    assert found(lone) == [("unknown-field", "c", 7)]


@pytest.mark.parametrize("command", [["render"], ["explain"], ["plan", "--target", "local"]], ids=" ".join)
def test_what_is_ignored_is_ignored_by_every_command(
    lone: Place, command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(lone.root / "state"))
    monkeypatch.delenv("CI", raising=False)
    lone.put("specc.toml", SETTINGS.replace('target = "hpc"', 'target = "local"').encode())
    body = WARNS + "  run_user: u\n  cluster_id: c\n  zone: z\n"
    lone.write(a=body)
    lone.run(*command, "a.job.yaml")
    assert "yaml-1.1" in lone.err
    lone.write(a=body.replace("no\n", "no  # specc: ignore[yaml-1.1] it is a name\n"))
    lone.run(*command, "a.job.yaml")
    assert "yaml-1.1" not in lone.err


def test_no_command_ignores_what_cannot_be_sent(lone: Place) -> None:
    lone.write(a=WARNS + "  nope: 1  # specc: ignore[unknown-field]\n")
    assert lone.run("render", "a.job.yaml") == 1
    assert "note: it cannot be ignored" in lone.err
