"""What to ask for instead of a limit: from jobs that finished, with room, in round amounts."""

import json

import pytest
from support.tables import each

from specc.app.advice import CORES, MEMORY, TIME, Advice, Ended, advice_of, in_words, limit_text, round_up
from specc.submission import Ledger, LogicalKey, Record, State
from specc.submission.records import COLUMNS, PLACEHOLDERS, row_of
from specc.targets import EndReason, Life, Usage
from specc.targets.lives import life_text

GIB, MIB = 1 << 30, 1 << 20


def ended(
    peak: float | None = None,
    asked: float | None = None,
    seconds: float = 100.0,
    limit: float | None = None,
    cpu: float | None = None,
    cores: int | None = None,
    reason: EndReason | None = None,
) -> Ended:
    memory = None if peak is None else int(peak)
    usage = Usage(memory, cpu, cores, None if asked is None else int(asked), limit)
    return Ended(Life(seconds=seconds, usage=usage), reason)


def of(field: str, *jobs: Ended) -> Advice | None:
    return next((found for found in advice_of(jobs) if found.field == field), None)


@each(
    "field, amount, rounded, text",
    [
        (MEMORY, 1, 64 * MIB, "64MiB"),
        (MEMORY, 3.1 * GIB * 1.2, 4 * GIB, "4GiB"),
        (MEMORY, 700 * GIB, 768 * GIB, "768GiB"),
        (MEMORY, 1.5 * (1 << 40), 2 << 40, "2TiB"),
        (TIME, 3, 60, "1min"),
        (TIME, 22 * 60, 30 * 60, "30min"),
        (TIME, 3601, 7200, "2h"),
        (TIME, 18.5 * 3600, 86400, "1d"),
        (CORES, 0.2, 1, "1"),
        (CORES, 3.2, 4, "4"),
    ],
)
def test_round_amounts(field, amount, rounded, text):
    assert round_up(field, amount) == rounded
    assert limit_text(field, rounded) == text


class TestMemory:
    def test_of_jobs_that_used_a_part(self):
        found = of(MEMORY, *(ended(gib * GIB, 64 * GIB) for gib in (1, 3.1, 2)))
        assert found == Advice(MEMORY, 64 * GIB, int(3.1 * GIB), 4 * GIB, 3)
        assert in_words([found]) == "ask for mem_limit: 4GiB (from 3 finished jobs)"

    def test_what_fits_well_is_left_alone(self):
        found = of(MEMORY, ended(3.1 * GIB, 4 * GIB))
        assert found is not None
        assert (found.instead, in_words([found])) == (None, "")

    def test_what_nearly_did_not_suffice(self):
        found = of(MEMORY, ended(3.95 * GIB, 4 * GIB))
        assert found is not None
        assert found.instead == 6 * GIB

    def test_a_job_that_ran_out_never_counts_as_one_that_fits(self):
        jobs = [ended(1 * GIB, 8 * GIB), ended(8 * GIB, 8 * GIB, reason=EndReason.MEMORY)]
        found = of(MEMORY, *jobs)
        assert found == Advice(MEMORY, 8 * GIB, 1 * GIB, 12 * GIB, 1, 1, 8 * GIB)
        assert in_words([found]).endswith("; 1 job ran out of memory at 8GiB")

    def test_where_all_ran_out_nobody_knows(self):
        found = of(MEMORY, ended(8 * GIB, 8 * GIB, reason=EndReason.MEMORY))
        assert found == Advice(MEMORY, None, None, None, 0, 1, 8 * GIB)
        assert in_words([found]) == "1 job ran out of memory at 8GiB"

    def test_of_a_retry_that_got_more(self):
        jobs = [ended(8 * GIB, 8 * GIB, reason=EndReason.MEMORY), ended(9 * GIB, 16 * GIB)]
        found = of(MEMORY, *jobs)
        assert found is not None
        assert found.instead == 12 * GIB

    @pytest.mark.parametrize("reason", [EndReason.EXIT, EndReason.CANCELLED, EndReason.NODE, EndReason.LOST])
    def test_jobs_that_ended_early_show_nothing(self, reason):
        assert of(MEMORY, ended(1 * MIB, 8 * GIB, reason=reason)) is None

    def test_jobs_that_asked_for_different_amounts(self):
        found = of(MEMORY, ended(1 * GIB, 8 * GIB), ended(1 * GIB, 16 * GIB))
        assert found is not None
        assert (found.asked, found.instead) == (None, None)

    def test_where_nothing_was_asked_for(self):
        found = of(MEMORY, ended(1 * GIB, None))
        assert found is not None
        assert found.limit == "mem_limit: 2GiB"

    def test_a_peak_that_is_not_known_of_all(self):
        found = of(MEMORY, ended(1 * GIB, 64 * GIB), ended(None, 64 * GIB))
        assert found is not None
        assert (found.used, found.instead, in_words([found])) == (1 * GIB, None, "")

    def test_what_the_target_does_not_measure(self):
        assert of(MEMORY, ended(None, 8 * GIB)) is None


class TestTimeAndCores:
    def test_time(self):
        found = of(TIME, ended(seconds=20 * 60, limit=86400.0), ended(seconds=5, limit=86400.0))
        assert found == Advice(TIME, 86400.0, 20 * 60, 30 * 60, 2)

    @pytest.mark.parametrize(("longest", "instead"), [(0.0543, None), (9.9, None), (10.0, 60)])
    def test_jobs_that_ended_at_once_show_nothing_of_time(self, longest, instead):
        found = of(TIME, ended(seconds=longest, limit=86400.0), ended(seconds=0.01, limit=86400.0))
        assert found is not None
        assert found.instead == instead

    def test_time_that_ran_out(self):
        found = of(TIME, ended(seconds=10, limit=3600.0), ended(seconds=3600, limit=3600.0, reason=EndReason.TIME))
        assert found is not None
        assert found.instead == 2 * 3600

    def test_cores(self):
        found = of(CORES, ended(cpu=110, cores=8), ended(cpu=190, cores=8))
        assert found == Advice(CORES, 8, 1.9, 3, 2)

    def test_cores_that_are_busy(self):
        found = of(CORES, ended(cpu=395, cores=4))
        assert found is not None
        assert found.instead is None

    def test_short_jobs_show_nothing_of_cores(self):
        assert of(CORES, ended(cpu=0.01, cores=8, seconds=1)) is None


def test_the_plan_says_it_of_the_last_jobs_of_the_same_spec(place, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("QY_ACCESS_KEY_ID", "K" * 20)
    monkeypatch.setenv("QY_SECRET_ACCESS_KEY", "S" * 20)
    settings = (place.root / "specc.toml").read_text() + f'[ledger]\npath = "{tmp_path}/l.sqlite"\n'
    place.put("specc.toml", settings.encode())
    place.put("jobs/a.job.yaml", b"specc: 1\njob: {name: a, core_limit: 1, mem_limit: 64GiB, cmd_line: ./run}\n")
    assert place.run("plan", "jobs/a.job.yaml", "--output", "json") == 0, place.err
    identity = json.loads(place.out)["target"]["identity"]
    with Ledger.open(tmp_path / "l.sqlite", is_asked=True) as ledger, ledger._writing() as connection:
        for number in range(20):
            connection.execute(*_row(identity, number, 3.1 * GIB if number != 3 else 50 * GIB))
    assert place.run("plan", "jobs/a.job.yaml") == 0, place.err
    said = "`mem_limit` asks for 64GiB, and the last 12 jobs that finished used at most 3.1GiB: 4GiB would do"
    assert f"jobs/a.job.yaml: {said}\n" in place.err


def _row(identity: str, number: int, peak: float) -> tuple[str, tuple[object, ...]]:
    life = life_text(Life(seconds=100.0, usage=Usage(peak_memory=int(peak))))
    key = LogicalKey(identity, "jobs/a.job.yaml", f"{number:08x}", "{}")
    record = Record(
        f"{number:032x}", key, "hpc", "ehpc/v1", f"{number:064x}", '{"mem_limit": 65536}', "a", "0", "{}",
        '{"mem_limit": "MiB"}', State.ACCEPTED, "o" * 16, 1, 1.7e9, 0.0, 1.7e9, f"hpcjob-{number:08x}", None, None,
        "finished", "", 0, 1.7e9, None, life,
    )  # fmt: skip
    return f"INSERT INTO attempts ({COLUMNS}) VALUES ({PLACEHOLDERS})", row_of(record)
