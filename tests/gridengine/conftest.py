"""Tests before a real Grid Engine: `make gridengine`. They take minutes, so `pytest` leaves them out unless told their
folder.

Where something is not installed they are skipped and say what; with `make gridengine NEEDED=1`, as CI has it, they
fail.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.grid_engine import Cell, Project, cell, need


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return None if any("gridengine" in argument for argument in config.invocation_params.args) else True


def pytest_collection_modifyitems(config: pytest.Config) -> None:
    """The reasons of skipped tests are shown, whatever the options."""
    config.option.reportchars = config.option.reportchars or "s"


@pytest.fixture(scope="session")
def grid() -> Iterator[Cell]:
    """A cell for all tests."""
    need()
    with cell() as made:
        yield made


@pytest.fixture
def project(grid: Cell, tmp_path: Path) -> Project:
    return Project(grid, tmp_path)
