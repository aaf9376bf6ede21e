"""A few kills in `make slow`; `make crashes` kills at every system call."""

import sys

import pytest
from crashes.run import chosen, sample
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


def test_a_seed_chooses_nearly_the_same_calls_of_a_longer_run() -> None:
    calls = chosen("a job", 300, 20, seed=7)
    assert len(set(calls)) == 20
    assert calls == chosen("a job", 300, 20, seed=7) != chosen("a job", 300, 20, seed=8)
    assert len({*calls} & {*chosen("a job", 303, 20, seed=7)}) >= 17
    assert sorted(chosen("a job", 5, 20, seed=7)) == [1, 2, 3, 4, 5]
