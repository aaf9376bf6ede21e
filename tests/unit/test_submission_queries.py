"""What can be asked of a ledger, and how what it holds is shown."""

import pytest
from support import submitting
from support.submitting import IDENTITY, KEY, record
from support.tables import each

from specc.errors import SpeccError
from specc.submission import Ledger, State
from specc.submission.follow import ending, last_word, state_of, why_of, word_of
from specc.submission.keys import account_of, split_name
from specc.submission.location import access_of, ledger_path
from specc.submission.records import COLUMNS, damage_in, row_of, seal_of
from specc.targets import JobReport, JobState

CELLS = {name: KEY._replace(cell=name) for name in ("c1", "c2")}
OTHER = KEY._replace(spec="b.job.yaml", cell="c3")
AWAY = KEY._replace(target="elsewhere", cell="c1")


@pytest.fixture
def ledger(tmp_path):
    """Two jobs of one cell, a rejected attempt of the next, a job of another spec, and one on another target."""
    with Ledger.open(tmp_path / "ledger.sqlite", submitting.FakeClock()) as ledger:
        attempts = [
            record("aaaaaaa1", 1, CELLS["c1"]),
            record("aaaaaaa2", 2, CELLS["c1"]),
            record("bbbbbbb1", 1, CELLS["c2"], digest="d2"),
            record("ccccccc1", 1, OTHER, digest="d3"),
            record("ddddddd1", 1, AWAY, digest="d4"),
        ]
        for number, one in enumerate(attempts, 1):
            ledger.begin(one)
            is_rejected = one.attempt.startswith("b")
            uuid = None if is_rejected else f"hpcjob-00000{number}"
            ledger.settle(one.attempt, State.REJECTED if is_rejected else State.ACCEPTED, uuid=uuid)
        yield ledger


def names(records):
    return [one.attempt for one in records]


class TestQuestions:
    @pytest.mark.parametrize("chunk", [1, 2, 5, 6])
    def test_so_many_at_a_time_as_it_likes(self, ledger, monkeypatch, chunk):
        monkeypatch.setattr("specc.submission.queries.CHUNK", chunk)
        everything = ["aaaaaaa1", "aaaaaaa2", "bbbbbbb1", "ccccccc1", "ddddddd1"]
        assert names(ledger.all()) == names(ledger.each_or_damage()) == everything
        assert names(ledger.chosen(["a.job.yaml", "b.job.yaml"], [], whole_history=True)) == everything

    def test_of_everything(self, ledger):
        everything = ["aaaaaaa1", "aaaaaaa2", "bbbbbbb1", "ccccccc1", "ddddddd1"]
        assert names(ledger.all()) == names(ledger.each_or_damage()) == everything
        assert ledger.count() == 5
        assert ledger.specs() == ["a.job.yaml", "b.job.yaml"]
        assert (ledger.has_spec("b.job.yaml"), ledger.has_spec("c.job.yaml")) == (True, False)
        assert sorted(ledger.identities()) == ["elsewhere", "t"]
        assert list(ledger.numbers()) == [(AWAY, 1), (CELLS["c1"], 1), (CELLS["c1"], 2), (CELLS["c2"], 1), (OTHER, 1)]
        assert len(ledger.id) > 8

    @each(
        "text, found",
        [
            ("hpcjob-000001", ["aaaaaaa1"]),
            ("hpcjob-00000", []),
            ("aaaaaaa2", ["aaaaaaa2"]),
            ("aaaaaa", ["aaaaaaa1", "aaaaaaa2"]),
            ("aaaaa", []),
            ("bbbbbbb1", ["bbbbbbb1"]),
            ("zzzzzzzz", []),
            ("", []),
        ],
    )
    def test_by_the_name_of_a_job_or_an_attempt(self, ledger, text, found):
        assert names(ledger.with_id(text)) == found

    def test_by_the_beginning_of_a_long_uuid(self, ledger):
        ledger.begin(record("eeeeeee1", 1, KEY._replace(cell="c9"), digest="d9"))
        ledger.settle("eeeeeee1", State.ACCEPTED, uuid="hpcjob-abcdefgh")
        assert names(ledger.with_id("hpcjob-abcdef")) == ["eeeeeee1"]
        assert names(ledger.with_id("hpcjob-abcde")) == []
        assert names(ledger.with_id("hpcjob-b")) == []

    @each(
        "specs, ids, whole, found",
        [
            ([], [], True, ["aaaaaaa1", "aaaaaaa2", "bbbbbbb1", "ccccccc1", "ddddddd1"]),
            ([], [], False, ["aaaaaaa2", "bbbbbbb1", "ccccccc1", "ddddddd1"]),
            (["a.job.yaml"], [], True, ["aaaaaaa1", "aaaaaaa2", "bbbbbbb1", "ddddddd1"]),
            (["a.job.yaml"], [], False, ["aaaaaaa2", "bbbbbbb1", "ddddddd1"]),
            (["b.job.yaml"], ["aaaaaaa1"], False, ["aaaaaaa1", "ccccccc1"]),
            ([], ["aaaaaaa1"], False, ["aaaaaaa1"]),
            (["c.job.yaml"], [], False, []),
        ],
    )
    def test_of_some_specs_or_jobs(self, ledger, specs, ids, whole, found):
        assert names(ledger.chosen(specs, ids, whole_history=whole)) == found

    def test_the_last_job_of_a_cell_is_shown_beside_a_later_failure(self, ledger):
        ledger.begin(record("aaaaaaa3", 3, CELLS["c1"]))
        ledger.settle("aaaaaaa3", State.REJECTED)
        later = ["aaaaaaa2", "bbbbbbb1", "ddddddd1", "aaaaaaa3"]
        assert names(ledger.chosen(["a.job.yaml"], [], whole_history=False)) == later
        assert names(ledger.chosen([], [], whole_history=False)) == sorted([*later, "ccccccc1"], key=later_than)

    def test_of_jobs(self, ledger):
        uuids = ["hpcjob-000001", "hpcjob-000005", "nothing"]
        assert names(ledger.jobs("t", uuids)) == ["aaaaaaa1"]
        assert ledger.taken("elsewhere", uuids) == {"hpcjob-000005"}
        assert ledger.uuids("t") == {"hpcjob-000001", "hpcjob-000002", "hpcjob-000004"}
        assert ledger.attempt("ccccccc1").uuid == "hpcjob-000004"
        assert ledger.attempt("nothing") is None

    def test_of_the_same_cell_when_the_target_was_another(self, ledger):
        assert names(ledger.of_retargeted("prod", CELLS["c1"])) == ["ddddddd1"]
        assert names(ledger.of_retargeted("prod", AWAY)) == ["aaaaaaa1", "aaaaaaa2"]
        assert names(ledger.of_retargeted("test", CELLS["c1"])) == []
        assert names(ledger.of_retargeted("prod", CELLS["c2"])) == []

    def test_of_a_payload(self, ledger):
        assert names(ledger.with_digest("t", "d3")) == ["ccccccc1"]
        assert names(ledger.with_digest("t", "d2")) == [], "what was rejected is not there"
        assert names(ledger.with_digest("t", "d4")) == []

    def test_of_what_is_open(self, ledger):
        assert ledger.open_attempts() == []
        ledger.begin(record("eeeeeee1", 1, KEY._replace(cell="c9"), digest="d9"))
        assert names(ledger.open_attempts()) == ["eeeeeee1"]
        assert ledger.unknown("t") == []
        ledger.settle("eeeeeee1", State.UNKNOWN)
        assert (names(ledger.unknown("t")), ledger.unknown("elsewhere")) == (["eeeeeee1"], [])

    def test_what_a_target_says_of_a_job_is_noted_for_its_own_jobs(self, ledger):
        ledger.saw("t", [JobReport("hpcjob-000001", JobState.EXITED, "EXIT", "too long", 3), report("hpcjob-000005")])
        seen = ledger.attempt("aaaaaaa1")
        assert (seen.job_state, seen.job_reason, seen.exit_code) == ("exited", "too long", 3)
        assert ledger.attempt("ddddddd1").job_state is None


def later_than(attempt):
    return attempt == "aaaaaaa3", attempt


def report(uuid="u", state=JobState.RUNNING, raw="RUN", **others):
    return JobReport(uuid, state, raw, **others)


HIDDEN = record(
    sent_name="n", slug="s", axes='{"a":1}', body='{"name":"n","zone":"z"}', message="said", hidden='["name"]'
)


class TestShowing:
    def test_hides_what_must_not_be_shown(self):
        assert (HIDDEN.shown_name, HIDDEN.shown_slug, HIDDEN.shown_axes) == ("***", "s", {"a": 1})
        assert HIDDEN.shown_body == {"name": "***", "zone": "z"}
        assert HIDDEN.shown_message == "***"

    def test_hides_the_cell(self):
        one = record(slug="s", axes='{"a":1,"b":2}', hidden='["matrix"]')
        assert (one.shown_slug, one.shown_axes, one.shown_name) == ("***", {"a": "***", "b": "***"}, "n")
        assert one.shown_message is None

    def test_shows_all_else(self):
        one = record(message="said")
        assert (one.shown_name, one.shown_message, one.shown_body) == ("n", "said", {"name": "n"})


NAMES = COLUMNS.split(", ")


def test_a_seal_fits_one_row_alone():
    row = row_of(record(message="so"))
    seals = {seal_of(row)}
    for index, value in enumerate(row):
        seals.add(seal_of([*row[:index], "x" if value is None else None, *row[index + 1 :]]))
    assert len(seals) == len(row) + 1
    others = {seal_of([*row[:n], "other", *row[n + 1 :]]) for n, value in enumerate(row) if value is not None}
    assert len(others | seals) > len(seals) + 10
    assert seal_of(row_of(record())) == seal_of(row_of(record(hidden=None)))


def damaged(**changed):
    row = dict(zip(NAMES, row_of(record()), strict=True)) | changed
    return list(damage_in(list(row.values())))


@each(
    "changed, said",
    [
        ({}, []),
        ({"number": "1"}, ["its number is '1'"]),
        ({"number": None}, ["its number is None"]),
        ({"exit_code": None}, []),
        ({"exit_code": 1.5}, ["its exit_code is 1.5"]),
        ({"created_at": 1}, []),
        ({"created_at": "now"}, ["its created_at is 'now'"]),
        ({"spec": b"a"}, ["its spec is b'a'"]),
        ({"spec": "\udc80"}, ["its spec is not UTF-8"]),
        ({"state": "sent"}, ["its state is 'sent', and there is no such state"]),
        ({"job_state": "gone"}, ["its job_state is 'gone', and there is no such state"]),
        ({"job_state": "finished"}, []),
        ({"params": "[]"}, ["its params are not a JSON object"]),
        ({"axes": "{"}, ["its axes are not a JSON object"]),
        ({"units": "[" * 100_000, "body": "1"}, ["its units are not a JSON object", "its body are not a JSON object"]),
        ({"hidden": '["name"]'}, []),
        ({"hidden": "{}"}, ["its hidden is not a JSON list of names"]),
        ({"hidden": "[1]"}, ["its hidden is not a JSON list of names"]),
        ({"hidden": "["}, ["its hidden is not a JSON list of names"]),
    ],
)
def test_what_no_attempt_can_hold(changed, said):
    assert damaged(**changed) == said


LOST = report(state=JobState.UNKNOWN, raw="")


class TestEndings:
    def test_are_counted(self):
        reports = {
            "f": report("f", JobState.FINISHED), "x": report("x", JobState.EXITED),
            "c": report("c", JobState.CANCELLED), "r": report("r"),
        }  # fmt: skip
        found = ending(["f", "x", "c", "r", "gone"], reports)
        assert (found.finished, found.failed, found.cancelled, found.open) == (1, 1, 1, 2)
        assert str(found) == "1 finished, 1 failed, 1 cancelled, 2 not ended"
        assert str(ending([], {})) == "no jobs"

    @each(
        "reports, state, word",
        [
            ({}, "finished", ("before", 1)),
            ({"u": report()}, "running", ("", None)),
            ({"u": report(state=JobState.EXITED, reason="limit", exit_code=9)}, "exited", ("limit", 9)),
            ({"u": LOST}, "not found", ("", None)),
            ({"u": report(state=JobState.UNKNOWN, raw="ODD")}, "finished", ("", None)),
        ],
    )
    def test_the_target_knows_better_than_what_was_last_seen(self, reports, state, word):
        one = record(uuid="u", job_state="finished", job_reason="before", exit_code=1)
        assert (state_of(one, reports), last_word(one, reports)) == (state, word)

    def test_without_a_job_it_is_the_attempt(self):
        assert state_of(record(), {}) == "intent"
        assert (word_of(LOST), word_of(report())) == ("not found", "running")

    def test_the_reason_is_that_of_the_job_or_of_the_refusal(self, ledger):
        (job,) = ledger.with_id("aaaaaaa2")
        assert why_of(job, {}) == ""
        assert why_of(job, {"hpcjob-000002": report(reason="too long")}) == "too long"
        ledger.begin(record("eeeeeee1", 1, KEY._replace(cell="c9"), digest="d9"))
        ledger.settle("eeeeeee1", State.REJECTED, code="1400", message="not allowed")
        assert why_of(ledger.attempt("eeeeeee1"), {}) == "1400: not allowed"
        assert why_of(record(message="so"), {}) == "so"


@each(
    "text, parts",
    [
        ("a.job.yaml@c1", ("a.job.yaml", "c1")),
        ("a.job.yaml", ("a.job.yaml", None)),
        ("a@b/c.job.yaml", ("a@b/c.job.yaml", None)),
        ("x@y.yaml", ("x@y.yaml", None)),
        ("x@y.yml", ("x@y.yml", None)),
        ("x@y.yaml@c1.2", ("x@y.yaml", "c1.2")),
        ("@c1", ("", "c1")),
    ],
)
def test_a_name_is_a_spec_and_perhaps_a_cell(text, parts):
    assert split_name(text) == parts


def test_all_places_of_an_account_share_it():
    assert account_of("ehpc:key@zone/cluster") == "ehpc:key"
    assert account_of(IDENTITY) == IDENTITY


class TestWhereItIs:
    def test_a_setting_may_begin_with_the_home(self, tmp_path, monkeypatch):
        monkeypatch.setenv("HOME", "/home/ann")
        path = ledger_path("p", tmp_path, {}, setting="~/ledgers/p.sqlite", is_named=True)
        assert str(path) == "/home/ann/ledgers/p.sqlite"
        with pytest.raises(SpeccError, match="nothing says where that home is"):
            ledger_path("p", tmp_path, {}, setting="~nobody-of-that-name/x", is_named=True)

    def test_a_shared_one_needs_a_path(self):
        assert (access_of(None, is_shared=False).own, access_of(None, is_shared=False).may_make) == (2, True)
        shared = access_of("/group/l", is_shared=True)
        assert (shared.own, shared.is_shared, shared.may_make) == (0, True, False)
        with pytest.raises(SpeccError, match="needs a path"):
            access_of(None, is_shared=True)
