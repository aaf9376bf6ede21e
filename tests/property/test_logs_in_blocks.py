"""Law: a log that is searched in blocks, from either end, is searched as if it were read at once."""

import re
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from support.laws import law

from specc import extraction
from specc.extraction import Asked, JobFiles, Missing, extracted
from specc.nodes import Mapping
from specc.parser import parse_tree
from specc.resolver.results import extractions
from specc.source import Source

LINES = st.sampled_from([b"r = 1", b"r = 22", b"x", b"", b"r = ", b"long line " * 9, b"\xff\xfe r = 3"])
LOGS = st.lists(LINES, max_size=12)
ENDS = st.sampled_from([b"\n", b"\r\n"])


def results(pattern: str) -> dict[str, extraction.Extraction]:
    spec = "".join(f"{take}: {{pattern: '{pattern}', take: {take}, type: text}}\n" for take in ("first", "last", "all"))
    root, _ = parse_tree(Source("x", spec))
    assert isinstance(root, Mapping)
    return extractions(root)


DECLARED = results("r = ([0-9]+)")


@given(LOGS, ENDS, st.booleans(), st.integers(1, 40), st.booleans())
@law(200)
def test_blocks_change_nothing(lines: list[bytes], end: bytes, is_ended: bool, block: int, is_over: bool) -> None:
    text = end.join(lines) + (end if is_ended else b"")
    whole = text if is_over else text[: text.rfind(b"\n") + 1]
    expected = [match[1].decode() for match in re.finditer(rb"r = ([0-9]+)", whole)]
    before, extraction.BLOCK = extraction.BLOCK, block
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "log")
            path.write_bytes(text)
            asked = [Asked(each, "stdout", "stdout") for each in DECLARED.values()]
            found = extracted(asked, JobFiles(None, "", {"stdout": path}, None, is_over))
    finally:
        extraction.BLOCK = before
    if not expected:
        assert all(isinstance(value, Missing) for value in found.values())
    else:
        assert found == {"first": expected[0], "last": expected[-1], "all": expected}
