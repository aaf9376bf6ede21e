"""Commands that somebody made to be hard to read: each is read, or given up, at once."""

import time

import pytest

from specc.shell import read

OPENERS = [
    "$(",
    "${a:-",
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
    *(opener * count for opener in OPENERS for count in (30, 20_000)),
    "$((" * 18 + ") )" * 18,
    "((" * 40 + "a" + ") )" * 40,
    "$(( " * 25 + "a" * 2_000 + ") )" * 25,
    "(( " * 50 + "a" * 100_000 + ") )" * 50,
    "a[[]" * 20_000,
    "a\\\n" * 30_000,
    "cat <<A <<B <<C\n" * 3_000,
    "'\n" * 20_001,
    "a" * 100_000 + " (",
    "x" * 1_000_001 + " (",
]


@pytest.mark.parametrize("text", TEXTS, ids=[f"{text[:12]!r} {len(text)}" for text in TEXTS])
def test_no_text_is_too_hard(text):
    began = time.monotonic()
    read(text)
    assert time.monotonic() - began < 5
