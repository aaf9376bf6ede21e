"""Tests in a real browser: `make browser`. They take a minute, so `pytest` leaves them out unless told their folder.

Where something is not installed they are skipped and say what; with `make browser NEEDED=1`, as CI has it, they fail.
"""

from collections.abc import Iterator

import pytest
from support.browser import Browser, browser


def pytest_ignore_collect(collection_path: object, config: pytest.Config) -> bool | None:
    return None if any("browser" in argument for argument in config.invocation_params.args) else True


def pytest_collection_modifyitems(config: pytest.Config) -> None:
    """The reasons of skipped tests are shown, whatever the options."""
    config.option.reportchars = config.option.reportchars or "s"


@pytest.fixture(scope="session")
def shared() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


@pytest.fixture
def chromium(shared: Browser) -> Iterator[Browser]:
    """A browser as a person has it: wide, light, with scripts. What it complains about fails the test."""
    shared.become()
    yield shared
    assert shared.complaints() == []
