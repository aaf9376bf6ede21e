"""libyaml's events are those of ruamel.yaml, or there are none: on every YAML text here, on damaged ones, on soup."""

import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from support.laws import law

from specc.parser import events as libyaml
from specc.parser.ruamel_events import PureEvents

ROOT = Path(__file__).parents[2]
FOLDERS = ["tests/cases", "examples", "templates"]
BLOCK = re.compile(r"^```ya?ml\n(.*?)^```", re.DOTALL | re.MULTILINE)
SPACES = [" ", "\n", "\n ", "\n  ", "\n    ", "\n\n", "\t", "\r\n", "\u00a0", "\u2028", "\ufeff", "# c", " # c"]
DOCUMENTS = ["---", "\n---\n", "\n...\n", "%YAML 1.1\n"]
WORDS = ["a", "b", "1", "中", "𝕏", "~", "=", "@", "`", "%", "null", "http://x/y", "?a", ":a", "-a", "a#b", "a,b", "a:b"]
BLOCKS = ["a: ", "b:\n  ", "- ", "-", "? ", "?", ":", ": ", "<<: ", '"a":', "'a':"]
FLOW = ["{", "}", "[", "]", ",", "{a: b}", "[a, b: 1]", "{{ x }}", "{% x %}"]
NAMES = ["&a ", "&a", "*a", "*b", "*b : ", "!", "!t ", "!!str "]
TEXTS = ["|", "|-", "|+", "|2", ">", ">-", ">+", "key: |\n  ", "key: >\n  ", "'", '"', "''", '""']
ESCAPES = ["\\", "\\n", "\\/", "\\\n", "\\u4e2d", "\\ud83d\\ude00", "\\U0001F600", "\\0", "\\N"]
PIECES = [*SPACES, *DOCUMENTS, *WORDS, *BLOCKS, *FLOW, *NAMES, *TEXTS, *ESCAPES]
SOUP = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)


@cache
def written() -> list[str]:
    """Every YAML text of the project, and those that its pages show."""
    files = [file for folder in FOLDERS for file in sorted((ROOT / folder).rglob("*.yaml"))]
    pages = sorted((ROOT / "docs").rglob("*.md"))
    texts = [file.read_bytes().decode() for file in files]
    return texts + [block for page in pages for block in BLOCK.findall(page.read_text(encoding="utf-8"))]


@st.composite
def damaged(draw: st.DrawFn) -> str:
    text = draw(st.sampled_from(written()))
    start = draw(st.integers(0, len(text)))
    text = text[start : start + draw(st.integers(10, 400))]
    for _ in range(draw(st.integers(1, 3))):
        at, length = draw(st.integers(0, len(text))), draw(st.integers(0, 8))
        new = draw(st.sampled_from(["", text[at : at + length] * 2]) | st.sampled_from(PIECES))
        text = text[:at] + new + text[at + length :]
    return text


def assert_same(text: str, start: int = 0) -> bool:
    """The same, or nothing. Was there something to compare?"""
    fast = libyaml.fast_events_of(text, start, 64)
    if fast is None:
        return False
    pure = PureEvents(text, start, 64)
    assert list(fast) == list(pure)
    assert (fast.scalars, fast.tags, fast.templates) == (pure.scalars, pure.tags, pure.templates)
    return True


def test_every_text_here_is_read_alike_and_nearly_all_of_them_fast() -> None:
    known = [assert_same(text) for text in written()]
    assert len(known) > 100
    assert sum(known) >= 0.9 * len(known)


@given(damaged())
@law(100)
def test_a_damaged_text_is_read_alike(text: str) -> None:
    assert_same(text)


@given(st.lists(SOUP, min_size=30, max_size=30))
@law(100)
def test_soup_is_read_alike(texts: list[str]) -> None:
    for text in texts:
        assert_same(text)


@given(SOUP, st.text(max_size=9))
@law(50)
def test_places_count_from_the_start_of_the_whole_text(text: str, before: str) -> None:
    assume(libyaml.fast_events_of(text, 0, 64) is not None)
    assert assert_same(before + text, len(before))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a:\tb\n", id="tab"),
        pytest.param("a: b\r\n", id="line break of another system"),
        pytest.param("a: 'b\u2028c'\n", id="line break of YAML 1.1"),
        pytest.param("\ufeffa: b\n", id="byte order mark"),
        pytest.param("%YAML 1.1\n---\na: b\n", id="directive"),
        pytest.param("a: b\n...\n", id="end of a document"),
        pytest.param("a: 1\n---\nb: 2\n", id="second document"),
        pytest.param("a: !t b\n", id="tag of a scalar"),
        pytest.param("a: !t {}\n", id="tag of a collection"),
        pytest.param("a: {{ b }}\n", id="unquoted template"),
        pytest.param("a: [{% b %}]\n", id="unquoted statement"),
        pytest.param("&a b: 1\n", id="anchor of a first key"),
        pytest.param("a: &a\nb: 1\n", id="anchor of nothing"),
        pytest.param("- &a b\n- *a : 1\n", id="alias as a first key"),
        pytest.param("&a: 1\n", id="anchor that ends later in YAML 1.2"),
        pytest.param("a: |#\n", id="comment without a space before it"),
        pytest.param("a: |\n   \n  b\n", id="blank line deeper than the block"),
        pytest.param("|\n# a\n", id="block that is the document"),
        pytest.param("?\n", id="nothing as a marked key"),
        pytest.param("a:\n? b\n", id="nothing before a marked key"),
        pytest.param("[" * 65 + "]" * 65, id="deep"),
        pytest.param("a: 'b\n", id="mistake"),
        pytest.param("a: \ud83d\n", id="half of a surrogate pair"),
    ],
)
def test_what_is_odd_is_left_to_ruamel(text: str) -> None:
    assert libyaml.fast_events_of(text, 0, 64) is None


def test_a_text_of_wide_characters_is_known() -> None:
    assert assert_same('名字: &锚 "𝕏 中文"\n列表: [𝕏, "\\U0001F600", é]\n') is False  # such an anchor is odd
    assert assert_same('名字: &a "𝕏 中文"\n列表: [𝕏, "\\U0001F600", é, *a ]\n块: |\n  𝕏 中\n\n尾: >-\n  é\n  𝕏\n')


def test_without_libyaml_there_are_no_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libyaml, "CParser", None)
    assert libyaml.fast_events_of("a: 1\n", 0, 64) is None
