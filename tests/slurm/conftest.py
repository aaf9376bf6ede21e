"""Tests before a real Slurm: `make slurm`. They take minutes, so `pytest` leaves them out unless told their folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from real_slurm import Project
from slurm_cluster import Cluster, cluster, why_not


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return None if any("slurm" in argument for argument in config.invocation_params.args) else True


@pytest.fixture(scope="module")
def slurm() -> Iterator[Cluster]:
    """A cluster for the tests of one file."""
    reason = why_not()
    if reason is not None:
        pytest.skip(f"no Slurm to test with: {reason}")
    with cluster() as made:
        yield made


@pytest.fixture
def project(slurm: Cluster, tmp_path: Path) -> Project:
    return Project(slurm, tmp_path)
