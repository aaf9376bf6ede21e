"""After acceptance: choosing attempts, asking about jobs, reading what they wrote."""

import os
import subprocess

import pytest
from support import submitting
from support.tables import each

from specc.errors import SpeccError
from specc.expander import AxisValue
from specc.submission import Ledger, OutputReader, Selector, ending, follow_jobs, latest, look, only_of, states_named
from specc.targets import JobReport, JobState
from specc.targets.opening import Opened


@pytest.fixture
def desk(tmp_path):
    return submitting.Desk(tmp_path / "ledger.sqlite")


class Life(submitting.FakeTarget):
    """Each question moves the jobs one state on; `calls` counts questions."""

    def __init__(self, *lives, quota=None):
        super().__init__(quota=quota)
        self.lives = {f"job-{number}": list(life) for number, life in enumerate(lives, 1)}
        self.asked_for = []
        self.lost_is_said = True

    def status(self, uuids):
        """A job whose state is unknown is not there: that is said, or nothing."""
        self.asked_for.append(list(uuids))
        for uuid in uuids:
            if self.lives[uuid]:
                self.states[uuid] = JobState(self.lives[uuid].pop(0))
        reports = super().status(uuids)
        lost = {uuid for uuid, report in reports.items() if report.state is JobState.UNKNOWN}
        not_found = {uuid: JobReport(uuid, JobState.UNKNOWN, "") for uuid in lost if self.lost_is_said}
        return {uuid: report for uuid, report in reports.items() if uuid not in lost} | not_found

    def opened(self):
        return Opened("life", self, lambda: len(self.asked_for))


class Slow(Life):
    """Each question takes so many seconds of the desk's clock."""

    def __init__(self, *lives, seconds):
        super().__init__(*lives)
        self.seconds = seconds
        self.clock = None

    def status(self, uuids):
        self.clock.sleep(self.seconds)
        return super().status(uuids)


def followed(desk, timeout=None):
    desk.target.clock = desk.clock
    with desk.ledger() as ledger:
        uuids = [record.uuid for record in ledger.all()]
        looks = list(
            follow_jobs(desk.target.opened(), uuids, ledger, submitting.handed(desk.clock), desk.told.append, timeout)
        )
    return uuids, looks


class TestFollowing:
    def test_until_all_have_ended(self, desk):
        desk.target = Life(["running", "finished"], ["pending", "running", "exited"])
        desk.submit(submitting.sweep(2))
        uuids, looks = followed(desk)
        assert [sorted(str(report.state) for report in seen.values()) for seen in looks] == [
            ["pending", "running"],
            ["finished", "running"],
            ["exited", "finished"],
        ]
        assert desk.target.asked_for == [["job-1", "job-2"], ["job-1", "job-2"], ["job-2"]]
        assert str(ending(uuids, looks[-1])) == "1 finished, 1 failed"

    def test_states_are_noted(self, desk):
        desk.target = Life(["finished"])
        desk.submit(submitting.sweep(1))
        followed(desk)
        with desk.ledger() as ledger:
            assert ledger.all()[0].job_state == "finished"

    def test_a_state_that_is_not_known_does_not_hide_the_last_one(self, desk):
        desk.target = Life(["running", "unknown", "finished"])
        desk.submit(submitting.sweep(1))
        with desk.ledger() as ledger:
            for _ in range(2):
                look(desk.target.opened(), ["job-1"], ledger, print)
            assert ledger.all()[0].job_state == "running"

    def test_the_longer_nothing_happens_the_longer_are_the_pauses(self, desk):
        desk.target = Life(["running"])
        desk.submit(submitting.sweep(1))
        uuids, looks = followed(desk, timeout=100)
        assert desk.clock.slept[:4] == [0.25, 0.375, 0.5625, 0.84375]
        assert max(desk.clock.slept) <= 30
        assert sum(desk.clock.slept) == pytest.approx(100)
        assert ending(uuids, looks[-1]).open == 1

    def test_a_look_that_takes_long_is_followed_by_a_long_pause(self, desk):
        desk.target = Slow(["running", "pending"] * 3 + ["finished"], seconds=0.5)
        desk.submit(submitting.sweep(1))
        followed(desk)
        assert desk.clock.slept == [0.5, 10.0] * 6 + [0.5]

    @pytest.mark.slow
    def test_the_longer_jobs_take_the_less_often_they_are_asked_about(self, desk):
        desk.target = Life(["running", "pending"] * 5000 + ["finished"])
        desk.submit(submitting.sweep(1))
        followed(desk, timeout=86_400)
        pauses, passed = desk.clock.slept, 0.0
        for pause in pauses[:-1]:
            assert pause == pytest.approx(min(max(0.25, passed / 100), 30))
            passed += pause
        assert len(pauses) < 3400

    def test_no_pause_is_longer_than_half_a_minute(self, desk):
        desk.target = Slow(["running", "finished"], seconds=100.0)
        desk.submit(submitting.sweep(1))
        followed(desk)
        assert desk.clock.slept == [100.0, 30.0, 100.0]

    def test_a_state_that_could_not_be_noted_is_noted_by_the_next_look(self, desk, monkeypatch):
        desk.target = Life(["running", "running", "running", "running"])
        desk.submit(submitting.sweep(1))
        noted, saw = [], Ledger.saw

        def locked_at_first(ledger, target, reports):
            noted.append([str(report.state) for report in reports])
            if len(noted) < 3:
                raise SpeccError("locked")
            saw(ledger, target, reports)

        monkeypatch.setattr(Ledger, "saw", locked_at_first)
        followed(desk, timeout=1.5)
        assert noted == [["running"]] * 3 + [[]] * 2
        assert len(desk.told) == 2

    def test_waiting_leaves_half_the_quota(self, desk):
        desk.target = Life(["running"], quota=100)
        desk.submit(submitting.sweep(1))
        followed(desk, timeout=1800)
        assert len(desk.target.asked_for) <= 27
        with desk.ledger() as ledger:
            used = 100 - sum(ledger.accounts.take_call(submitting.IDENTITY, 100) == 0 for _ in range(100))
        assert used == len(desk.target.asked_for) + 1

    def test_a_job_that_nothing_is_said_of_is_waited_for(self, desk):
        desk.target = Life(["finished"])
        desk.submit(submitting.sweep(1))
        desk.target.jobs.clear()
        _, looks = followed(desk, timeout=5)
        assert looks[-1] == {}

    @pytest.mark.parametrize("says", ["nothing", "not found"])
    def test_a_job_that_nothing_is_heard_of_is_given_up(self, desk, says):
        desk.target = Life(["running", *(["unknown"] * 99)], ["running"] * 40 + ["finished"])
        desk.submit(submitting.sweep(2))
        desk.target.lost_is_said = says == "not found"
        _, looks = followed(desk)
        assert looks[-1]["job-2"].state is JobState.FINISHED
        assert 600 <= sum(desk.clock.slept[: desk.target.asked_for.index(["job-2"]) - 1]) <= 640

    def test_a_job_that_is_heard_of_again_is_waited_for(self, desk):
        desk.target = Life([*(["unknown"] * 25), "running", *(["unknown"] * 25), "finished"])
        desk.submit(submitting.sweep(1))
        _, looks = followed(desk)
        assert looks[-1]["job-1"].state is JobState.FINISHED
        assert sum(desk.clock.slept) > 600

    def test_a_ledger_that_cannot_be_written_hides_nothing(self, desk, monkeypatch):
        desk.target = Life(["finished"])
        desk.submit(submitting.sweep(1))

        def full(*args):
            raise SpeccError("disk full")

        monkeypatch.setattr(Ledger, "saw", full)
        _, looks = followed(desk)
        assert looks[-1]["job-1"].state == "finished"
        assert desk.told == ["the jobs' states were not noted: disk full"]

    def test_nobody_is_asked_about_nothing(self, desk):
        desk.target = Life()
        with desk.ledger() as ledger:
            assert look(desk.target.opened(), [], ledger, print) == {}
        assert str(ending([], {})) == "no jobs"


class TestSelecting:
    @pytest.fixture
    def records(self, desk):
        desk.target.script = ["accept", submitting.REJECTED, "silent"]
        desk.submit(submitting.sweep(3))
        with desk.ledger() as ledger:
            ledger.saw(submitting.IDENTITY, [JobReport("job-1", JobState.EXITED, "exited")])
            return ledger.all()

    @pytest.mark.parametrize(
        ("how", "expected"),
        [
            ({}, ["a-0", "a-1", "a-2"]),
            ({"specs": ("a.job.yaml",)}, ["a-0", "a-1", "a-2"]),
            ({"specs": ("b.job.yaml",)}, []),
            ({"ids": ("job-1",)}, ["a-0"]),
            ({"ids": ("job",)}, []),
            ({"ids": ("job-1",), "specs": ("b",)}, ["a-0"]),
            ({"only": only_of(["n=1"], ["n"])}, ["a-1"]),
            ({"only": only_of(["n=1.0", "n=0x2"], ["n"])}, ["a-1", "a-2"]),
            ({"only": only_of(["m=1"], ["m"])}, []),
            ({"states": states_named(["failed"])}, ["a-0"]),
            ({"states": states_named(["failed,rejected"])}, ["a-0", "a-1"]),
            ({"states": states_named(["unknown"])}, ["a-2"]),
            ({"states": states_named(["active"])}, []),
            ({"target_name": "fake"}, ["a-0", "a-1", "a-2"]),
            ({"target_name": "other"}, []),
        ],
    )
    def test_what_is_picked(self, records, how, expected):
        selector = Selector(**how)
        assert [record.sent_name for record in records if selector.picks(record)] == expected

    def test_by_cell_and_attempt(self, records):
        assert [one for one in records if Selector(cells=(records[1].key.cell[:5],)).picks(one)] == [records[1]]
        assert [one for one in records if Selector(ids=(records[2].attempt[:8],)).picks(one)] == [records[2]]
        assert [one for one in records if Selector(ids=(records[2].attempt[:5],)).picks(one)] == []

    def test_everything(self):
        assert Selector().is_everything
        assert Selector(target_name="x").is_everything
        assert not Selector(cells=("a",)).is_everything

    def test_states_that_there_are_not(self):
        with pytest.raises(SpeccError) as raised:
            states_named(["faild"])
        assert raised.value.help == "did you mean `failed`?"
        assert states_named(["", "failed"]) >= {"lost"}

    @each(
        "text, values, meant",
        [
            ("a=1e-3", [0.001, "1e-3", 1], [0.001, "1e-3"]),
            ("a=0.10", [0.1, 1], [0.1]),
            ('a="1"', [1, "1"], ["1"]),
            ("a=1", [1, "1", True], [1, "1"]),
            ("a=b=c", ["b=c", "b"], ["b=c"]),
            ("a=[1, 2]", [[1, 2], [2, 1]], [[1, 2]]),
            ("a.k=1", [{"k": 1, "x": 2}, {"k": 2}, {}, 1], [{"k": 1, "x": 2}]),
            ("a.k.m=1", [{"k": {"m": 1}}, {"k": 1}], [{"k": {"m": 1}}]),
        ],
    )
    def test_only_reads_values_as_a_sweep_does(self, text, values, meant):
        [(name, choice)] = only_of([text], ["a"])
        assert (name, choice.axis) == (text.partition("=")[0], "a")
        assert [one for one in values if choice.means(AxisValue(one, choice.value.node))] == meant

    @each(
        "text, said, help",
        [
            ("a", "expected AXIS=VALUE", None),
            ("mash=fine", "nothing that was submitted has an axis `mash`", "did you mean `mesh`?"),
            ("mesh=[1", "the value is not YAML", "put quotes around it"),
        ],
    )
    def test_only_that_means_nothing(self, text, said, help):
        with pytest.raises(SpeccError, match=said) as raised:
            only_of([text], ["mesh"])
        assert raised.value.help == help

    def test_the_latest_is_the_last_attempt_and_the_last_job(self, desk):
        desk.submit(submitting.sweep(2))
        desk.target.script = ["accept", submitting.REJECTED]
        desk.submit(submitting.sweep(2), rerun=True)
        with desk.ledger() as ledger:
            shown = [(record.sent_name, str(record.state), record.number) for record in latest(ledger.all())]
        assert shown == [("a-1", "accepted", 1), ("a-0", "accepted", 2), ("a-1", "rejected", 2)]


class TestOutput:
    def test_reading_on(self, tmp_path):
        path = tmp_path / "out"
        reading = OutputReader(path)
        assert b"".join(reading.more()) == b""
        path.write_bytes(b"one\n")
        assert b"".join(reading.more()) == b"one\n"
        assert b"".join(reading.more()) == b""
        with path.open("ab") as file:
            file.write(b"two")
        assert b"".join(reading.more()) == b"two"
        path.write_bytes(b"new")
        assert b"".join(reading.more()) == b"new"

    def test_a_folder_is_no_output(self, tmp_path):
        with pytest.raises(SpeccError, match="cannot read"):
            list(OutputReader(tmp_path).more())

    def test_what_keeps_no_data_is_empty(self, tmp_path):
        os.mkfifo(tmp_path / "pipe")
        for path in (tmp_path / "pipe", "/dev/zero", tmp_path / "none"):
            assert list(OutputReader(path).more()) == []
            assert OutputReader(path).last(5) == (b"", False)

    def test_only_the_end(self, tmp_path):
        path = tmp_path / "out"
        path.write_bytes(b"1\n2\n3\n")
        assert OutputReader(path).last(6) == (b"1\n2\n3\n", False)
        assert OutputReader(path).last(4) == (b"2\n3\n", True)
        assert OutputReader(path, 1).last(4) == (b"3\n", False)
        assert OutputReader(path, 2).last(3) == (b"\n3\n", True)

    @pytest.mark.parametrize("lines", [0, 1, 2, 3, 5, 100])
    @pytest.mark.parametrize(
        "content", [b"", b"\n", b"one", b"one\n", b"1\n2\n3\n", b"1\n2\n3", b"\n\n\n", b"x" * 70_000 + b"\ny\n" * 9]
    )
    def test_the_end_is_what_tail_says(self, tmp_path, lines, content):
        path = tmp_path / "out"
        path.write_bytes(content)
        expected = subprocess.run(["tail", "-n", str(lines), path], capture_output=True, check=True).stdout
        assert b"".join(OutputReader(path, lines).more()) == expected


def test_a_job_that_vanishes_twice_is_sent_again_twice(desk):
    """A number comes again after a crash, so its second loss looks like the first."""
    target, opened = desk.target, Opened("fake", desk.target, lambda: 0)
    desk.submit(submitting.sweep(1))
    vanished = JobReport("job-1", JobState.LOST, "", "lost it", is_vanished=True)
    target.status = lambda uuids: {"job-1": vanished}
    noted = {}
    with desk.ledger() as ledger:
        (record,) = ledger.all()
        for _ in range(2):
            look(opened, ["job-1"], ledger, desk.told.append, noted)
            assert [str(one.state) for one in ledger.all()] == ["unknown"]
            ledger.settle(record.attempt, submitting.State.ACCEPTED, uuid="job-1")
