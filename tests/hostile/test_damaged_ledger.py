"""A ledger that a disk, a copy or an editor has changed: the same answer or a refusal, never a payload sent again."""

import json
import os
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from support import submitting
from support.projects import Place

from specc.errors import SpeccError
from specc.submission import KnownProject, Ledger, database, verify_ledger

EVERY = os.environ.get("SPECC_EVERY_FLIP") == "1"
"""Flip every bit of the file, which takes an hour, instead of some hundred at random."""

SAMPLE = 250
SWEEP = submitting.sweep(6)


def ledger_with_everything(path: Path) -> submitting.Desk:
    """Return a desk whose ledger has attempts in all states, on more than one page of each index."""
    target = submitting.FakeTarget(["accept", "accept", submitting.REJECTED, "silent", "accept", "accept"])
    desk = submitting.Desk(path, target)
    desk.submit(SWEEP)
    with desk.ledger() as ledger:
        ledger.use_plan("a-plan")
        ledger.projects.add(KnownProject("/home/ann/cfd", "", ("ab" * 20,), "git@example.org:cfd"))
        ledger.accounts.learn_skew(submitting.IDENTITY, 3.5)
        ledger.accounts.take_call(submitting.IDENTITY, 100)
    return desk


def answers(desk: submitting.Desk) -> list[object]:
    """Return all that a ledger says: what is sent, to whom nothing is sent, each attempt, and who has used it."""
    with Ledger.read(desk.path, desk.clock) as ledger:
        list(verify_ledger(ledger, desk.clock()))
    with desk.ledger() as ledger:
        ledger.recover()
        ledger.projects.known()  # one that is misread is taken for another project, and that is refused
        steps = desk.plan(ledger, SWEEP)
        moved = desk.plan(ledger, submitting.sweep(6, name="b"), exists=lambda key: False)
        return [
            [(step.action, step.number, step.last) for step in (*steps, *moved)],
            ledger.all(),
            list(ledger.chosen((), (), whole_history=False)),
            list(ledger.chosen([steps[0].key.spec], (), whole_history=True)),
            ledger.with_id("job-1"),
            ledger.active(submitting.IDENTITY),
            ledger.taken(submitting.IDENTITY, ["job-1", "job-2", "job-9"]),
            ledger.has_used("a-plan"),
        ]


def used_bytes(data: bytes) -> list[int]:
    """Return where bytes are that mean something: a flip in the empty middle of a page changes nothing."""
    return [index for index, byte in enumerate(data) if byte]


def test_a_single_flipped_bit_is_refused_or_changes_nothing(tmp_path):
    desk = ledger_with_everything(tmp_path / "l.sqlite")
    whole = answers(desk)
    data = desk.path.read_bytes()
    if EVERY:
        flips = [(index, bit) for index in range(len(data)) for bit in range(8)]
    else:
        chosen = random.Random(20_260).sample(used_bytes(data), SAMPLE)
        flips = [(index, index % 8) for index in chosen]
    refused = 0
    for index, bit in flips:
        flipped = bytearray(data)
        flipped[index] ^= 1 << bit
        desk.path.write_bytes(flipped)
        try:
            assert answers(desk) == whole, f"bit {bit} of byte {index}"
        except SpeccError:
            refused += 1
    assert refused > len(flips) / 20


@pytest.mark.parametrize(
    "index",
    [
        "one_number",
        "also_by_key",
        "by_digest",
        "also_by_digest",
        "one_open",
        "also_open",
    ],
)
def test_an_index_that_has_lost_an_attempt_is_damage(tmp_path, index):
    desk = ledger_with_everything(tmp_path / "l.sqlite")
    empty_index(desk, index)
    jobs = len(desk.target.jobs)
    with pytest.raises(SpeccError, match="is damaged: its indexes"):
        desk.submit(SWEEP)
    assert len(desk.target.jobs) == jobs
    with desk.ledger() as ledger:
        assert any("the file is damaged" in line for line in verify_ledger(ledger, desk.clock()))


@pytest.mark.parametrize("index", ["one_uuid", "also_by_uuid", "active", "also_active"])
def test_so_is_one_by_which_jobs_are_found(tmp_path, index):
    desk = ledger_with_everything(tmp_path / "l.sqlite")
    empty_index(desk, index)
    with desk.ledger() as ledger, pytest.raises(SpeccError, match="is damaged: its indexes"):
        ledger.with_id("job-1") if "uuid" in index else ledger.active(submitting.IDENTITY)


def empty_index(desk: submitting.Desk, index: str) -> None:
    """Empty the page of the index: SQLite itself finds nothing wrong with it when it looks something up."""
    with closing(sqlite3.connect(desk.path, isolation_level=None)) as connection:
        root = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (index,)).fetchone()[0]
    data = bytearray(desk.path.read_bytes())
    data[(root - 1) * 4096 + 3 : (root - 1) * 4096 + 5] = b"\0\0"
    desk.path.write_bytes(data)


DAMAGE = {
    "an unknown state": "state = 'acce`ted'",
    "an unknown state of a job": "job_state = 'runninh'",
    "a text that is not UTF-8": "message = CAST(x'ff41' AS TEXT)",
    "a key that is not UTF-8": "spec = CAST(x'ff41' AS TEXT)",
    "axes that are not JSON": "axes = '{'",
    "params that are not an object": "params = '[]'",
    "a body that is not JSON": "body = ''",
    "units that are nested too deep": f"units = '{'[' * 3000}'",
}
SETTINGS = """project = "demo"
target = "prod"
[ledger]
path = "l.sqlite"
[targets.prod]
kind = "ehpc"
endpoint = "http://127.0.0.1:9/api"
job = {zone = "z", cluster_id = "c", run_user = "u"}
"""
COMMANDS = (
    ("status",), ("wait",), ("cancel", "--all"), ("logs",), ("plan",), ("submit",), ("submit", "--dry-run"),
    ("ledger", "list"), ("ledger", "show", "a.job.yaml"), ("ledger", "resolve"), ("ledger", "list", "--output", "json"),
    ("status", "--output", "json"), ("ledger", "mv", "a.job.yaml", "b.job.yaml"), ("submit", "--rerun"),
)  # fmt: skip


@pytest.fixture
def place(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    place = Place(tmp_path, capsys)
    for name in ("QY_ACCESS_KEY_ID", "QY_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "KEYKEYKEYKEYKEYKEYKEYKEY")
    place.put("specc.toml", SETTINGS.encode())
    place.put("a.job.yaml", b"specc: 1\njob: {name: n, cmd_line: 'true', core_limit: 1}\n")
    return place


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_every_command_refuses_values_that_no_row_can_have(place, damage):
    with Ledger.open(place.root / "l.sqlite"):
        assert place.run("plan", "--out", "plan.json") == 0
    planned = json.loads((place.root / "plan.json").read_text())
    (step,) = planned["steps"]
    key = submitting.LogicalKey(planned["target"]["identity"], step["spec"], step["cell"], "{}")
    with Ledger.open(place.root / "l.sqlite") as ledger:
        ledger.begin(submitting.record(key=key))
        ledger.settle("a1", submitting.State.REJECTED, code="1")
    with closing(sqlite3.connect(place.root / "l.sqlite", isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute(f"UPDATE attempts SET {damage}")
    before = (place.root / "l.sqlite").read_bytes()
    for command in COMMANDS:
        code = place.run(*command)
        assert code == 2, (command, place.out, place.err)
        assert "the ledger" in place.err
        assert "is damaged" in place.err or "Could not decode to UTF-8" in place.err
    assert place.run("ledger", "verify") == 1
    assert "attempt 'a1'" in place.out
    assert (place.root / "l.sqlite").read_bytes() == before


@pytest.mark.parametrize("where", ["trigger", "view", "index", "table"])
def test_a_ledger_with_definitions_of_somebody_else_is_refused(tmp_path, where):
    statements = {
        "trigger": "CREATE TRIGGER t AFTER INSERT ON attempts BEGIN DELETE FROM attempts; END",
        "view": "CREATE VIEW v AS SELECT 1",
        "index": "DROP INDEX one_open",
        "table": "CREATE TABLE t (x)",
    }
    desk = ledger_with_everything(tmp_path / "l.sqlite")
    with closing(sqlite3.connect(desk.path, isolation_level=None)) as connection:
        connection.execute(statements[where])
    with pytest.raises(SpeccError, match="is not the one that specc wrote"):
        desk.submit(SWEEP)


class TestLedgersOfTheFirstVersion:
    @pytest.fixture
    def desk(self, tmp_path):
        """Return a desk whose ledger an earlier specc has written."""
        desk = ledger_with_everything(tmp_path / "l.sqlite")
        with closing(sqlite3.connect(desk.path, isolation_level=None)) as connection:
            connection.execute("DROP TABLE projects")
            connection.execute("DROP TRIGGER unseal")
            for index in ("unsealed", "also_open", "also_by_key", "also_by_digest", "also_by_uuid"):
                connection.execute(f"DROP INDEX {index}")
            connection.execute("DROP INDEX active")
            connection.execute("DROP INDEX also_active")
            connection.execute("DROP TABLE notices")
            for column in (
                "seal",
                "hidden",
                "life",
                "inputs",
                "cell_attempt",
                "retried_for",
                "kept",
                "cleaned_at",
                "sender",
            ):
                connection.execute(f"ALTER TABLE attempts DROP COLUMN {column}")
            connection.execute("PRAGMA user_version = 1")
        return desk

    def test_are_brought_up_to_date(self, desk):
        answered = answers(desk)
        assert answers(desk) == answered
        with closing(sqlite3.connect(desk.path)) as connection:
            assert connection.execute("PRAGMA user_version").fetchone()[0] == database.VERSION
            assert connection.execute("SELECT count(*) FROM attempts WHERE seal IS NULL").fetchone()[0] == 0

    def test_are_read_where_nothing_can_be_written(self, desk, monkeypatch):
        monkeypatch.setattr(os, "access", lambda path, mode: False)
        before = desk.path.read_bytes()
        assert len(desk.states()) == 6
        assert desk.path.read_bytes() == before

    def test_are_left_alone_where_they_are_damaged(self, desk):
        with closing(sqlite3.connect(desk.path, isolation_level=None)) as connection:
            root = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'one_number'").fetchone()[0]
        data = bytearray(desk.path.read_bytes())
        data[(root - 1) * 4096 + 3 : (root - 1) * 4096 + 5] = b"\0\0"
        desk.path.write_bytes(data)
        with pytest.raises(SpeccError, match="is damaged"):
            desk.submit(SWEEP)
        assert desk.path.read_bytes() == bytes(data)


def test_a_row_that_was_changed_by_hand_is_sealed_again_when_it_is_sound(tmp_path):
    desk = ledger_with_everything(tmp_path / "l.sqlite")
    with closing(sqlite3.connect(desk.path, isolation_level=None)) as connection:
        connection.execute("UPDATE attempts SET message = 'my word' WHERE state = 'unknown'")
        assert connection.execute("SELECT count(*) FROM attempts WHERE seal IS NULL").fetchone()[0] == 1
    with desk.ledger() as ledger:
        assert [one.message for one in ledger.open_attempts()] == ["my word"]
        ledger.use_plan("another")
    with closing(sqlite3.connect(desk.path)) as connection:
        assert connection.execute("SELECT count(*) FROM attempts WHERE seal IS NULL").fetchone()[0] == 0
