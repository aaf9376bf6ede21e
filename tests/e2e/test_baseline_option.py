"""`specc check --baseline FILE` in a project that has diagnostics from before."""

import json
from pathlib import Path

import pytest
from support.projects import Place

WRITE = ("--baseline", "old.json", "--update-baseline")
USE = ("--baseline", "old.json")
SPEC = "specc: 1\njob:\n  name: {name}\n  cmd_line: run\n  core_limit: 1\n  time_limit: 2h\n"
TWO = SPEC.format(name="no") + "  nope: 1\n"
"""A warning on line 3 and an error on line 7."""


@pytest.fixture
def old(place: Place) -> Place:
    """A project with two diagnostics, and its baseline."""
    place.write(a=TWO)
    assert place.run("check") == 1
    assert place.run("check", *WRITE) == 0
    assert place.err == "baseline: wrote old.json with 2 diagnostics\n"
    assert "no problems" in place.out
    return place


def counts(place: Place) -> dict[str, dict[str, int]]:
    document: dict[str, dict[str, dict[str, int]]] = json.loads((place.root / "old.json").read_text(encoding="utf-8"))
    return document["findings"]


def test_what_is_old_is_quiet(old: Place) -> None:
    assert counts(old) == {"a.job.yaml": {"SPC110": 1, "SPC401": 1}}
    for arguments in ((), ("a.job.yaml",), ("sweep.job.yaml",), ("sweep.job.yaml", "--profile", "smoke")):
        assert old.run("check", *USE, *arguments) == 0, arguments
        assert old.err == ""
    assert old.run("check", *WRITE) == 0
    assert old.err == ""


def test_lines_may_move(old: Place) -> None:
    old.write(a=TWO.replace("job:", "# more\n\njob:"))
    assert old.run("check", *USE) == 0


def test_what_is_new_is_shown(old: Place) -> None:
    old.write(a=TWO + "  nope2: 1\n", b=SPEC.format(name="off"))
    assert old.run("check", *USE) == 1
    assert "found 1 error and 1 warning" in old.out
    assert "the baseline has 1 of these in this file, hidden on line 7; any of them may be the new one" in old.out


def test_it_says_when_it_can_shrink(old: Place) -> None:
    old.write(a=SPEC.format(name="no"))
    assert old.run("check", *USE) == 0
    assert old.err == (
        "baseline: 1 diagnostic fewer than old.json allows\nhelp: add `--update-baseline` to allow no more than that\n"
    )
    assert counts(old) == {"a.job.yaml": {"SPC110": 1, "SPC401": 1}}
    assert old.run("check", *WRITE) == 0
    assert old.err == "baseline: removed 1 diagnostic from old.json\n"
    assert counts(old) == {"a.job.yaml": {"SPC110": 1}}


def test_a_file_that_was_removed_is_forgotten(old: Place) -> None:
    (old.root / "a.job.yaml").unlink()
    assert old.run("check", "sweep.job.yaml", *WRITE) == 0
    assert counts(old) == {}


def test_it_refuses_to_grow(old: Place) -> None:
    before = (old.root / "old.json").read_bytes()
    old.write(b=SPEC.format(name="off"))
    assert old.run("check", *USE) == 0  # a warning
    assert old.run("check", *WRITE) == 1
    assert "baseline: 1 diagnostic not added to old.json, which may only shrink" in old.err
    assert (old.root / "old.json").read_bytes() == before


def test_a_new_error_may_have_hidden_the_others(old: Place) -> None:
    old.write(a="specc: 1\nextends: [\n")
    assert old.run("check", *WRITE) == 1
    assert "took" not in old.err
    assert counts(old) == {"a.job.yaml": {"SPC110": 1, "SPC401": 1}}


def test_what_was_not_checked_is_kept(old: Place) -> None:
    old.write(b=SPEC.format(name="off"))
    (old.root / "old.json").unlink()
    old.run("check", *WRITE)
    old.write(a=SPEC.format(name="a"), b=SPEC.format(name="b"))
    assert old.run("check", "a.job.yaml", *WRITE) == 0
    assert counts(old) == {"b.job.yaml": {"SPC110": 1}}
    old.write(b=SPEC.format(name="c"))
    assert old.run("check", "--set", "job.core_limit=2", *USE) == 0
    assert old.err == ""


def test_a_base_is_judged_with_all_its_heirs(old: Place) -> None:
    heir = "specc: 1\nextends: up.job.yaml\njob: {{name: {}}}\n"
    up = SPEC.format(name="x").replace("job:", "abstract: true\njob:").replace("run", "off")
    old.write(up=up, one=heir.format("one"), two=heir.format("two"))
    (old.root / "old.json").unlink()
    old.run("check", *WRITE)
    assert counts(old)["up.job.yaml"] == {"SPC110": 1}
    old.write(up=up.replace("off", "run"))
    assert old.run("check", "one.job.yaml", *WRITE) == 0
    assert "up.job.yaml" in counts(old)
    assert old.run("check", "up.job.yaml", *WRITE) == 0
    assert "up.job.yaml" not in counts(old)


def test_it_holds_from_any_folder(old: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    (old.root / "deep").mkdir()
    monkeypatch.chdir(old.root / "deep")
    assert old.run("check", "--baseline", "../old.json") == 0
    assert old.err == ""


def test_a_command_line_is_in_no_file(old: Place) -> None:
    assert old.run("check", *USE, "sweep.job.yaml", "--set", "job.nope=1") == 1
    assert "--set" in old.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--baseline", "none.json"], "there is no baseline none.json"),
        (["--baseline", ""], "no baseline is named"),
        (["--update-baseline"], "no baseline is named"),
        (["--baseline", "specc.toml"], "is not JSON"),
        (["--baseline", "specc.toml/x"], "cannot read the baseline specc.toml/x"),
        ([*WRITE, "--profile", "smoke"], "a baseline is written from a check without options that change the specs"),
        (["--baseline", "new/\0.json", "--update-baseline"], "cannot read"),
    ],
)
def test_usage(place: Place, arguments: list[str], said: str) -> None:
    assert place.run("check", *arguments) == 2
    assert said in place.err
    assert len(place.err.splitlines()) <= 2
    assert place.out == ""


def test_a_baseline_that_cannot_be_written(old: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is left half written, and nothing is printed as if it had been."""
    before = (old.root / "old.json").read_bytes()
    old.write(a=SPEC.format(name="no"))

    def full(*arguments: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("specc.disk.outputs.os.replace", full)
    assert old.run("check", *WRITE) == 2
    assert "cannot write old.json: No space left on device" in old.err
    assert (old.root / "old.json").read_bytes() == before
    assert not [path for path in Path(old.root).iterdir() if path.name.startswith(".old")]
