"""Specs that a check has had nothing to say about: which are decoded again, and what makes them be judged again."""

import os
from pathlib import Path

import pytest
from support.projects import SETTINGS, Place

from specc.linter import plain
from specc.linter.examining import Examined
from specc.linter.records import Memory

BASE = "specc: 1\nabstract: true\nparams: {p: {type: integer, default: 1}}\njob: {core_limit: 4, time_limit: 2h}\n"
ARID = "specc: 1\nabstract: true\njob: {core_limit: 4, time_limit: 2h}\n"
NAMES = ("a", "b", "c", "d")


def heir(name: str, command: str = "echo", parent: str = "base") -> str:
    return f"specc: 1\nextends: {parent}.job.yaml\njob: {{name: {name}, cmd_line: '{command}'}}\n"


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the specs whose own records are asked for."""
    names: list[str] = []
    remembered = Memory.examined

    def noted(self: Memory, name: str) -> Examined | None:
        names.append(name)
        return remembered(self, name)

    monkeypatch.setattr(Memory, "examined", noted)
    return names


@pytest.fixture
def place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], decoded: list[str]
) -> Place:
    """A project that was checked, in which one heir uses what the base declares."""
    monkeypatch.setattr(plain, "LARGE", 1)
    place = Place(tmp_path / "project", capsys)
    place.write(**{"specc.toml": SETTINGS, "base": BASE, "arid": ARID, **{name: heir(name) for name in NAMES}})
    place.write(a=heir("a", "echo {{ params.p }}"))
    monkeypatch.chdir(place.root)
    assert place.run("check") == 0
    decoded.clear()
    return place


def records() -> list[Path]:
    return list(Path(os.environ["XDG_CACHE_HOME"]).glob(f"specc/*/*/{plain.NAME}"))


def slugs(place: Place) -> list[str]:
    """Return what a check says, which must be what it says without what it remembers."""
    place.run("check", "--output", "concise")
    said = place.out
    place.run("check", "--output", "concise", "--no-cache")
    assert said == place.out
    return [line.split()[0].split(":")[0] for line in said.splitlines() if ".job.yaml" in line]


def test_only_what_has_changed_is_decoded(place: Place, decoded: list[str]) -> None:
    place.write(d=heir("d", "echo d"))
    assert (place.run("check"), decoded) == (0, ["d.job.yaml"])
    place.write(c=heir("c", "echo c"))
    decoded.clear()
    assert (place.run("check"), decoded) == (0, ["c.job.yaml"])


def test_a_small_project_has_no_such_record(place: Place, decoded: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    (record,) = records()
    record.unlink()
    monkeypatch.setattr(plain, "LARGE", 7)
    place.write(d=heir("d", "echo d"))
    assert (place.run("check"), len(decoded), records()) == (0, 6, [])


def test_without_its_record_all_are_decoded_and_it_is_written_again(place: Place, decoded: list[str]) -> None:
    (record,) = records()
    record.unlink()
    place.write(d=heir("d", "echo d"))
    assert (place.run("check"), len(decoded), records()) == (0, 6, [record])


def test_a_spec_that_takes_what_a_plain_one_takes_is_a_clash_of_both(place: Place, decoded: list[str]) -> None:
    place.write(d=heir("b", "echo"))
    place.run("check")
    assert sorted(set(decoded)) == ["b.job.yaml", "d.job.yaml"]
    assert len(slugs(place)) == 1
    place.write(d=heir("d"))
    assert slugs(place) == []


@pytest.mark.parametrize("warned", [False, True])
def test_a_name_that_only_a_removed_heir_used_is_unused(warned: bool, place: Place) -> None:
    """Also where the heir itself was not plain."""
    if warned:
        place.write(a=heir("a", "ls –n; echo {{ params.p }}"))
        assert slugs(place) == ["a.job.yaml"]
    (place.root / "a.job.yaml").unlink()
    assert slugs(place) == ["base.job.yaml"]
    assert slugs(place) == ["base.job.yaml"]


@pytest.mark.parametrize("warned", [False, True])
def test_a_plain_spec_that_has_lost_its_heir_is_judged(warned: bool, place: Place) -> None:
    place.write(d=heir("d").replace("job:", "vars: {own: 1}\njob:"))
    rest = "ls –n; " if warned else ""
    place.write(e=heir("e", rest + "echo {{ vars.own }}", "d"))
    assert slugs(place) == (["e.job.yaml"] if warned else [])
    place.write(c=heir("c", "echo again"))
    assert slugs(place) == (["e.job.yaml"] if warned else [])
    (place.root / "e.job.yaml").unlink()
    assert slugs(place) == ["d.job.yaml"]
    assert slugs(place) == ["d.job.yaml"]


def test_a_plain_spec_that_gets_an_heir_is_judged(place: Place) -> None:
    """An abstract spec that nothing inherits is a beginning, and what it declares may be used one day."""
    place.write(f="specc: 1\nabstract: true\nextends: base.job.yaml\nparams: {own: {type: integer, default: 1}}\n")
    place.write(e="specc: 1\nabstract: true\nextends: base.job.yaml\n")
    assert slugs(place) == []
    place.write(g=heir("g", "echo", "f"))
    assert slugs(place) == ["f.job.yaml"]


def test_an_error_in_a_text_that_a_plain_spec_refers_to(place: Place) -> None:
    """What the base declares may be used once the text is right, so nothing is said of the base."""
    own = "vars: {v: 1}\njob:"
    place.write(t=heir("t", "echo {{ vars.v }}").replace("job:", own), **{"run.sh.j2": "echo {{ vars.v | sh }}\n"})
    place.write(u=heir("u").replace("job:", own).replace("'echo'", "{$file: run.sh.j2}"))
    assert slugs(place) == []
    place.write(x=heir("x", "echo", "arid").replace("'echo'", "{$file: run.sh.j2}"))
    (place.root / "a.job.yaml").unlink()
    assert "base.job.yaml" not in slugs(place)


def test_an_error_leaves_the_record_as_it_was(place: Place, decoded: list[str]) -> None:
    (record,) = records()
    before = record.read_bytes()
    place.write(d="specc: 1\njob: [\n")
    assert slugs(place) == ["d.job.yaml"]
    assert record.read_bytes() == before
    place.write(d=heir("d", "echo d"))
    decoded.clear()
    assert (place.run("check"), decoded) == (0, ["d.job.yaml"])


def test_a_spec_with_a_comment_that_ignores_is_looked_at(place: Place, decoded: list[str]) -> None:
    place.write(d=heir("d") + "# specc: ignore[SPC546] nothing\n")
    assert slugs(place) == ["d.job.yaml"]
    place.write(c=heir("c", "echo c"))
    decoded.clear()
    assert slugs(place) == ["d.job.yaml"]
    assert {"c.job.yaml", "d.job.yaml"} == set(decoded[:2])


def test_a_record_of_other_bytes_says_nothing(place: Place) -> None:
    """As one that was put back from a backup, or written by a check that began earlier."""
    (record,) = records()
    old = record.read_bytes()
    place.write(d=heir("d").replace("job:", "vars: {z: 1}\njob:"))
    assert slugs(place) == ["d.job.yaml"]
    record.write_bytes(old)
    assert slugs(place) == ["d.job.yaml"]
    record.write_bytes(old[:-20])
    assert slugs(place) == ["d.job.yaml"]
