"""decode(): from bytes to text, or the place of the first byte that is none."""

from support.tables import each

from specc.diagnostics import Diagnostic
from specc.parser import decode, parse
from specc.source import MAX_BYTES, Source


def finding(data: bytes) -> Diagnostic:
    result = decode(data, "x.yaml", "x.yaml")
    assert isinstance(result, Diagnostic)
    return result


def test_text_is_utf8() -> None:
    source = decode("a: é\U0001f600\r\n".encode(), "dir/x.yaml", "x.yaml")
    assert isinstance(source, Source)
    assert (source.text, source.path, source.name) == ("a: é\U0001f600\r\n", "dir/x.yaml", "x.yaml")


def test_a_byte_order_mark_is_dropped() -> None:
    source = decode(b"\xef\xbb\xbfa: 1", "x.yaml", "x.yaml")
    assert isinstance(source, Source)
    assert source.text == "a: 1"


@each(
    "data, place, message",
    [
        (b"a: 1\nb: \xff\n", (2, 4), "the byte 0xff is not UTF-8"),
        ("é: ".encode() + b"\xe9", (1, 4), "the byte 0xe9 is not UTF-8"),
        (b"a: \xed\xa0\x80", (1, 4), "the byte 0xed is not UTF-8"),
        (b"a: \xe4\xb8", (1, 4), "the byte 0xe4 is not UTF-8"),
        (b"\xef\xbb\xbfab\x00", (1, 3), "the character U+0000 is not allowed in a text"),
        (b"a: 1\r\nb: \x1b[31m", (2, 4), "the character U+001B is not allowed in a text"),
        (b"a: \x7f", (1, 4), "the character U+007F is not allowed in a text"),
        ("a: \ufffe".encode(), (1, 4), "the character U+FFFE is not allowed in a text"),
        (b"\xff\xfea\x00", (1, 1), "the file is UTF-16, expected UTF-8"),
        (b"\x7fELF\x02\x01", (1, 1), "the file is a compiled program"),
    ],
)
def test_the_first_bad_byte_is_named_with_its_place(data: bytes, place: tuple[int, int], message: str) -> None:
    result = finding(data)
    assert (result.code.slug, result.span.first, result.message) == ("not-text", place, message)


def test_what_is_shown_of_a_binary_file_is_printable() -> None:
    assert finding(b"a\x1b\x07: \xff\x00").span.source.text == "a\ufffd\ufffd: \ufffd\ufffd"


@each("size", [MAX_BYTES, MAX_BYTES + 1])
def test_size_is_limited_in_bytes(size: int) -> None:
    result = decode(b"#" * size, "x.yaml", "x.yaml")
    assert isinstance(result, Source) == (size == MAX_BYTES)


def test_a_large_file_is_too_large_whatever_is_in_it() -> None:
    assert finding(b"\x00" * (MAX_BYTES + 1)).code.slug == "too-large"


@each("text, slug", [("a: \x00", "not-text"), ("#" * (MAX_BYTES + 1), "too-large")])
def test_a_text_that_never_was_a_file_has_the_same_limits(text: str, slug: str) -> None:
    parsed = parse(Source("x.yaml", text))
    assert parsed.document is None
    assert [found.code.slug for found in parsed.diagnostics] == [slug]
