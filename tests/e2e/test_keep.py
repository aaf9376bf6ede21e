"""`specc keep`: a sweep that has mostly finished goes on after its spec has changed."""

import json

import pytest
from support.projects import Place

from specc.submission import Ledger

JOB = """specc: 1
matrix: {axes: {n: [1, 2, 3]}}
job:
  name: j-{{ matrix.n }}
  cmd_line: exit {{ 3 if matrix.n == 3 else 0 }}
  core_limit: 1
  mem_limit: 64MiB
"""
MORE = JOB.replace("64MiB", "96MiB")


@pytest.fixture
def here(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    for file in place.root.glob("*.job.yaml"):
        file.unlink()
    place.put(
        "specc.toml",
        b'project = "demo"\n[units]\nmem_limit = "MiB"\n[targets.local]\nrun_as = "caller"\n'
        b'[defaults]\nzone = "z"\ncluster_id = "c"\nrun_user = "u"\n',
    )
    place.write(jobs__a=JOB)
    monkeypatch.setenv("XDG_STATE_HOME", str(place.root / "state"))
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr("specc.submission.follow.FIRST_SECONDS", 0.05)
    assert place.run("submit", "--wait") == 5
    place.write(jobs__a=MORE)
    return place


def actions(place: Place, *arguments: str) -> dict[str, str]:
    place.run("plan", "--output", "json", *arguments)
    return {step["name"]: step["action"] for step in json.loads(place.out)["steps"]}


def test_what_has_finished_is_kept_and_the_rest_goes_on(here: Place) -> None:
    assert here.run("submit") == 1
    assert "`specc keep` keeps the results" in here.err
    assert here.run("keep") == 0
    assert "2 results kept" in here.err
    assert "1 other payload changed or moved" in here.err
    assert actions(here) == {"j-1": "keep", "j-2": "keep", "j-3": "changed"}
    assert here.run("submit", "--changed", "--wait") == 5
    assert here.run("submit") == 0
    assert "3 accepted before" in here.err


def test_a_plan_shows_what_is_kept_and_what_has_changed(here: Place) -> None:
    here.run("keep")
    here.run("plan")
    assert "its results are kept, though the payload has changed since" in here.out
    assert "64 -> 96" in here.out
    here.run("ledger", "list", "--output", "json")
    assert [one["kept_for"] is not None for one in json.loads(here.out)["attempts"]] == [True, True, False]


def test_it_can_be_undone(here: Place) -> None:
    here.run("keep")
    assert here.run("keep", "--undo", "--only", "n=1") == 0
    assert actions(here) == {"j-1": "changed", "j-2": "keep", "j-3": "changed"}


def test_another_change_needs_another_word(here: Place) -> None:
    here.run("keep")
    here.write(jobs__a=JOB.replace("64MiB", "97MiB"))
    assert actions(here) == dict.fromkeys(("j-1", "j-2", "j-3"), "changed")
    here.write(jobs__a=JOB)
    assert actions(here) == dict.fromkeys(("j-1", "j-2", "j-3"), "keep")


def test_a_dry_run_keeps_nothing(here: Place) -> None:
    assert here.run("keep", "--dry-run") == 0
    assert "2 results would be kept" in here.err
    assert actions(here) == dict.fromkeys(("j-1", "j-2", "j-3"), "changed")


def test_what_has_failed_is_kept_where_a_person_says_so(here: Place) -> None:
    assert here.run("keep", "--state", "exited") == 0
    assert actions(here) == {"j-1": "changed", "j-2": "changed", "j-3": "keep"}
    assert here.run("retry", "--dry-run") == 0
    assert "attempt 2" in here.out


def test_the_ledger_stays_whole(here: Place) -> None:
    here.run("keep")
    (path,) = (here.root / "state").rglob("ledger.sqlite")
    with Ledger.read(path) as ledger:
        assert ledger.integrity_errors() == []
    assert here.run("ledger", "verify") == 0
