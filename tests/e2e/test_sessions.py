"""Every session in the README and the manual, run in its order; what it prints is what the page says."""

from pathlib import Path

import pytest
from support.sessions import ROOT, Session, agrees, blocks

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
WITH_SESSIONS = [page for page in PAGES if any(block.kind == "console" for block in blocks(page))]
MOST_NOT_RUN = 10
"""Sessions that need a cluster, another user or a machine without a network. Each page says which."""


def test_dots_stand_for_lines_and_nothing_else_does() -> None:
    assert agrees("a\n...\nd\n", "a\nb\nc\nd\n")
    assert agrees("a\n...\n", "a\n")
    assert not agrees("a\n...\nd\n", "a\nb\n")
    assert not agrees("a.c\n", "abc\n")


def test_few_sessions_are_not_run() -> None:
    left = [f"{page.name}: {block.not_run}" for page in PAGES for block in blocks(page) if block.not_run is not None]
    assert len(left) <= MOST_NOT_RUN, left


@pytest.mark.slow
@pytest.mark.parametrize("page", WITH_SESSIONS, ids=lambda page: page.name)
def test_the_page_is_true(page: Path, tmp_path: Path) -> None:
    session = Session(tmp_path)
    for block in blocks(page):
        session.do(block)
    assert session.count or all(block.not_run for block in blocks(page) if block.kind == "console")
