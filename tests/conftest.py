"""Options and profiles of the whole suite."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from projects import BASE, SETTINGS, SWEEP, Place

# A shell has its background jobs ignore ^C, and so would every command that a test interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile(
    "quick", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
settings.register_profile("thorough", max_examples=2000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-cases", action="store_true", help="rewrite the expectations of tests/cases")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Place:
    """A project with settings, a base and a sweep; the current folder is its root."""
    monkeypatch.chdir(tmp_path)
    place = Place(tmp_path, capsys)
    place.put("specc.toml", SETTINGS.encode())
    place.write(base=BASE, sweep=SWEEP)
    return place
