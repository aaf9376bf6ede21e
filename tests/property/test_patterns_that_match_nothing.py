"""A pattern of which specc says that it demands a line break finds nothing, because a match lies within one line."""

from hypothesis import given
from hypothesis import strategies as st

from specc.patterns import demands_line_break, line_pattern, mistake_in

PIECES = st.sampled_from(
    [
        "a", "b", ".", r"\n", "\n", r"\\", r"\\n", r"\s", "[^a]", r"[\n]", r"[^\n]", "[]n]", r"\[", r"\(", "(a)", "(",
        ")", "(?:", "|", "?", "*", "+", "{2}", "{0,1}", "^", "$", r"\Q", r"\E", r"\|", "[(]", "[|]",
    ]
)  # fmt: skip
TEXTS = st.text("ab\n\\n()[|", max_size=12)


@given(st.lists(PIECES, max_size=8).map("".join), st.lists(TEXTS, max_size=5))
def test_what_demands_a_line_break_is_never_found(pattern: str, texts: list[str]) -> None:
    if mistake_in(pattern) is None and demands_line_break(pattern):
        compiled = line_pattern(pattern)
        assert [text for text in texts if compiled.search(text.encode())] == []
