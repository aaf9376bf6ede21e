"""Tests that let pre-commit install specc: `make precommit`. `pytest` leaves them out unless told their folder."""

from pathlib import Path

import pytest


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return None if any("precommit" in argument for argument in config.invocation_params.args) else True
