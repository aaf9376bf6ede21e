"""What is known of earlier submissions when the account, the ledger or the project is another one than before."""

import json
import sqlite3
from pathlib import Path

import pytest
from chaos.hostile import Hostile
from support.projects import SETTINGS, Place

from specc.submission import Ledger, State


@pytest.fixture
def server():
    server = Hostile(calm=True)
    yield server
    server.close()


@pytest.fixture
def cloud(place: Place, server: Hostile, monkeypatch: pytest.MonkeyPatch) -> Place:
    settings = SETTINGS.replace('kind = "ehpc"', f'kind = "ehpc"\nendpoint = "{server.endpoint}"')
    place.put("specc.toml", settings.encode())
    monkeypatch.setenv("XDG_STATE_HOME", str(place.root / "state"))
    monkeypatch.setenv("HOME", str(place.root))
    monkeypatch.setenv("QY_ACCESS_KEY_ID", "KEYKEYKEYKEY")
    monkeypatch.setenv("QY_SECRET_ACCESS_KEY", "s3cr3t")
    monkeypatch.delenv("CI", raising=False)
    return place


def ledger_file(place: Place) -> Path:
    (path,) = (place.root / "state").rglob("ledger.sqlite")
    return path


class TestAnotherAccount:
    @pytest.fixture
    def rotated(self, cloud, monkeypatch):
        assert cloud.run("submit") == 0
        monkeypatch.setenv("QY_ACCESS_KEY_ID", "ANOTHERKEYOFMINE")
        return cloud

    def test_nothing_is_sent_again_unasked(self, rotated, server):
        assert rotated.run("submit") == 1
        assert len(server.jobs) == 4
        assert "if it is the same account with a new key" in rotated.err

    def test_it_can_be_taken_over(self, rotated, server):
        rotated.run("submit")
        words = rotated.err.split("`specc ")[1].split("`")[0]
        assert rotated.run(*words.split()) == 0
        assert rotated.run("submit") == 0
        assert len(server.jobs) == 4

    def test_a_new_name_is_a_new_place(self, rotated, server):
        path = rotated.root / "specc.toml"
        path.write_text(path.read_text().replace("[targets.hpc]", "[targets.new]").replace('"hpc"', '"new"'))
        assert rotated.run("submit") == 0
        assert len(server.jobs) == 8

    def test_a_cancellation_that_could_not_be_asked_for_has_failed(self, rotated):
        assert rotated.run("cancel", "run.job.yaml", "--yes") != 0


def test_two_clusters_of_one_account_are_two_places(cloud, server):
    path = cloud.root / "specc.toml"
    text = path.read_text()
    path.write_text(text + '\n[targets.other]\nkind = "ehpc"\nendpoint = "' + server.endpoint + '"\n' + OTHER)
    assert cloud.run("submit") == 0
    assert cloud.run("submit", "--target", "other") == 0, cloud.err
    assert len(server.jobs) == 8
    assert cloud.run("submit") == cloud.run("submit", "--target", "other") == 0
    assert len(server.jobs) == 8


OTHER = 'job = {zone = "z2", cluster_id = "c2", run_user = "u"}\n'


def test_a_project_without_a_name(cloud, server):
    path = cloud.root / "specc.toml"
    path.write_text("".join(line for line in path.read_text().splitlines(True) if not line.startswith("project")))
    assert cloud.run("submit") == 2
    assert 'write `project = "NAME"`' in cloud.err
    assert not server.jobs


def test_a_plan_belongs_to_the_ledger_that_it_was_made_from(cloud, server, monkeypatch):
    assert cloud.run("plan", "--out", "plan.json") == 0
    monkeypatch.setenv("XDG_STATE_HOME", str(cloud.root / "another"))
    assert cloud.run("submit", "--plan", "plan.json") == 1
    assert "another ledger" in cloud.err
    monkeypatch.setenv("XDG_STATE_HOME", str(cloud.root / "state"))
    assert cloud.run("submit", "--plan", "plan.json") == 0
    assert len(server.jobs) == 4


def test_a_link_to_the_ledger_is_the_ledger(cloud):
    """An intent of a living process is not taken for that of a dead one, by whatever path the ledger is opened."""
    assert cloud.run("submit") == 0
    path = ledger_file(cloud)
    link = cloud.root / "link.sqlite"
    link.symlink_to(path)
    with Ledger.open(path) as ledger, ledger.owners.claim() as owner:
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE attempts SET state = 'intent', uuid = NULL, owner = ? WHERE rowid = 1", (owner,))
        connection.close()
        with Ledger.open(link) as same:
            assert same.recover() == []
            assert [one.state for one in same.all()].count(State.INTENT) == 1


class TestRefusalsForPrograms:
    def test_a_change(self, cloud):
        cloud.run("submit")
        assert cloud.run("submit", "--set", "job.core_limit=3", "--output", "json") == 1
        refused = json.loads(cloud.out)["refused"]
        assert [step["action"] for step in refused["steps"]] == ["changed"] * 4
        assert refused["errors"]

    def test_a_spec_with_a_mistake(self, cloud):
        cloud.write(broken="specc: 1\njob: {nam: x}\n")
        assert cloud.run("submit", "broken.job.yaml", "--output", "json") == 1
        assert "nam" in json.dumps(json.loads(cloud.out))

    def test_a_rerun_of_everything(self, cloud):
        cloud.run("submit")
        assert cloud.run("submit", "--rerun", "--output", "json") == 1
        assert "--only" in json.loads(cloud.out)["refused"]["help"]
