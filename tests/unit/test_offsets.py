"""locate(): from a character of a value back to the text that wrote it."""

from dataclasses import replace

import pytest
from support.tables import each

from specc.nodes import Mapping, Scalar, Sequence, Style, locate
from specc.parser import parse_tree
from specc.source import Source


def scalar(text: str, key: str = "a") -> Scalar:
    root, findings = parse_tree(Source("x.yaml", text))
    assert not findings
    assert isinstance(root, Mapping)
    node = root.entries[key]
    assert isinstance(node, Scalar)
    return node


def written(text: str, word: str, key: str = "a") -> str:
    """The source text of `word` in the value."""
    node = scalar(text, key)
    assert isinstance(node.value, str)
    start = node.value.index(word)
    return locate(node, start, start + len(word)).text


@pytest.mark.parametrize(
    ("text", "word", "expected"),
    [
        pytest.param("a: one two\n", "two", "two", id="plain"),
        pytest.param("a: one\n  two\n", "two", "two", id="plain of two lines"),
        pytest.param("a: one\n  two\n", "e t", "e\n  t", id="plain across the fold"),
        pytest.param("a: one\n\n\n  two\n", "\n\nt", "\n\n  t", id="plain with empty lines"),
        pytest.param("a: 'it''s me'\n", "'s", "''s", id="single quotes"),
        pytest.param("a: 'one  \n   two'\n", "two", "two", id="single quotes folded"),
        pytest.param('a: "x\\ty z"\n', "\ty", "\\ty", id="double quotes"),
        pytest.param('a: "\\x41\\u00e9\\U0001F600b"\n', "\U0001f600b", "\\U0001F600b", id="numeric escapes"),
        pytest.param('a: "one \\\n    two"\n', "two", "two", id="escaped line break"),
        pytest.param('a: "one\\\n\n   two"\n', "\ntwo", "\n   two", id="escaped break with an empty line"),
        pytest.param('a: "\\"q\\"\\/\\\\"\n', '"/', '\\"\\/', id="escaped quote"),
        pytest.param("a: |\n  one\n  two\n", "two", "two", id="literal"),
        pytest.param("a: |\n  one\n    two\n", "  two", "  two", id="literal deeper line"),
        pytest.param("a: |2\n    one\n   two\n", " two", " two", id="indentation indicator"),
        pytest.param("a: |+\n  one\n\n\nb: 1\n", "\n\n\n", "\n\n\n", id="kept blank lines"),
        pytest.param("a: |- # why\n  one\n  two\n", "two", "two", id="stripped, with a comment"),
        pytest.param("a: |\r\n  one\r\n  two\r\n", "e\nt", "e\r\n  t", id="literal CRLF"),
        pytest.param("a: >\n  one\n  two\n\n  three\n", "two", "two", id="folded"),
        pytest.param("a: >\n  one\n  two\n\n  three\n", "o\nt", "o\n\n  t", id="folded paragraph"),
        pytest.param("a: >\n  one\n    two\n  three\n", "  two\nthree", "  two\n  three", id="folded deeper line"),
        pytest.param("a: >\n\n\n  one\n\n    two\n\n\n", "  two", "  two", id="folded with blank lines around"),
        pytest.param("a: |\n  one", "one", "one", id="block without a last line break"),
        pytest.param("a: \U0001f600 two\n", "two", "two", id="astral character before"),
        pytest.param("a: 'x\u2028y'\n", "y", "y", id="line separator is no line break"),
        pytest.param("a: &x one\n", "one", "one", id="behind an anchor"),
    ],
)
def test_a_word_is_found_where_it_is_written(text: str, word: str, expected: str) -> None:
    assert written(text, word) == expected


def test_a_place_is_an_empty_span() -> None:
    node = scalar('a: "x\\ty"\n')
    assert [locate(node, at, at).start for at in range(4)] == [4, 5, 7, 8]
    assert locate(node, 1, 1).text == ""


def test_a_place_in_an_empty_text() -> None:
    assert locate(scalar("a: ''\n"), 0, 0).text == ""


def test_a_number_is_located_in_what_is_written() -> None:
    node = scalar("a: 0x1F\n")
    assert node.value == 31
    assert locate(node, 2, 4).text == "1F"


def test_an_alias_is_one_piece() -> None:
    node = scalar("b: &x one two\na: *x\n")
    assert node.value == "one two"
    assert locate(node, 4, 7).text == "*x"


def test_a_computed_text_is_one_piece() -> None:
    node = replace(scalar("a: one two\n"), value="something else")
    assert locate(node, 0, 3).text == "one two"


@each("style", ["'", '"', "|", ">", ""])
def test_a_text_that_is_not_there_is_one_piece(style: str) -> None:
    texts = {"'": "a: 'x'\n", '"': 'a: "\\x41"\n', "|": "a: |\n  x\n", ">": "a: >\n  x\n", "": "a: x\n"}
    node = scalar(texts[style])
    assert locate(replace(node, value="y"), 0, 1) == node.span
    elsewhere = replace(node, span=node.span.source.span(0, 1))
    assert locate(elsewhere, 0, 1) == elsewhere.span


@each("start, end", [(0, 4), (-1, 2), (2, 1)])
def test_a_range_outside_of_the_text_is_the_whole_scalar(start: int, end: int) -> None:
    node = scalar("a: one\n")
    assert locate(node, start, end) == node.span


def test_a_block_of_blank_lines_only() -> None:
    node = scalar("a: |+\n\n\nb: 1\n")
    assert node.value == "\n\n"
    assert locate(node, 1, 2).first.line == 3


def test_a_block_of_spaces_only_is_one_piece() -> None:
    node = scalar("a: |2+\n    \nb: 1\n")
    assert node.value == "  \n"
    assert locate(node, 0, 1) == node.span


def test_a_sequence_of_block_scalars() -> None:
    root, _ = parse_tree(Source("x.yaml", "- |\n  one\n- >-\n  two\n  three\n"))
    assert isinstance(root, Sequence)
    first, second = root.items
    assert isinstance(first, Scalar)
    assert isinstance(second, Scalar)
    assert locate(first, 0, 3).text == "one"
    assert locate(second, 4, 9).text == "three"


def test_a_span_that_ends_in_half_an_escape() -> None:
    node = Scalar("x", Source("x.yaml", '"x\\').span(0, 4), "x", Style.DOUBLE)
    assert locate(node, 0, 1).text == "x"
    assert locate(replace(node, value="xy"), 0, 1) == node.span


@each("quotes", ['"""', "'''"])
@each("head", ["", "\n", "\r\n"])
def test_a_text_of_several_lines_in_toml(quotes: str, head: str) -> None:
    text = f"a = {quotes}{head}one\r\n  two{quotes}"
    span = Source("specc.toml", text).span(4, len(text))
    scalar = Scalar("one\n  two", span, "one\n  two", Style.LITERAL)
    assert locate(scalar, 0, 3).text == "one"
    assert locate(scalar, 6, 9).text == "two"


def test_escapes_and_joined_lines_of_such_a_text() -> None:
    text = 'a = """x\\t\\"y \\\n\n   z"""'
    scalar = Scalar('x\t"y z', Source("specc.toml", text).span(4, len(text)), "", Style.LITERAL)
    assert [locate(scalar, at, at + 1).text for at in range(6)] == ["x", "\\t", '\\"', "y", " ", "z"]
