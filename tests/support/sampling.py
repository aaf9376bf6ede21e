"""Cases of which some stand for all: the others are run with the slow tests."""

from collections.abc import Iterable
from typing import Any

import pytest


def mostly_slow(cases: Iterable[Any], *, quick: int = 2) -> list[Any]:
    """Return the cases for `parametrize`; all but the first few are slow."""
    every = [case if isinstance(case, tuple) else (case,) for case in cases]
    slow = [pytest.param(*case, marks=pytest.mark.slow) for case in every[quick:]]
    return [*(pytest.param(*case) for case in every[:quick]), *slow]
