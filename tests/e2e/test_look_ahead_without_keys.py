"""`plan` and `--dry-run` need no credentials, and claim nothing about the account whose key they lack."""

import json
from collections.abc import Iterator

import pytest
from chaos.hostile import Hostile
from support.projects import SETTINGS, Place

from specc.targets.ehpc.account import Endpoint, accounts_at, identity_of, unknown_account

KEY, SECRET = "QY_ACCESS_KEY_ID", "QY_SECRET_ACCESS_KEY"
UNSEEN = "what was sent before with the missing key is not known"
ONLY = "what follows is about the only account that is known at this place, ehpc:"


@pytest.fixture
def server() -> Iterator[Hostile]:
    server = Hostile(calm=True)
    yield server
    server.close()


@pytest.fixture
def cloud(place: Place, server: Hostile, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A sweep of four cells, and no key."""
    settings = SETTINGS.replace('kind = "ehpc"', f'kind = "ehpc"\nendpoint = "{server.endpoint}"')
    place.put("specc.toml", settings.encode())
    monkeypatch.setenv("XDG_STATE_HOME", str(place.root / "state"))
    monkeypatch.setenv("HOME", str(place.root))
    for name in (KEY, SECRET, "CI"):
        monkeypatch.delenv(name, raising=False)
    return place


def with_key(monkeypatch: pytest.MonkeyPatch, name: str = "KEYKEYKEYKEY") -> None:
    monkeypatch.setenv(KEY, name)
    monkeypatch.setenv(SECRET, "s3cr3t")


def without_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY)
    monkeypatch.delenv(SECRET)


def actions(place: Place) -> list[str]:
    return [line.split("\t")[0] for line in place.out.splitlines()]


@pytest.mark.parametrize("command", [("plan",), ("submit", "--dry-run")])
def test_before_anything_was_sent(cloud: Place, server: Hostile, command: tuple[str, ...]) -> None:
    assert cloud.run(*command) == 0, cloud.err
    assert actions(cloud) == ["send"] * 4
    assert "there are no credentials for the EHPC API, and no account is known at this place" in cloud.err
    assert UNSEEN in cloud.err
    assert not server.jobs


@pytest.mark.parametrize("command", [("plan",), ("submit", "--dry-run")])
def test_the_only_account_that_the_ledger_knows(
    cloud: Place, server: Hostile, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    with_key(monkeypatch)
    assert cloud.run("submit") == 0, cloud.err
    without_key(monkeypatch)
    assert cloud.run(*command) == 0, cloud.err
    assert actions(cloud) == ["keep"] * 4
    assert ONLY in cloud.err


def test_two_accounts_are_one_too_many(cloud: Place, server: Hostile, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, cells in (("KEYKEYKEYKEY", "seed=1"), ("ANOTHERKEYOFMINE", "seed=2")):
        with_key(monkeypatch, name)
        assert cloud.run("submit", "--only", cells) == 0, cloud.err
    without_key(monkeypatch)
    cloud.run("plan")
    assert "2 accounts are known at this place" in cloud.err
    assert "send" not in actions(cloud)


def test_submit_itself_needs_them(cloud: Place, server: Hostile) -> None:
    assert cloud.run("submit") == 2
    assert "there are no credentials" in cloud.err
    assert not server.jobs


def test_half_a_pair_is_said(cloud: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, "KEYKEYKEYKEY")
    assert cloud.run("plan") == 0
    assert f"`{KEY}` is set and `{SECRET}` is not, and no account" in cloud.err


def test_a_plan_of_an_unknown_account_is_not_carried_out(
    cloud: Place, server: Hostile, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cloud.run("plan", "--out", "plan.json") == 0, cloud.err
    assert ":unknown account" in json.loads((cloud.root / "plan.json").read_text())["target"]["identity"]
    with_key(monkeypatch)
    assert cloud.run("submit", "--plan", "plan.json") == 1
    assert "unknown account" in cloud.err
    assert not server.jobs


def test_a_plan_of_the_known_account_is_carried_out_by_it_alone(
    cloud: Place, server: Hostile, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_key(monkeypatch)
    assert cloud.run("submit", "--only", "seed=1") == 0, cloud.err
    without_key(monkeypatch)
    assert cloud.run("plan", "--out", "plan.json") == 0, cloud.err
    with_key(monkeypatch, "ANOTHERKEYOFMINE")
    assert cloud.run("submit", "--plan", "plan.json") == 1
    without_key(monkeypatch)
    assert cloud.run("submit", "--plan", "plan.json", "--dry-run") == 0, cloud.err
    with_key(monkeypatch)
    assert cloud.run("submit", "--plan", "plan.json") == 0, cloud.err
    assert len(server.jobs) == 4


def test_what_the_target_refuses_is_said_without_a_key(cloud: Place) -> None:
    spec = (cloud.root / "sweep.job.yaml").read_text()
    cloud.put("sweep.job.yaml", spec.replace("job:\n", "job:\n  zone: elsewhere\n").encode())
    assert cloud.run("plan") == 1
    assert "`zone` is `elsewhere`" in cloud.err


def test_accounts_at_a_place() -> None:
    here, there = Endpoint.parse("https://a.example/api"), Endpoint.parse("https://a.example/api/v2")
    known = [
        identity_of(endpoint, key, job)
        for endpoint in (here, there)
        for key in ("KEYKEYKEYKEY", "short")
        for job in ({}, {"zone": "z"}, {"zone": "z", "cluster_id": "c"})
    ]
    known += ["local:x", "slurm:c:u", unknown_account(here, {})]
    assert accounts_at(known, here, {}) == [identity_of(here, key, {}) for key in ("KEYKEYKEYKEY", "short")]
    assert accounts_at(known, there, {"zone": "z"}) == [
        identity_of(there, key, {"zone": "z"}) for key in ("KEYKEYKEYKEY", "short")
    ]
    assert accounts_at(known, Endpoint.parse("https://b.example/api"), {}) == []
