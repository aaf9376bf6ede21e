"""The ledger as a file and as rules: what may be written, what may not, and what becomes of a dead process's work."""

import contextlib
import os
import sqlite3
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from support import submitting
from support.submitting import KEY, record
from support.tables import each

from specc.errors import SpeccError
from specc.submission import (
    AttemptOpen,
    Ledger,
    Locked,
    SentElsewhere,
    SettledAlready,
    State,
    UuidTaken,
    ledger_path,
    verify_ledger,
)
from specc.submission.database import APPLICATION, STEPS, database_errors
from specc.submission.records import COLUMNS, Damaged, row_of


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "ledger.sqlite"


@pytest.fixture
def clock():
    return submitting.FakeClock()


@pytest.fixture
def ledger(path, clock):
    with Ledger.open(path, clock) as ledger:
        yield ledger


def states(ledger):
    return [(one.attempt, str(one.state)) for one in ledger.all()]


class TestIntents:
    def test_an_intent_reads_back_as_written(self, ledger):
        ledger.begin(record())
        assert ledger.all() == [record()]

    def test_a_second_intent_for_a_key_cannot_be_written(self, ledger):
        ledger.begin(record("a1"))
        with pytest.raises(AttemptOpen):
            ledger.begin(record("a2", 2))
        assert states(ledger) == [("a1", "intent")]

    def test_the_index_alone_holds_it_too(self, ledger):
        ledger.begin(record("a1"))
        with pytest.raises(sqlite3.IntegrityError):
            ledger._connection.execute(
                f"INSERT INTO attempts ({COLUMNS}) SELECT 'a2', target, spec, cell, params, target_name, api, digest, "
                "body, sent_name, slug, axes, units, state, owner, 2, created_at, skew, NULL, NULL, "
                "NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM attempts"
            )

    def test_a_key_that_went_on_since_it_was_looked_at_is_not_begun_again(self, ledger):
        ledger.begin(record("a1"))
        ledger.settle("a1", State.ACCEPTED, uuid="u1")
        with pytest.raises(AttemptOpen):
            ledger.begin(record("a2", 1))

    def test_superseding_and_beginning_are_one_step(self, ledger):
        ledger.begin(record("a1"))
        ledger.settle("a1", State.UNKNOWN, message="timeout")
        with pytest.raises(AttemptOpen):
            ledger.begin(record("a2", 7), supersedes="a1")
        assert states(ledger) == [("a1", "unknown")]
        ledger.begin(record("a2", 2), supersedes="a1")
        assert states(ledger) == [("a1", "superseded"), ("a2", "intent")]

    def test_only_the_first_of_two_who_resend_does(self, ledger):
        ledger.begin(record("a1"))
        ledger.settle("a1", State.UNKNOWN, message="timeout")
        ledger.begin(record("a2", 2), supersedes="a1")
        with pytest.raises(AttemptOpen):
            ledger.begin(record("a3", 2), supersedes="a1")


class TestSettling:
    @pytest.mark.parametrize(
        ("before", "after", "is_taken"),
        [
            ("intent", "accepted", True),
            ("intent", "unknown", True),
            ("unknown", "accepted", True),
            ("unknown", "dismissed", True),
            ("dismissed", "accepted", True),
            ("superseded", "accepted", True),
            ("dismissed", "rejected", False),
            ("accepted", "unknown", False),
            ("accepted", "rejected", False),
            ("rejected", "accepted", False),
            ("not-sent", "accepted", False),
        ],
    )
    def test_what_beats_what(self, ledger, before, after, is_taken):
        ledger.begin(record())
        if before != "intent":
            uuid = "u" if before == "accepted" else None
            ledger._connection.execute("UPDATE attempts SET state = ?, uuid = ?", (before, uuid))
        uuid = "new" if after == "accepted" else None
        if is_taken:
            ledger.settle("a1", State(after), uuid=uuid)
        else:
            with pytest.raises(SettledAlready):
                ledger.settle("a1", State(after), uuid=uuid)
        assert states(ledger) == [("a1", after if is_taken else before)]

    def test_a_uuid_belongs_to_one_attempt(self, ledger):
        other = replace(KEY_RECORD, attempt="a2", key=KEY._replace(cell="def"))
        ledger.begin(record())
        ledger.begin(other)
        ledger.settle("a1", State.ACCEPTED, uuid="u")
        with pytest.raises(UuidTaken):
            ledger.settle("a2", State.ACCEPTED, uuid="u")
        assert states(ledger) == [("a1", "accepted"), ("a2", "intent")]

    def test_an_attempt_without_a_job_cannot_be_accepted(self, ledger):
        ledger.begin(record())
        with pytest.raises(UuidTaken):
            ledger.settle("a1", State.ACCEPTED)


KEY_RECORD = record()


class TestOwners:
    def test_an_intent_of_a_living_process_is_left_alone(self, ledger):
        with ledger.owners.claim() as owner:
            ledger.begin(record(owner=owner))
            assert ledger.recover() == []
        assert states(ledger) == [("a1", "intent")]

    def test_an_intent_of_a_dead_process_becomes_unknown(self, ledger):
        with ledger.owners.claim() as owner:
            ledger.begin(record(owner=owner))
        assert [one.attempt for one in ledger.recover()] == ["a1"]
        (left,) = ledger.all()
        assert (left.state, left.message) == ("unknown", "the process that was sending it died")
        assert ledger.recover() == []

    def test_ones_own_intent_is_not_asked_about(self, ledger):
        ledger.begin(record(owner="me"))
        assert ledger.recover("me") == []

    def test_a_lock_file_that_was_left_is_not_life(self, ledger, path):
        folder = path.with_name("ledger.sqlite.owners")
        folder.mkdir()
        (folder / "o").touch()
        ledger.begin(record())
        assert not ledger.owners.is_alive("o")
        ledger.recover()
        assert list(folder.iterdir()) == []

    def test_a_lock_that_cannot_be_asked_for_stops_everything(self, ledger, path):
        folder = path.with_name("ledger.sqlite.owners")
        folder.mkdir()
        (folder / "o").mkdir()
        os.rmdir(folder / "o")
        (folder / "o").symlink_to("o")
        with pytest.raises(SpeccError, match="cannot lock"):
            ledger.owners.is_alive("o")
        folder.joinpath("o").unlink()
        folder.rmdir()
        folder.touch()
        with pytest.raises(SpeccError, match="it is not a folder"), ledger.owners.claim():
            pass


class TestQuota:
    def test_calls_are_counted_and_age(self, ledger, clock):
        assert [ledger.accounts.take_call("t", 2) for _ in range(3)] == [0, 0, 3600]
        clock.now += 3599
        assert ledger.accounts.take_call("t", 2) == 1
        clock.now += 1
        assert ledger.accounts.take_call("t", 2) == 0

    def test_each_target_has_its_own(self, ledger):
        assert ledger.accounts.take_call("t", 1) == 0
        assert ledger.accounts.take_call("other", 1) == 0
        assert ledger.accounts.take_call("t", None) == 0

    def test_calls_made_already_count(self, ledger):
        ledger.accounts.note_calls("t", 3)
        assert ledger.accounts.take_call("t", 3) == 3600

    def test_a_clock_that_was_ahead_does_not_block_for_ever(self, ledger, clock):
        clock.now += 86_400
        ledger.accounts.note_calls("t", 5)
        clock.now -= 86_400
        assert ledger.accounts.take_call("t", 5) == 0


class TestFile:
    def test_it_is_the_users_alone_and_said_to_be_new_once(self, path):
        with Ledger.open(path) as ledger:
            assert ledger.is_new
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700
        with Ledger.open(path) as ledger:
            assert not ledger.is_new

    def test_nothing_is_left_beside_it(self, path):
        with Ledger.open(path):
            pass
        assert [one.name for one in path.parent.iterdir() if not one.name.startswith("ledger.sqlite")] == []

    def test_reading_makes_nothing(self, path):
        with Ledger.read(path) as ledger:
            assert ledger.all() == []
        assert not path.parent.exists()

    def test_reading_cannot_write(self, path):
        with Ledger.open(path):
            pass
        with Ledger.read(path) as ledger, pytest.raises(SpeccError, match="readonly"):
            ledger.begin(record())

    def test_a_writer_that_was_killed_is_no_matter_to_a_reader(self, path):
        with Ledger.open(path) as ledger:
            ledger.begin(record())
        killed = f"""
import os, sqlite3
connection = sqlite3.connect({str(path)!r}, isolation_level=None)
connection.execute("PRAGMA cache_size = 1")
connection.execute("BEGIN IMMEDIATE")
connection.execute("CREATE TABLE big (x)")
connection.executemany("INSERT INTO big VALUES (?)", [("x" * 4000,)] * 200)
connection.execute("UPDATE attempts SET sent_name = 'lost'")
os._exit(0)
"""
        subprocess.run([sys.executable, "-c", killed], check=True)
        with Ledger.read(path) as ledger:
            (one,) = ledger.all()
        assert one.sent_name != "lost"

    @pytest.mark.parametrize("content", [b"", b"not a database at all, but long enough to be looked at" * 20])
    def test_a_damaged_one_is_refused_and_left_as_it_is(self, path, content):
        path.parent.mkdir()
        path.write_bytes(content)
        for way in (Ledger.open, Ledger.read):
            with pytest.raises(SpeccError) as raised, way(path):
                pass
            assert str(path) in raised.value.message
        assert path.read_bytes() == content

    def test_another_programs_database_is_refused(self, path):
        path.parent.mkdir()
        other = sqlite3.connect(path)
        other.execute("CREATE TABLE t (x)")
        other.close()
        with pytest.raises(SpeccError, match="is not a ledger"), Ledger.open(path):
            pass

    def test_a_newer_one_is_refused(self, path):
        with Ledger.open(path) as ledger:
            ledger._connection.execute("PRAGMA user_version = 99")
        with pytest.raises(SpeccError, match="newer specc"), Ledger.open(path):
            pass

    def test_it_is_written_as_surely_as_can_be(self, ledger):
        names = ("cell_size_check", "synchronous", "journal_mode")
        assert [ledger._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names] == [1, 3, "persist"]

    def test_a_folder_in_its_place_is_refused(self, path):
        path.mkdir(parents=True)
        with pytest.raises(SpeccError, match="is not a regular file"), Ledger.open(path):
            pass

    def test_a_locked_one_is_waited_for_and_then_given_up(self, path, monkeypatch):
        monkeypatch.setattr("specc.submission.database.BUSY_SECONDS", 0.05)
        with Ledger.open(path) as ledger:
            other = sqlite3.connect(path, isolation_level=None)
            other.execute("BEGIN EXCLUSIVE")
            with pytest.raises(Locked, match="locked") as caught:
                ledger.begin(record())
            assert "another process writes it" in caught.value.help
            other.execute("ROLLBACK")
            other.close()
            ledger.begin(record())

    def test_two_who_make_it_at_once_share_it(self, path, monkeypatch):
        def late(path):
            return False

        with Ledger.open(path) as first:
            first.begin(record())
        monkeypatch.setattr("os.path.lexists", late)
        with Ledger.open(path) as second:
            assert not second.is_new
            assert len(second.all()) == 1


def older(path, version, one):
    """Write a ledger as an older specc made it, with one attempt."""
    path.parent.mkdir()
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        for statement in (statement for step in STEPS[:version] for statement in step):
            connection.execute(statement)
        there = [row[1] for row in connection.execute("PRAGMA table_info(attempts)")]
        row = {name: value for name, value in zip(COLUMNS.split(", "), row_of(one), strict=True) if name in there}
        marks = ", ".join("?" * len(row))
        connection.execute(f"INSERT INTO attempts ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))
        connection.execute(f"PRAGMA user_version = {version}")


def version_of(path):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute("PRAGMA user_version").fetchone()[0]


class TestOlder:
    @pytest.mark.parametrize("opened", [Ledger.open, Ledger.read])
    @pytest.mark.parametrize("version", range(1, len(STEPS)))
    def test_one_is_upgraded_with_all_that_it_holds(self, path, version, opened):
        older(path, version, record())
        with opened(path) as ledger:
            assert ledger.all() == [record()]
        assert version_of(path) == len(STEPS)
        with Ledger.open(path) as ledger:
            ledger.settle("a1", State.ACCEPTED, uuid="u")
            assert (ledger.jobs("t", ["u"])[0].attempt, ledger.projects.known()) == ("a1", [])
            assert ledger.integrity_errors() == []

    def test_a_damaged_one_stays_as_it_is(self, path, monkeypatch):
        older(path, 1, record())
        before = path.read_bytes()
        with monkeypatch.context() as patch:
            patch.setattr("specc.submission.database.integrity_errors", lambda connection: ["row 1 is missing"])
            with pytest.raises(SpeccError, match="is damaged: row 1 is missing"), Ledger.open(path):
                pass
        assert (version_of(path), path.read_bytes()) == (1, before)
        with Ledger.open(path) as ledger:
            assert ledger.all() == [record()]

    def test_an_attempt_that_specc_never_wrote_is_not_sealed(self, path):
        older(path, 1, record(axes="[]"))
        with pytest.raises(SpeccError, match="its axes are not a JSON object"), Ledger.open(path):
            pass
        assert version_of(path) == 1


@each(
    "error, is_locked, message, help",
    [
        (sqlite3.OperationalError("busy"), False, "cannot be used: busy", "Bring the file back"),
        (OSError(28, "No space"), False, "cannot be used", "free the disk"),
        (Damaged("row 1 is odd"), False, "is damaged: row 1 is odd", "Bring the file back"),
        (UnicodeEncodeError("utf-8", "a\udc80", 1, 2, "x"), False, "it is not UTF-8", "another name"),
    ],
)
def test_what_the_file_does_is_said_with_a_way_out(error, is_locked, message, help):
    with pytest.raises(SpeccError) as caught, database_errors(Path(__file__)):
        raise error
    assert message in caught.value.message
    assert help in caught.value.help
    assert isinstance(caught.value, Locked) is is_locked


def test_a_ledger_that_vanished_is_said_to_be_gone(tmp_path):
    with pytest.raises(SpeccError, match="is gone: it was there"), database_errors(tmp_path / "nothing"):
        raise sqlite3.OperationalError("disk I/O error")


class TestKeys:
    def test_the_same_payload_sent_by_another_meanwhile(self, ledger):
        """Between deciding and sending, another process sent it under another key."""
        other = KEY._replace(spec="b.job.yaml")
        ledger.begin(record())
        with pytest.raises(SentElsewhere, match=r"a\.job\.yaml@abc"):
            ledger.begin(record("a2", key=other, owner="p"))
        ledger.begin(record("a3", key=other, owner="p"), seen=frozenset({"a1"}))

    def test_moving_takes_all_attempts_along(self, ledger):
        new = KEY._replace(spec="b.job.yaml")
        ledger.begin(record())
        ledger.settle("a1", State.REJECTED, code="1", message="no")
        ledger.begin(record("a2", 2))
        with pytest.raises(SpeccError, match="is being sent"):
            ledger.move([(KEY, new)])
        ledger.settle("a2", State.UNKNOWN, message="lost")
        assert ledger.move([(KEY, new)]) == 2
        assert [one.key for one in ledger.all()] == [new, new]

    def test_moving_is_all_or_nothing(self, ledger):
        taken = KEY._replace(spec="b.job.yaml")
        ledger.begin(record())
        ledger.begin(record("a2", key=taken, digest="other"))
        for attempt in ("a1", "a2"):
            ledger.settle(attempt, State.UNKNOWN, message="lost")
        free = KEY._replace(spec="c.job.yaml")
        with pytest.raises(SpeccError, match=r"attempts of b\.job\.yaml@abc already"):
            ledger.move([(KEY, free), (free, taken)])
        assert {one.key for one in ledger.all()} == {KEY, taken}

    @each(
        "one, other, repeats",
        [("abc.1", "abc.2", True), ("abc.1", "abc.1", False), ("abc", "abc.1", False), ("abc.1", "abd.2", False)],
    )
    def test_repetitions(self, one, other, repeats):
        assert KEY._replace(cell=one).repeats(KEY._replace(cell=other)) is repeats

    def test_a_key_reads_as_a_command_takes_it(self):
        key = KEY._replace(params='{"case":"a b","n":"4"}')
        assert str(key) == "a.job.yaml@abc -p 'case=a b' -p n=4"

    def test_a_plan_is_used_once(self, ledger):
        assert not ledger.has_used("p")
        assert [ledger.use_plan("p"), ledger.use_plan("p")] == [True, False]
        assert ledger.has_used("p")


class TestVerify:
    def test_an_ordinary_ledger_is_in_order(self, tmp_path):
        desk = submitting.Desk(tmp_path / "l.sqlite", submitting.FakeTarget(["accept", submitting.REJECTED, "silent"]))
        desk.submit(submitting.sweep(3))
        desk.submit(submitting.sweep(3))
        with desk.ledger() as ledger:
            assert list(verify_ledger(ledger, desk.clock())) == []

    @pytest.mark.parametrize(
        ("damage", "said"),
        [
            ("body = '{}'", "the body does not have its digest"),
            ("settled_at = NULL", "has no time"),
            ("message = NULL, state = 'unknown', uuid = NULL", "`unknown` without a message"),
            ("job_state = 'running', state = 'dismissed', uuid = NULL", "a job's state and no job"),
            ("created_at = created_at + 1e6", "it is from the future"),
            ("sent_name = 'other'", "sent as `other`"),
            ("number = 2", "are numbered 2: some are missing"),
            ("state = 'intent', uuid = NULL, settled_at = NULL", "the process that was sending it died"),
        ],
    )
    def test_what_is_wrong_is_said(self, tmp_path, damage, said):
        desk = submitting.Desk(tmp_path / "l.sqlite")
        desk.submit(submitting.sweep(1))
        with desk.ledger() as ledger:
            ledger._connection.execute(f"UPDATE attempts SET {damage}")
            found = list(verify_ledger(ledger, desk.clock()))
        assert len(found) == 1, found
        assert said in found[0]

    def test_a_body_must_be_canonical(self, tmp_path):
        desk = submitting.Desk(tmp_path / "l.sqlite")
        desk.submit(submitting.sweep(1))
        with desk.ledger() as ledger:
            body = '{"name": "a-0"}'
            digest = "1f7c8a7b0a5e5d7c0b6df5d1ab1ad2fb1a2cbb3e4ed7e7b1d6cfa9cf4b5f4b11"
            ledger._connection.execute("UPDATE attempts SET body = ?, digest = ?", (body, digest))
            (found,) = verify_ledger(ledger, desk.clock())
            assert "digest" in found
            from_body = sha256(body.encode()).hexdigest()
            ledger._connection.execute("UPDATE attempts SET digest = ?", (from_body,))
            (found,) = verify_ledger(ledger, desk.clock())
        assert found.endswith("the body is not canonical")

    def test_damage_of_the_file_comes_first(self, tmp_path):
        desk = submitting.Desk(tmp_path / "l.sqlite")
        desk.submit(submitting.sweep(20))
        data = bytearray(desk.path.read_bytes())
        data[4096 * 2 : 4096 * 2 + 200] = b"\xff" * 200
        desk.path.write_bytes(data)
        with desk.ledger() as ledger:
            found = list(verify_ledger(ledger, desk.clock()))
        assert found
        assert all(line.startswith("the file is damaged") for line in found)


class TestLocation:
    def place(self, tmp_path, environment=None, **how):
        how = {"setting": None, "is_named": True} | how
        return ledger_path("cfd", tmp_path, {"XDG_STATE_HOME": "/s", **(environment or {})}, **how)

    def test_clones_of_a_named_project_share_it(self, tmp_path):
        assert self.place(tmp_path / "a") == self.place(tmp_path / "b")
        assert str(self.place(tmp_path)).startswith("/s/specc/cfd-")

    def test_folders_without_a_name_do_not(self, tmp_path):
        assert self.place(tmp_path / "a", is_named=False) != self.place(tmp_path / "b", is_named=False)
        assert self.place(tmp_path / "cfd", is_named=False) != self.place(tmp_path / "cfd")

    def test_a_setting_moves_it(self, tmp_path):
        assert self.place(tmp_path, setting="state/l.sqlite") == tmp_path / "state" / "l.sqlite"
        assert self.place(tmp_path, setting="/x/l") == type(tmp_path)("/x/l")

    @pytest.mark.parametrize("value", ["true", "1"])
    def test_on_a_runner_it_must_be_set(self, tmp_path, value):
        with pytest.raises(SpeccError, match="`CI` is set") as raised:
            self.place(tmp_path, {"CI": value})
        assert "`[ledger]`" in raised.value.help
        assert self.place(tmp_path, {"CI": value}, setting="l") == tmp_path / "l"

    def test_ci_can_be_said_not_to_be(self, tmp_path):
        assert self.place(tmp_path, {"CI": "false"}) == self.place(tmp_path)

    def test_a_relative_state_home_is_ignored(self, tmp_path):
        found = ledger_path("c/f d", tmp_path, {"XDG_STATE_HOME": "s"}, setting=None, is_named=True)
        assert ".local/state/specc/c-f-d-" in str(found)
