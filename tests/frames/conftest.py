"""Tests of tables of pandas and polars: `make frames`, which installs both, some 350 MB. `pytest` leaves them out."""

import pytest


def pytest_ignore_collect(collection_path: object, config: pytest.Config) -> bool | None:
    return None if any("frames" in argument for argument in config.invocation_params.args) else True
