"""Numbers and foreign texts in messages."""

import json

from support.tables import each

from specc.wording import brief, counted, json_text, one_line


@each("number, said", [(0, "0 payloads"), (1, "1 payload"), (2, "2 payloads"), (1234567, "1,234,567 payloads")])
def test_a_noun_agrees_with_its_number(number: int, said: str) -> None:
    assert counted(number, "payload") == said


def test_an_irregular_plural_is_given_with_the_noun() -> None:
    assert [counted(number, "query", "queries") for number in (1, 3)] == ["1 query", "3 queries"]


def test_a_brief_text_keeps_what_was_written_and_bounds_it() -> None:
    assert brief("a\nb  c\x1b") == r"a\nb  c\x1b"
    assert brief("x" * 40) == "x" * 40
    assert brief("x" * 41) == "x" * 37 + "..."
    assert len(brief("\x1b" * 40)) == 40


def test_prose_on_one_line_loses_only_its_layout() -> None:
    assert one_line("it failed:\n\n   no such\tfile\r\n") == "it failed: no such file"
    assert one_line("a\x1b[31m\u202eb") == r"a\x1b[31m\u202eb"
    assert one_line("word " * 100, 12) == "word word..."


def test_json_has_no_infinity() -> None:
    inf = float("inf")
    text = json_text({"a": [inf, -inf, (inf - inf,), 1.5], "b": "Infinity", "c": {"d": inf}})
    assert json.loads(text) == {
        "a": [".inf", "-.inf", [".nan"], 1.5],
        "b": "Infinity",
        "c": {"d": ".inf"},
    }
    assert json_text({"a": [1]}, 2) == json.dumps({"a": [1]}, indent=2)
