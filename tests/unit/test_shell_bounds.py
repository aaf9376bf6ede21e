"""Commands that somebody made to be hard to read: each is read, or given up, at once."""

import pytest
from support.tables import each
from support.work import calls

from specc.shell import read

OPENERS = [
    "$(",
    "${a:-",
    "${a[",
    "${a[$(",
    "a=([",
    '"${a:-"',
    "((",
    "$((",
    "$((a) ",
    "(",
    "{ ",
    "if ",
    "while ",
    "f() { ",
    "a=(",
    "@(",
    "<(",
    '"$(',
    "case a in a) ",
]
TEXTS = [
    *(opener * count for opener in OPENERS for count in (30, 5_000)),
    "$((" * 18 + ") )" * 18,
    "((" * 40 + "a" + ") )" * 40,
    "$(( " * 25 + "a" * 2_000 + ") )" * 25,
    "a[[]" * 20_000,
    "${a[" + "b] ${a[[" * 20_000,
    "a\\\n" * 10_000,
    "cat <<A <<B <<C\n" * 3_000,
    "'\n" * 5_001,
    "a" * 100_000 + " (",
    "x" * 1_000_001 + " (",
]


CALLS, MORE = 100, 10_000
"""So many calls of functions for each character of a text, at most, and some for what is made ready once."""


HARDEST = "(( " * 50 + "a" * 100_000 + ") )" * 50


@each("text", TEXTS)
def test_no_text_is_too_hard(text):
    read.cache_clear()
    assert calls(lambda: read(text)) < CALLS * len(text) + MORE


@pytest.mark.slow
def test_nor_is_the_hardest():
    read.cache_clear()
    assert calls(lambda: read(HARDEST)) < CALLS * len(HARDEST) + MORE
