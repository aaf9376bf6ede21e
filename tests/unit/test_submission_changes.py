"""What a person sees of a field that changed."""

from support.tables import each

from specc.changes import MOST_LINES, changes


@each(
    "before, after, lines",
    [
        (1, 2, ["1 -> 2"]),
        ("a", "ä", ['"a" -> "ä"']),
        ("one line\n", "another\n", ['"one line\\n" -> "another\\n"']),
        ("a\nb\nc\n", "a\nx\nc\n", ["- b", "+ x"]),
        ("--- a\nb\n", "b\n", ["- --- a"]),
        ("a\n", "a\n@@ b\n", ["+ @@ b"]),
        ("a\nb", "a\nb\n", ["only the ends of lines differ"]),
    ],
)
def test_both_values_or_the_lines_that_differ(before: object, after: object, lines: list[str]) -> None:
    (change,) = changes({"f": before}, {"f": after})
    assert change.lines() == lines


def test_a_field_that_is_new() -> None:
    (change,) = changes({}, {"f": None})
    assert change.lines() == ["not set -> null"]


def test_a_text_that_is_all_new_is_cut() -> None:
    (change,) = changes({"f": "a\n" * 30}, {"f": "b\n" * 30})
    lines = change.lines()
    assert len(lines) == MOST_LINES
    assert lines[-1] == "and 49 more lines"
