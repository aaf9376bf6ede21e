"""A ledger that is gone: while a run goes on, from an explicit path, or behind a link. None is made anew by itself."""

import shutil

import pytest
from support import submitting
from support.projects import Place

from specc.errors import SpeccError
from specc.submission import Ledger

SETTINGS = """project = "demo"
[ledger]
path = "kept/l.sqlite"
[units]
time_limit = "min"
[targets.local]
run_as = "caller"
job = {zone = "z", cluster_id = "c", run_user = "u"}
"""
SPEC = "specc: 1\njob: {name: n, cmd_line: 'true', core_limit: 1, time_limit: 1}\n"
QUESTIONS = (("status",), ("wait",), ("cancel", "--all"), ("logs",), ("ledger", "list"), ("ledger", "verify"))


@pytest.fixture
def place(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    place = Place(tmp_path, capsys)
    place.put("specc.toml", SETTINGS.encode())
    place.put("a.job.yaml", SPEC.encode())
    return place


@pytest.mark.parametrize("how", ["removed", "replaced by a copy", "replaced by an empty one", "its folder moved away"])
def test_a_run_ends_where_the_ledger_vanishes_under_it(tmp_path, how):
    desk = submitting.Desk(tmp_path / "state" / "l.sqlite")
    with desk.ledger() as ledger, ledger.owners.claim() as owner:
        steps = desk.plan(ledger, submitting.sweep(4))
        results = desk.sender(ledger, owner, max_in_flight=1).results(steps)
        next(results)
        copy = tmp_path / "copy"
        shutil.copy(desk.path, copy)
        if how == "its folder moved away":
            desk.path.parent.rename(tmp_path / "away")
        else:
            desk.path.unlink()
        if how == "replaced by a copy":
            shutil.copy(copy, desk.path)
        if how == "replaced by an empty one":
            with Ledger.open(tmp_path / "new.sqlite"):
                pass
            shutil.copy(tmp_path / "new.sqlite", desk.path)
        with pytest.raises(SpeccError, match="it was there when this run began") as caught:
            list(results)
    assert "nothing more is sent" in caught.value.help
    assert len(desk.target.jobs) <= 2


def test_one_at_an_explicit_path_is_made_by_its_own_command_alone(place):
    assert place.run("submit") == 2
    assert "kept/l.sqlite does not exist" in place.err
    assert "`specc ledger init` makes an empty one" in place.err
    for command in QUESTIONS:
        assert place.run(*command) == 2, command
        assert "does not exist" in place.err
    assert not (place.root / "kept" / "l.sqlite").exists()
    assert place.run("ledger", "init") == 0
    assert "new ledger" in place.err
    assert place.run("ledger", "init") == 2
    assert "there is a ledger already" in place.err
    for command in QUESTIONS:
        assert place.run(*command) == 0, (command, place.err)


def test_a_plan_for_a_reviewer_works_without_one_and_says_so(place):
    for command in (("plan",), ("submit", "--dry-run")):
        assert place.run(*command) == 0
        assert "as if nothing was sent before" in place.err
    assert place.run("plan", "--out", "plan.json") == 2
    assert not (place.root / "kept").exists() or not list((place.root / "kept").iterdir())


def test_one_at_the_usual_place_that_was_there_is_not_made_anew(place):
    place.put("specc.toml", SETTINGS.replace('[ledger]\npath = "kept/l.sqlite"\n', "").encode())
    assert place.run("plan", "--out", "plan.json") == 0  # the first time needs nothing
    assert "new ledger" in place.err
    (ledger,) = (place.root / "state" / "specc").glob("*/ledger.sqlite")
    owners = ledger.with_name("ledger.sqlite.owners")
    owners.mkdir(mode=0o700, exist_ok=True)
    ledger.unlink()
    for command in (("submit",), ("status",)):
        assert place.run(*command) == 2
        assert "is gone" in place.err
        assert "`specc ledger init`" in place.err
    assert not ledger.exists()
    assert place.run("ledger", "init") == 0
    assert place.run("status") == 0


def test_a_link_to_nothing_is_said(place):
    (place.root / "kept").mkdir()
    (place.root / "kept" / "l.sqlite").symlink_to("/nowhere/l.sqlite")
    for command in (("submit",), ("ledger", "init"), ("plan",), *QUESTIONS):
        assert place.run(*command) == 2, command
        assert "is a symbolic link to /nowhere/l.sqlite, which does not exist" in place.err
        assert f"`rm {place.root}/kept/l.sqlite`" in place.err
