"""Whole sweeps through specc's own command line, before a simulated Slurm on a bad day: each cell runs once."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.simulation import ROUGH, STORM, Load, Simulation, Site
from specc.submission import Ledger
from specc.targets import JobReport

SITE = Site(slots=200, starts_per_second=200, max_job_count=5000, faults=STORM, load=replace(ROUGH, most=900.0))
CALM = Site(slots=50, load=Load(least=60, most=120))


def send(simulation: Simulation, *words: str) -> None:
    """Submit as a user does who types the same again until all is sent."""
    for _ in range(30):
        if simulation("submit", "-y", *words).code == 0:
            return
    raise AssertionError(simulation.steps[-1].err)


def through(simulation: Simulation, *words: str) -> None:
    """Send a sweep, wait for it, and then until nothing of it is left at the site, such as a copy of a job."""
    send(simulation, *words)
    for _ in range(10):
        done = simulation("wait")
        if done.code in (0, 5):
            break
    assert done.code in (0, 5), done.err
    simulation.programs.finish()


def check(simulation: Simulation) -> None:
    """Check that each cell ran once, and that `status` says how each job ended by what the site says."""
    figures = simulation.figures()
    assert (figures.twice, figures.lost) == (0, 0), figures
    told = simulation("status")
    assert told.code == 0, told.err
    words = Counter(line.partition("\t")[0] for line in told.out.splitlines())
    well = figures.ends["COMPLETED"]
    assert words == {"finished": well} | ({"failed": figures.cells - well} if well < figures.cells else {})


@pytest.mark.parametrize("seed", [1, 2])
def test_each_cell_runs_once(tmp_path: Path, seed: int) -> None:
    simulation = Simulation(tmp_path, 40, SITE, seed)
    through(simulation)
    check(simulation)
    assert simulation.figures().faults


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_each_of_many_cells_runs_once(tmp_path: Path, seed: int) -> None:
    simulation = Simulation(tmp_path, 700, SITE, seed)
    through(simulation)
    check(simulation)
    assert simulation.figures().copies, "no copy of a job arrived late"


def test_a_full_controller_gets_the_rest_as_jobs_end(tmp_path: Path) -> None:
    simulation = Simulation(tmp_path, 60, replace(CALM, max_job_count=25, slots=10, min_job_age=30))
    assert simulation("submit", "-y", "--wait").code == 0
    check(simulation)
    assert simulation.figures().refusals["full"]


def test_a_limit_on_submitted_jobs_is_kept_to(tmp_path: Path) -> None:
    simulation = Simulation(tmp_path, 60, replace(CALM, max_submit_jobs=25, slots=10))
    assert simulation("submit", "-y", "--wait").code == 0
    check(simulation)


def test_a_limit_of_calls_takes_time_and_loses_nothing(tmp_path: Path) -> None:
    simulation = Simulation(tmp_path, 40, replace(CALM, rate=2.0, burst=10))
    through(simulation)
    check(simulation)
    assert simulation.steps[0].simulated >= 10


def test_no_more_jobs_are_active_than_the_user_allows(tmp_path: Path) -> None:
    simulation = Simulation(tmp_path, 40, CALM)
    assert simulation("submit", "-y", "--wait", "--max-active", "8").code == 0
    check(simulation)
    assert simulation.programs.controller.book.most_open <= 8


def test_results_are_those_of_the_jobs(tmp_path: Path) -> None:
    simulation = Simulation(tmp_path, 12, CALM)
    through(simulation)
    rows = simulation("results", "--csv").out.splitlines()
    assert len(rows) == 13
    assert all(row.rpartition(",")[2].startswith("0.") for row in rows[1:])


def test_the_same_seed_gives_the_same_day(tmp_path: Path) -> None:
    days = []
    for name in ("one", "two"):
        simulation = Simulation(tmp_path / name, 20, SITE, seed=3)
        simulation("submit", "-y", "--max-in-flight", "1")
        days.append((simulation.steps[0].calls, simulation.steps[0].simulated, simulation.figures().faults))
    assert days[0] == days[1]


class TestWork:
    """What watching a sweep costs specc, in calls of the controller and rows of the ledger."""

    def test_a_look_writes_only_what_has_changed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        simulation = Simulation(tmp_path, 30, replace(CALM, slots=3))
        simulation("submit", "-y")
        written: list[int] = []
        saw = Ledger.saw

        def counted(ledger: Ledger, target: str, reports: Sequence[JobReport]) -> None:
            written.append(len(reports))
            saw(ledger, target, reports)

        monkeypatch.setattr(Ledger, "saw", counted)
        assert simulation("wait").code == 0
        assert simulation.steps[-1].calls["squeue"] > 30
        assert sum(written) <= 3 * 30  # each job is seen to wait, to run, and to have ended
