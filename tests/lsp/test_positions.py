"""Lines and columns of editors."""

from hypothesis import given
from hypothesis import strategies as st
from support.tables import each

from specc.lsp.positions import Encoding, offset_of, place_of
from specc.source import Source

TEXT = "a\r\né𝄞b\n\u2028c\rd"


@each(
    "encoding, column",
    [(Encoding.UTF8, 6), (Encoding.UTF16, 3), (Encoding.UTF32, 2)],
)
def test_a_column_counts_units_of_the_encoding(encoding: Encoding, column: int) -> None:
    source = Source("", TEXT)
    assert place_of(source, TEXT.index("b"), encoding) == (1, column)
    assert offset_of(source, (1, column), encoding) == TEXT.index("b")


def test_only_line_breaks_of_the_protocol_break_lines() -> None:
    assert place_of(Source("", TEXT), TEXT.index("c"), Encoding.UTF16) == (2, 1)
    assert place_of(Source("", TEXT), TEXT.index("d"), Encoding.UTF16) == (3, 0)


@each("place, offset", [((0, 99), 1), ((9, 0), len(TEXT)), ((-1, 0), 0), ((1, -5), 3), ((1, 2), 4)])
def test_a_place_that_no_text_has_means_the_nearest(place: tuple[int, int], offset: int) -> None:
    assert offset_of(Source("", TEXT), place, Encoding.UTF16) == offset


@given(st.text("ab\n\ré𝄞\u2028"), st.sampled_from(Encoding), st.data())
def test_a_place_leads_back_to_its_offset(text: str, encoding: Encoding, data: st.DataObject) -> None:
    source = Source("", text)
    offset = data.draw(st.integers(0, len(text)))
    if text[max(offset - 1, 0) : offset + 1] == "\r\n":
        offset -= 1  # inside of one line break
    assert offset_of(source, place_of(source, offset, encoding), encoding) == offset
