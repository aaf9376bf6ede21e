"""A few kills in `make slow`; `make crashes` kills at every system call."""

import sys

import pytest
from crashes.run import sample
from crashes.tracing import CALLS

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not CALLS, reason="processes can be traced so on Linux alone"
)


@pytest.mark.parametrize("name", ["submit to an API", "a job"])
@pytest.mark.slow
def test_a_few_kills(name: str) -> None:
    figures = sample(name, 3, seed=1)
    assert figures.is_good, figures
    assert figures.kills
