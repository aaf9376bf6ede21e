"""Tests before a real Slurm: `make slurm`. They take minutes, so `pytest` leaves them out unless told their folder.

Where something is not installed they are skipped and say what; with `make slurm NEEDED=1`, as CI has it, they fail.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.real_slurm import Project
from support.slurm_cluster import PROGRAMS, Cluster, cluster, need


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return None if any("slurm" in argument for argument in config.invocation_params.args) else True


def pytest_collection_modifyitems(config: pytest.Config) -> None:
    """The reasons of skipped tests are shown, whatever the options."""
    config.option.reportchars = config.option.reportchars or "s"


@pytest.fixture(scope="module")
def slurm() -> Iterator[Cluster]:
    """A cluster for the tests of one file."""
    need(PROGRAMS, "slurm-wlm munge")
    with cluster() as made:
        yield made


@pytest.fixture
def project(slurm: Cluster, tmp_path: Path) -> Project:
    slurm.undrain()  # whatever a test before this one has done to the controller
    return Project(slurm, tmp_path)
