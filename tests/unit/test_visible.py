"""The one function that shows foreign text."""

import json
import unicodedata

from support.tables import each

from specc.visible import VisibleStream, uncommanded, visible, visible_characters, visible_json

DRAWN = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
"""Signs that Unicode calls format characters, and every font draws."""


@each(
    "text, shown",
    [
        ("a\x1b[31mb\x1b]8;;http://x\x07c", r"a\x1b[31mb\x1b]8;;http://x\x07c"),
        ("\x9b31m\x85", r"\x9b31m\x85"),
        ("a\nb\rc\td", r"a\nb\rc\td"),
        ("\u2028\u2029", r"\u2028\u2029"),
        ("exe.\u202etxt\u2066\u2069\u200e\u200f\u061c", r"exe.\u202etxt\u2066\u2069\u200e\u200f\u061c"),
        ("a\u200bb\u200dc\ufeff\xad\u2060", r"a\u200bb\u200dc\ufeff\xad\u2060"),
        ("a\xa0b\u2003", r"a\xa0b\u2003"),
        ("\u3164\u115f\u2800\u034f", r"\u3164\u115f\u2800\u034f"),
        ("\udcff\ud83d", r"\udcff\ud83d"),
        ("\U000e0001\U000e0041", r"\U000e0001\U000e0041"),
        ("👍\ufe0f\ufe0e a\ufe0f", "👍\ufe0f" + r"\ufe0e a\ufe0f"),
        ("🏴\U000e0041", "🏴" + r"\U000e0041"),
    ],
)
def test_what_deceives_is_an_escape(text, shown):
    assert visible(text) == shown


@each(
    "text",
    ["", "plain text", "算例\u3000一，流体；「力学」", "e\u0301 n\u0303", "😀", "👨\u200d👩\u200d👧", "❤\ufe0f",
     "1\ufe0f\u20e3",
     "👩🏽\u200d🚀", "🏳\ufe0f\u200d🌈", "葛\U000e0100", "עברית", "العربية", "한글", "हिन्दी", DRAWN, r"a\x1b\n",
     "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"],
)  # fmt: skip
def test_ordinary_text_is_left_alone(text):
    assert visible(text) == text


def test_no_character_that_unicode_calls_a_control_or_a_format_is_shown():
    found = [
        char
        for char in map(chr, range(0x110000))
        if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") and visible(char) == char
    ]
    assert "".join(found) == DRAWN


def test_characters_that_are_kept():
    assert visible("a\n\tb\r", "\n\t") == "a\n\tb\\r"


def test_each_character_of_a_line_by_itself():
    text = "a\x1b👨\u200d👩\u200d"
    assert visible_characters(text) == ["a", r"\x1b", "👨", "\u200d", "👩", r"\u200d"]
    assert "".join(visible_characters(text)) == visible(text)


@each(
    "text, shown",
    [
        ("::error::x", r"\x3a:error::x"),
        ("a\n  ::set-output name=a::b", "a\n  " + r"\x3a:set-output name=a::b"),
        ("x ##[group]", r"x \x23#[group]"),
        ("a::b", "a::b"),
        ("## Heading", "## Heading"),
        ("  ::: base.job.yaml:1:1", "  ::: base.job.yaml:1:1"),
    ],
)
def test_no_line_is_a_command_of_a_log(text, shown):
    assert uncommanded(text) == shown


def test_json_says_the_same_with_escapes_alone():
    data = {"a\x7f": ["\x1b\u202e\U000e0041😀\udcff", "算例\xa0"]}
    shown = visible_json(json.dumps(data, ensure_ascii=False, indent=2))
    assert json.loads(shown) == data
    assert visible(shown, "\n") == shown
    assert "算例" in shown


FLAG = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
ODD = f"a\x1b[31m流体\r\nb 10%\r20%\n👨\u200d👩\u200d👧 ❤\ufe0f {FLAG}\x9bx\u202e\ttab"


@each("size", [1, 2, 3, 5, 1000])
def test_a_stream_is_shown_alike_however_it_is_cut(size):
    data = ODD.encode() + b"\xff\xe6\xb5" + b"\xe6"
    stream = VisibleStream()
    shown = "".join(stream.more(data[at : at + size]) for at in range(0, len(data), size))
    shown += stream.more(b"", is_last=True)
    expected = visible(ODD.replace("\r\n", "\n").replace("\r", "\n"), "\n\t") + r"\xff\xe6\xb5\xe6"
    assert shown == expected
    assert "\x1b" not in shown
    assert "流体" in shown
    assert "👨\u200d👩\u200d👧" in shown


def test_a_stream_holds_nothing_back_that_is_decided():
    stream = VisibleStream()
    assert stream.more("完".encode()) == "完"
    assert stream.more(b"10%\r") == "10%"
    assert stream.more(b"20%") == "\n20%"
