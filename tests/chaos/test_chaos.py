"""A short storm in `make slow`; `make chaos` is the long one."""

import pytest
from chaos import arrays, sites
from chaos.storm import storm


@pytest.mark.slow
def test_a_short_storm_over_a_site() -> None:
    figures = sites.storm([5], payloads=6)
    assert figures.is_good, figures
    assert figures.faults


@pytest.mark.slow
def test_a_short_storm_over_arrays() -> None:
    figures = arrays.storm([5], cells=24, runs=10)
    assert figures.is_good, figures
    assert figures.arrays
    assert figures.faults


@pytest.mark.slow
def test_a_short_storm() -> None:
    figures = storm([4], payloads=20, runs=14)
    assert figures.is_good, figures
    assert figures.kills
    assert len(figures.faults) > 5


@pytest.mark.slow
def test_a_short_storm_with_retries() -> None:
    figures = storm([5], payloads=20, runs=14)
    assert figures.is_good, figures
    assert figures.retried
