"""Options and profiles of the whole suite."""

import os
import signal
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from support.projects import BASE, SETTINGS, SWEEP, Place

# A shell has its background jobs ignore ^C, and so would every command that a test interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile(
    "quick", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
settings.register_profile("thorough", max_examples=2000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


# The servers of tests are on this machine. What is asked of other hosts, tests/hostile/test_hosts.py says.
os.environ["SPECC_TRUSTED_HOSTS"] = "http://127.0.0.1:*,http://localhost:*"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-cases", action="store_true", help="rewrite the expectations of tests/cases")


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give folders for the state and caches of each test, which are made when something is written."""
    return (tmp_path_factory.getbasetemp() / f"home{number}" for number in count())


@pytest.fixture(autouse=True)
def own_folders(homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the folders of the person who runs it, or those of another test."""
    home = next(homes)
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Place:
    """A project with settings, a base and a sweep; the current folder is its root."""
    monkeypatch.chdir(tmp_path)
    place = Place(tmp_path, capsys)
    place.put("specc.toml", SETTINGS.encode())
    place.write(base=BASE, sweep=SWEEP)
    return place
