"""Options and profiles of the whole suite."""

import gc
import os
import signal
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings
from support import laws
from support.projects import BASE, SETTINGS, SWEEP, Place

# A shell has its background jobs ignore ^C, and so would every command that a test interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Where nothing compiled is written, each process that a test starts compiles specc, and each run all of the tests.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

laws.register()
settings.load_profile("quick")

# Messages are compared in English, whoever runs the tests. tests/e2e/test_chinese.py asks for its own.
os.environ["SPECC_LANG"] = "en"

# The servers of tests are on this machine. What is asked of other hosts, tests/hostile/test_hosts.py says.
os.environ["SPECC_TRUSTED_HOSTS"] = "http://127.0.0.1:*,http://localhost:*"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-cases", action="store_true", help="rewrite the expectations of tests/cases")
    parser.addoption("--slow", choices=["no", "only", "too"], default="no", help="tests that are marked as slow")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out slow tests, unless they are asked for, or their file is."""
    wanted = config.option.slow
    if wanted == "too" or (wanted == "no" and any(".py" in argument for argument in config.args)):
        return
    chosen: list[pytest.Item] = []
    others: list[pytest.Item] = []
    for item in items:
        is_slow = item.get_closest_marker("slow") is not None
        (chosen if is_slow == (wanted == "only") else others).append(item)
    config.hook.pytest_deselected(items=others)
    items[:] = chosen


def pytest_collection_finish(session: pytest.Session) -> None:
    """Spare the garbage collector all that was imported and collected, which stays to the end."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give folders for the state and caches of each test, which are made when something is written."""
    return (tmp_path_factory.getbasetemp() / f"home{number}" for number in count())


@pytest.fixture(autouse=True)
def own_folders(homes: Iterator[Path]) -> None:
    """No test reads or writes the folders of the person who runs it, or those of another test."""
    home = next(homes)
    os.environ["XDG_CACHE_HOME"] = str(home / "cache")
    os.environ["XDG_STATE_HOME"] = str(home / "state")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Place:
    """A project with settings, a base and a sweep; the current folder is its root."""
    monkeypatch.chdir(tmp_path)
    place = Place(tmp_path, capsys)
    place.put("specc.toml", SETTINGS.encode())
    place.write(base=BASE, sweep=SWEEP)
    return place
