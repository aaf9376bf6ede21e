"""When a job ran and what it used: what the ledger keeps, and what the local target reports of what its runners say."""

import json
import sqlite3
from pathlib import Path

import pytest
from support.local_jobs import Place
from support.submitting import FakeClock, record

from specc.errors import SpeccError
from specc.submission import Ledger, State, life_of
from specc.submission.records import Damaged, damage_in, row_of
from specc.targets import JobReport, JobState, Life, Usage
from specc.targets.lives import elapsed, life_from, life_text
from specc.targets.local import wakeup
from specc.targets.local.jobs import Ended, Measured
from specc.targets.local.processes import this_process

WHOLE = Life(10.0, 20.0, 35.5, 15.25, "node7", Usage(3 << 30, 60.5, 4, 64 << 30, 3600))


@pytest.fixture
def ledger(tmp_path: Path):
    with Ledger.open(tmp_path / "ledger.sqlite", FakeClock()) as ledger:
        ledger.begin(record("a1"))
        ledger.settle("a1", State.ACCEPTED, uuid="u")
        yield ledger


def report(state: JobState, life: Life = Life()) -> JobReport:  # noqa: B008
    return JobReport("u", state, state.value, life=life)


class TestLedger:
    def test_what_the_target_says_is_kept(self, ledger: Ledger) -> None:
        ledger.saw("t", [report(JobState.FINISHED, WHOLE)])
        (one,) = ledger.all()
        assert life_from(one.life) == life_of(one, {}) == WHOLE
        assert ledger.integrity_errors() == []

    def test_it_stays_when_the_target_has_forgotten_it(self, ledger: Ledger) -> None:
        ledger.saw("t", [report(JobState.RUNNING, Life(10.0, 20.0, node="node7"))])
        ledger.saw("t", [report(JobState.FINISHED, Life(ended_at=35.5, usage=Usage(cpu_seconds=1.0)))])
        ledger.saw("t", [report(JobState.LOST)])
        (one,) = ledger.all()
        assert life_of(one, {}) == Life(10.0, 20.0, 35.5, None, "node7", Usage(cpu_seconds=1.0))
        assert life_of(one, {"u": report(JobState.UNKNOWN)}) == life_of(one, {})

    def test_a_job_that_waits_again_has_not_started(self, ledger: Ledger) -> None:
        ledger.saw("t", [report(JobState.RUNNING, Life(10.0, 20.0, node="node7"))])
        ledger.saw("t", [report(JobState.PENDING, Life(10.0))])
        (one,) = ledger.all()
        assert life_of(one, {}) == Life(10.0)

    def test_what_has_not_changed_is_not_written_again(self, ledger: Ledger) -> None:
        ledger.saw("t", [report(JobState.RUNNING, WHOLE)])
        (before,) = ledger.all()
        ledger._clock.sleep(10)
        ledger.saw("t", [report(JobState.RUNNING, WHOLE)])
        assert ledger.all() == [before]
        ledger.saw("t", [report(JobState.FINISHED, WHOLE)])
        (after,) = ledger.all()
        assert (after.job_state, after.seen_at) == ("finished", before.seen_at + 10)

    def test_nothing_known_is_nothing_written(self, ledger: Ledger) -> None:
        ledger.saw("t", [report(JobState.RUNNING)])
        (one,) = ledger.all()
        assert (one.life, life_of(one, {})) == (None, Life())

    def test_zero_is_known(self) -> None:
        life = Life(usage=Usage(cpu_seconds=0.0))
        assert life_from(life_text(life)) == life
        assert Life().over(life) == life
        assert life.over(WHOLE).usage.cpu_seconds == 0.0

    @pytest.mark.parametrize(
        "text",
        ["", "[]", "1", '{"node": 1}', '{"seconds": "1"}', '{"seconds": true}', '{"what": 1}', '{"seconds": NaN}'],
    )
    def test_a_value_that_specc_never_wrote_is_damage(self, text: str) -> None:
        assert list(damage_in(row_of(record(life=text)))) == ["its life does not hold times and usage as JSON"]

    def test_a_row_that_the_disk_changed_does_not_fit_its_seal(self, ledger: Ledger, tmp_path: Path) -> None:
        ledger.saw("t", [report(JobState.FINISHED, WHOLE)])
        with sqlite3.connect(tmp_path / "ledger.sqlite") as other:
            other.execute("UPDATE attempts SET life = ?, seal = seal", (json.dumps({"seconds": "long"}),))
        with pytest.raises((SpeccError, Damaged), match="its life does not hold"):
            ledger.all()


@pytest.mark.parametrize(
    ("started_at", "ended_at", "seconds"),
    [(1.0, 3.5, 2.5), (1.0, 1.0, 0.0), (None, 1.0, None), (1.0, None, None), (3.0, 1.0, None)],
)
def test_the_seconds_between_two_times(started_at: float | None, ended_at: float | None, seconds: float | None) -> None:
    assert elapsed(started_at, ended_at) == seconds


class TestLocal:
    @pytest.fixture
    def place(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
        """Nothing is ever started."""
        monkeypatch.setattr(wakeup, "ensure", lambda state, options, ring=True: False)
        return Place(tmp_path / "state")

    def ended(self, place: Place, ended: Ended) -> Life:
        uuid, me = place.submit(core_limit=2, mem_limit=64, time_limit=10), this_process()
        assert place.store.claim(uuid, me, 2) is not None
        assert place.store.settle(uuid, me, ended)
        return place.report(uuid).life

    def test_a_job_that_waits_has_only_what_it_asked_for(self, place: Place) -> None:
        life = place.report(place.submit()).life
        assert life.submitted_at is not None
        assert (life.started_at, life.ended_at, life.seconds, life.node) == (None, None, None, "")
        assert life.usage == Usage(cores_asked=1)

    def test_what_the_runner_measured(self, place: Place) -> None:
        life = self.ended(place, Ended(JobState.FINISHED, 0, "", Measured(1.5, 5 << 20, 0.25, 1e9)))
        assert (life.seconds, life.ended_at, life.node != "") == (1.5, 1e9, True)
        assert (life.usage.peak_memory, life.usage.cpu_seconds, life.usage.cores_asked) == (5 << 20, 0.25, 2)

    def test_the_end_of_a_lost_job_is_not_guessed(self, place: Place) -> None:
        life = self.ended(place, Ended(JobState.LOST, None, "gone"))
        assert life.started_at is not None
        assert (life.ended_at, life.seconds, life.usage.peak_memory, life.usage.cpu_seconds) == (None,) * 4

    def test_an_end_of_an_older_specc_measured_nothing(self, place: Place) -> None:
        life = self.ended(place, Ended(JobState.FINISHED, 0))
        assert life.ended_at is not None
        assert (life.seconds, life.usage.peak_memory) == (None, None)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ("x", None),
        ({}, Measured()),
        ({"seconds": "1", "peak_memory": True, "cpu_seconds": 2.5, "new": 1}, Measured(cpu_seconds=2.5)),
    ],
)
def test_measurements_are_read_from_any_data(data: object, found: Measured | None) -> None:
    assert Measured.of(data) == found


@pytest.mark.parametrize(
    "life", [Life(seconds=-1.0), Life(ended_at=1e300), Life(started_at=float("nan")), Life(usage=Usage(1 << 70))]
)
def test_a_value_that_cannot_be_is_not_kept(ledger: Ledger, life: Life) -> None:
    """As when a job writes into its own record: the ledger stays whole."""
    ledger.saw("t", [report(JobState.FINISHED, life)])
    assert [one.life for one in ledger.all()] == [None]
