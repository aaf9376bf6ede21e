"""The pages in Chinese have the code of the English ones, and their sessions print what they say."""

import re
from pathlib import Path

import pytest
from support.sessions import ROOT, Block, Session, blocks, commands

from manual.chinese import fields_page, meaning
from specc.project import shipped_apis

TRANSLATED = {
    ROOT / "README.zh-CN.md": ROOT / "README.md",
    **{ROOT / "docs/zh" / name: ROOT / "docs" / name for name in ("tutorial.md", "language.md", "cookbook.md")},
}
WITH_SESSIONS = [page for page in TRANSLATED if any(block.kind == "console" for block in blocks(page))]


def code_of(page: Path) -> list[object]:
    """Return the blocks of a page, of sessions only the commands: what they print is in the reader's language."""
    return [written(block) for block in blocks(page)]


COMMENT = re.compile(r" +# .*$", re.MULTILINE)
"""It is in the language of the page."""


def written(block: Block) -> object:
    is_session = block.kind == "console"
    text = [command for command, _ in commands(block.text)] if is_session else COMMENT.sub("", block.text)
    return block.kind, block.title, block.place, text


@pytest.mark.parametrize("page", TRANSLATED, ids=lambda page: page.name)
def test_a_translated_page_has_the_code_of_the_english_one(page: Path) -> None:
    assert code_of(page) == code_of(TRANSLATED[page])


@pytest.mark.parametrize("page", TRANSLATED, ids=lambda page: page.name)
def test_a_translated_page_has_the_headings_of_the_english_one(page: Path) -> None:
    def levels(path: Path) -> list[str]:
        return [line.split(" ")[0] for line in path.read_text("utf-8").splitlines() if line.startswith(("# ", "## "))]

    assert levels(page) == levels(TRANSLATED[page])


@pytest.mark.slow
@pytest.mark.parametrize("page", WITH_SESSIONS, ids=lambda page: page.name)
def test_a_session_in_chinese_is_true(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPECC_LANG", "zh")
    session = Session(tmp_path)
    for block in blocks(page):
        session.do(block)
    assert session.count


def test_every_field_has_its_line_in_chinese() -> None:
    apis = shipped_apis()
    page = fields_page(apis)
    for api in apis.values():
        for field in api.fields.values():
            assert any("\u4e00" <= char <= "\u9fff" for char in meaning(field)), field.name
            assert f"| `{field.name}` |" in page
