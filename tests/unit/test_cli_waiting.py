"""What the commands that wait for jobs read."""

import pytest
from support.tables import each

from specc.cli.waiting import seconds_of
from specc.errors import SpeccError


@each("text, seconds", [(None, None), ("0", 0.0), ("90", 90.0), ("0.5", 0.5), ("2h30m", 9000.0), ("1.5h", 5400.0)])
def test_a_timeout(text: str | None, seconds: float | None) -> None:
    assert seconds_of(text) == seconds


@each("text", ["", "-1", "soon", "1e3", "٣", ".5"])
def test_what_is_no_timeout(text: str) -> None:
    with pytest.raises(SpeccError, match="--timeout"):
        seconds_of(text)
