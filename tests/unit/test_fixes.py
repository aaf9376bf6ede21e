"""Fixes as values: what is one slip of the fingers, and where nothing can be replaced."""

from support.tables import each

from specc.diagnostics import is_one_slip, quoting_fix, removing_fix, replacing_fix, spelling_fix
from specc.source import Source


@each("meant", ["name", "ame", "nname", "nmae", "nams"])
def test_one_slip(meant: str) -> None:
    assert is_one_slip("name", meant) == (meant != "name")


@each("meant", ["eman", "nam_es", "", "na", "naem s"])
def test_more_than_one_slip(meant: str) -> None:
    assert not is_one_slip("name", meant)


def test_only_what_stands_there_is_replaced() -> None:
    source = Source("spec", "a: x\nb: y\n")
    fix = replacing_fix(source.span(3, 4), "x", "z", is_safe=True)
    assert fix is not None
    assert fix.title == "replace `x` with `z`"
    assert replacing_fix(source.span(3, 4), "y", "z") is None
    assert replacing_fix(source.span(3, 4), "x", "x") is None
    assert replacing_fix(source.span(3, 6), "x\nb", "x") is None
    assert spelling_fix(source.span(3, 4), "x", None) is None
    assert quoting_fix(Source("spec", 'a"b').span(0, 3), 'a"b') is None


@each(
    "text, left",
    [
        ("a: 1\n  b: 2\nc: 3\n", "a: 1\nc: 3\n"),
        ("b: 2", ""),
        ("a: 1\nb: 2  # why\n", None),
        ("{b: 2}\n", None),
        ("- b: 2\n", None),
        ("b: >\n  2\n", None),
    ],
)
def test_an_entry_is_removed_with_its_line(text: str, left: str | None) -> None:
    source = Source("spec", text)
    key, value = source.span(text.index("b"), text.index("b") + 1), source.span(text.index("2"), text.index("2") + 1)
    fix = removing_fix(key, value, "remove `b`")
    if left is None or fix is None:
        assert fix is None
        assert left is None
    else:
        (edit,) = fix.edits
        assert text[: edit.span.start] + edit.replacement + text[edit.span.end :] == left
