"""A kind of target is its folder and its entry in one table: a kind that is added there works with every command."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from support.projects import Place
from support.submitting import FakeTarget

from specc.app.selection import Sites
from specc.app.serving import served_target
from specc.app.session import Session
from specc.person import Nobody
from specc.settings import Target, Traits
from specc.targets.kind import Kind
from specc.targets.kinds import KINDS
from specc.targets.opening import Opened, Opening
from specc.targets.refusals import Refusal, number, rejected

SETTINGS = """project = "demo"
target = "abacus"
[units]
mem_limit = "MiB"
time_limit = "min"
[targets.abacus]
kind = "toy"
job = {zone = "z", cluster_id = "c", run_user = "u"}
"""
SPEC = "specc: 1\njob: {name: count, cmd_line: ./count, core_limit: %d, mem_limit: 1MiB, time_limit: 1min}\n"
MOST_BEADS = 10


def refusals(body: Mapping[str, object], target: Target, units: Mapping[str, str]) -> Iterator[Refusal]:
    if (number(body, "core_limit") or 0) > MOST_BEADS:
        yield Refusal("no-beads", "core_limit", f"`{target.name}` has {MOST_BEADS} beads", "write a smaller number")


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> FakeTarget:
    """The one target of a new kind, which is registered for the time of a test."""
    target = FakeTarget()

    def open_target(opening: Opening) -> Opened:
        settings, units = opening.settings, opening.units
        target.refused = lambda payload: rejected(list(refusals(payload.body, settings, units)))
        return Opened(opening.settings.name, target, opening.calls)

    traits = Traits(scheduler="Abacus", obeys_interpreter_line=True)
    monkeypatch.setitem(KINDS, "toy", Kind("toy", refusals, open_target, traits=traits, own_streams=("beads",)))
    return target


@pytest.fixture
def project(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, toy: FakeTarget) -> Place:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("CI", raising=False)
    for path in place.root.glob("*.job.yaml"):
        path.unlink()
    place.put("specc.toml", SETTINGS.encode())
    place.put("count.job.yaml", (SPEC % 2).encode())
    return place


def test_a_payload_is_sent_once_and_followed(project: Place, toy: FakeTarget) -> None:
    assert project.run("check") == 0
    assert project.run("submit") == 0
    assert [attempt.sent_name for attempt in toy.attempts] == ["count"]
    assert project.run("submit") == 0
    assert len(toy.attempts) == 1
    assert project.run("status") == 0
    assert "pending" in project.out
    assert project.run("cancel", "--yes", "count.job.yaml") == 0


def test_its_refusals_are_diagnostics_of_check(project: Place, toy: FakeTarget) -> None:
    project.put("count.job.yaml", (SPEC % 11).encode())
    assert project.run("check") == 1
    assert "`abacus` has 10 beads" in project.out + project.err
    assert project.run("submit") == 1
    assert not toy.attempts


def test_the_settings_know_it(project: Place) -> None:
    project.put("specc.toml", SETTINGS.replace('"toy"', '"toi"').encode())
    assert project.run("check") != 0
    assert "did you mean `toy`?" in project.out + project.err


def test_its_traits_are_what_rules_go_by(project: Place) -> None:
    spec = SPEC % 2
    project.put("count.job.yaml", spec.replace("./count", '"#!/usr/bin/python3\\nprint(1)"').encode())
    assert project.run("check", "--output", "concise") == 0
    assert "SPC553" not in project.out, "its jobs are started by the interpreter that they name"
    project.put("count.job.yaml", spec.replace("./count", "./count $SLURM_JOB_ID").encode())
    assert project.run("check", "--output", "concise") == 0
    assert "set by Slurm, which does not run the jobs of this target" in project.out


def test_jobs_can_be_served_on_it(project: Place) -> None:
    opened = Session(Sites()).project(project.root)
    served = served_target(opened, "abacus", Nobody())
    assert served.identity == FakeTarget().identity
