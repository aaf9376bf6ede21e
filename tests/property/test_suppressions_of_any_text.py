"""Law: comments that ignore findings are found in any text, and what is said of them lies in it."""

from hypothesis import given
from hypothesis import strategies as st
from support.laws import law

from specc.diagnostics import codes
from specc.parser import parse, script_suppressions
from specc.source import Source

marks = st.sampled_from(
    ["# specc: ignore[SPC110]", "#specc:ignore SPC110", "# specc: ignore", "# specc: ignore[x, SPC110] y", "# specc: 1"]
)
pieces = st.sampled_from(
    ["a: ", "job:", "\n", "\r\n", "\r", "  ", "|\n  ", ">-\n    ", "- ", "'", '"', "{", "}", "[", "]", "\\\n", "&a ",
     "*a", "!t ", "{{ x }}", "{% if %}", "\t", "流", "😀", "\ufeff", "\u2028", "x", "#", ": ", "\n---\n"]
)  # fmt: skip
texts = st.lists(st.one_of(pieces, marks), max_size=25).map("".join)


@given(texts)
@law(100)
def test_they_lie_in_their_text(text):
    source = Source("a.job.yaml", text, "a.job.yaml")
    lines = len(source.line_starts)
    for found in (parse(source).suppressions, script_suppressions(source)):
        for comment in (*found.comments, *found.blanket):
            assert comment.span.text.startswith("#")
            assert 1 <= comment.span.first.line <= comment.first <= comment.last <= lines
            assert all(source.text[span.start : span.end] in (code.code, code.slug) for code, span in comment.ignored)
        for diagnostic in found.diagnostics:
            assert diagnostic.code is codes.BAD_IGNORE
            assert 0 <= diagnostic.span.start < diagnostic.span.end <= len(text)


@given(texts, st.integers(0, 5))
@law(100)
def test_lines_above_move_them_and_change_nothing_else(text, count):
    """Of a script, whose text has no other structure than its lines."""
    above = "x\n" * count
    before = script_suppressions(Source("a", text)).comments
    after = script_suppressions(Source("a", above + text)).comments
    assert [(comment.first, comment.last) for comment in after] == [
        (comment.first + count, comment.last + count) for comment in before
    ]
