"""Any text as the file of an axis gives values or mistakes, and each lies in the text and says what is there."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st
from support.laws import law

from specc.expander.files import contents_of
from specc.source import Source

TEXTS = st.text(st.sampled_from('ab,;\t"\n\r 07.-e{}[]:#'), max_size=40) | st.text(max_size=20)


@given(TEXTS, st.sampled_from([".csv", ".tsv", ".json", ".yaml", ".txt"]))
@law(300)
def test_it_ends_well(text: str, ending: str) -> None:
    source = Source("f", text)
    contents = contents_of(source, ending)
    spans = [value.node.span for value in contents.values] + [mistake.span for mistake in contents.mistakes]
    assert all(0 <= span.start <= span.end <= len(text) for span in spans)
    assert not (contents.values and contents.mistakes)


FIELDS = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=8)


@given(st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(FIELDS, min_size=width, max_size=width), max_size=5)))
@law(200)
def test_what_python_writes_in_quotes_comes_back(rows: list[list[str]]) -> None:
    head = [f"c{at}" for at in range(len(rows[0]) if rows else 1)]
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows([head, *rows])
    contents = contents_of(Source("f", written.getvalue()), ".csv")
    assert contents.mistakes == ()
    assert [list(value.data.values()) for value in contents.values] == rows  # type: ignore[attr-defined]
