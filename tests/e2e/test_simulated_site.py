"""Whole sweeps through specc's own command line, before a simulated Slurm on a bad day: each cell runs once."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.simulation import ROUGH, STORM, Faults, Load, Simulation, Site
from specc.submission import Ledger
from specc.targets import JobReport

SITE = Site(slots=200, starts_per_second=200, max_job_count=5000, faults=STORM, load=replace(ROUGH, most=900.0))
CALM = Site(slots=50, load=Load(least=60, most=120))
ARRAYS, ALONE = "", "arrays = false\n"


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
    """Check that each cell ran once, and that `status` tells the ends as the site has them."""
    figures = simulation.figures()
    assert (figures.twice, figures.lost) == (0, 0), figures
    told = simulation("status")
    assert told.code == 0, told.err
    words = Counter(line.partition("\t")[0] for line in told.out.splitlines())
    well = figures.ends["COMPLETED"]
    assert words == Counter(finished=well, failed=figures.cells - well), figures


@pytest.fixture(params=[pytest.param(ARRAYS, id="arrays"), pytest.param(ALONE, id="alone", marks=pytest.mark.slow)])
def settings(request: pytest.FixtureRequest) -> str:
    """Lines for the target, by which cells are sent as arrays, or each alone."""
    return str(request.param)


@pytest.mark.parametrize("seed", [1, 2])
def test_each_cell_runs_once(tmp_path: Path, seed: int, settings: str) -> None:
    simulation = Simulation(tmp_path, 40, SITE, seed, settings=settings)
    through(simulation)
    check(simulation)
    assert simulation.figures().faults


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "cells"), [(1, 300), (2, 300), (3, 2000)])
def test_each_of_many_cells_runs_once(tmp_path: Path, seed: int, cells: int, settings: str) -> None:
    simulation = Simulation(tmp_path, cells if settings == ARRAYS else cells // 4, SITE, seed, settings=settings)
    through(simulation)
    check(simulation)


def test_a_copy_of_a_job_that_arrives_late_runs_nothing(tmp_path: Path, settings: str) -> None:
    site, copies = replace(CALM, faults=Faults(late=0.5, late_after=100)), 0
    for seed in range(4):
        simulation = Simulation(tmp_path / str(seed), 5, site, seed, settings=settings)
        through(simulation)
        check(simulation)
        copies += simulation.figures().copies
    assert copies


@pytest.mark.parametrize("requeue", ["requeue", ""])
def test_preempted_jobs_run_again_only_where_they_ask_for_it(tmp_path: Path, requeue: str, settings: str) -> None:
    site = replace(CALM, load=Load(least=60, most=120, preempted=0.3))
    simulation = Simulation(tmp_path, 30, site, settings=settings, resource_limit=requeue)
    through(simulation)
    check(simulation)
    figures = simulation.figures()
    assert bool(figures.restarts) == bool(requeue)
    assert ("PREEMPTED" in figures.ends) != bool(requeue)


def test_a_full_controller_gets_the_rest_as_jobs_end(tmp_path: Path, settings: str) -> None:
    site = replace(CALM, max_job_count=25, slots=10, min_job_age=30)
    simulation = Simulation(tmp_path, 60, site, settings=settings)
    assert simulation("submit", "-y", "--wait").code == 0
    check(simulation)
    assert simulation.figures().refusals["full"]


def test_a_limit_on_submitted_jobs_is_kept_to(tmp_path: Path, settings: str) -> None:
    simulation = Simulation(tmp_path, 60, replace(CALM, max_submit_jobs=25, slots=10), settings=settings)
    assert simulation("submit", "-y", "--wait").code == 0
    check(simulation)
    assert simulation.programs.controller.book.most_open <= 25


@pytest.mark.slow
def test_places_that_come_free_are_filled_several_at_a_time(tmp_path: Path) -> None:
    simulation = Simulation(tmp_path, 160, replace(CALM, max_submit_jobs=80, slots=40))
    assert simulation("submit", "-y", "--wait").code == 0
    check(simulation)
    calls = simulation.steps[0].calls
    assert calls["scontrol"] == 1
    assert calls["sbatch"] < 120  # a call for each place alone would be twice as many


def test_a_limit_on_the_size_of_arrays_is_kept_to(tmp_path: Path) -> None:
    simulation = Simulation(tmp_path, 60, replace(CALM, max_array_size=26))
    through(simulation)
    check(simulation)
    assert simulation.steps[0].calls["sbatch"] == 3


def test_a_limit_of_calls_takes_time_and_loses_nothing(tmp_path: Path) -> None:
    simulation = Simulation(tmp_path, 40, replace(CALM, rate=2.0, burst=10), settings=ALONE)
    through(simulation)
    check(simulation)
    assert simulation.steps[0].simulated >= 10


def test_no_more_jobs_are_active_than_the_user_allows(tmp_path: Path, settings: str) -> None:
    simulation = Simulation(tmp_path, 40, CALM, settings=settings)
    assert simulation("submit", "-y", "--wait", "--max-active", "8").code == 0
    check(simulation)
    book = simulation.programs.controller.book
    assert (book.most_running if settings == ARRAYS else book.most_open) <= 8


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
