"""A short storm in every test run; `make chaos` is the long one."""

from chaos.storm import storm


def test_a_short_storm() -> None:
    figures = storm([5], payloads=20, runs=14)
    assert figures.is_good, figures
    assert figures.kills
    assert len(figures.faults) > 5
