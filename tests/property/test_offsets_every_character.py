"""Each character of a value is found at the text that wrote it, in every style that YAML has."""

from hypothesis import example, given
from hypothesis import strategies as st
from support.laws import law

from specc.nodes import Mapping, Scalar, Style, locate
from specc.parser import parse_tree
from specc.source import Source

LETTERS = st.sampled_from("aé\U0001f600\u2028:'\"\\#{")
WORD = st.text(LETTERS, min_size=1, max_size=4).map(lambda text: "w" + text)
LINES = st.lists(st.lists(WORD, max_size=3).map(" ".join), min_size=1, max_size=6)
BREAKS = st.sampled_from(["\n", "\r\n", "\r"])


def parsed(text: str) -> Scalar:
    root, findings = parse_tree(Source("x.yaml", text))
    assert [found for found in findings if found.is_error] == [], text
    assert isinstance(root, Mapping)
    node = root.entries["a"]
    assert isinstance(node, Scalar)
    assert isinstance(node.value, str)
    return node


def assert_each_character_is_found(node: Scalar) -> None:
    value = str(node.value)
    behind = node.span.start
    for index, character in enumerate(value):
        place = locate(node, index, index + 1)
        assert place.start >= behind, "in the order of the value"
        behind = place.end
        if character not in " \n":
            assert place.text in (character, escaped(character), "''"), (character, place.text)
        else:
            assert place.text in (character, "\n", "\r\n", "\r", "\\n"), (character, place.text)


def escaped(character: str) -> str:
    return {"\\": "\\\\", '"': '\\"', "\u2028": "\\L", "é": "\\xe9"}.get(character, f"\\U{ord(character):08x}")


@given(LINES, BREAKS, st.integers(1, 4), st.sampled_from(["", "-", "+"]), st.booleans(), st.integers(0, 2))
@law(100)
@example(["", "w", "", " w", "w"], "\n", 2, "+", True, 2)
def test_block_scalars(
    lines: list[str], line_break: str, indent: int, chomping: str, is_folded: bool, blank: int
) -> None:
    if not any(lines):
        lines = [*lines, "w"]
    indicator = f"{'>' if is_folded else '|'}{indent if blank == 2 else ''}{chomping}"
    body = "".join(" " * indent * bool(line) + line + line_break for line in [*lines, *[""] * blank])
    node = parsed(f"a: {indicator}{line_break}{body}b: 1")
    assert node.style is (Style.FOLDED if is_folded else Style.LITERAL)
    assert_each_character_is_found(node)


@given(LINES, BREAKS, st.booleans())
@law(100)
def test_single_quoted_scalars(lines: list[str], line_break: str, has_spaces: bool) -> None:
    inside = (("  " * has_spaces) + line_break + "   ").join(line.replace("'", "''") for line in lines)
    assert_each_character_is_found(parsed(f"a: '{inside}'"))


@given(LINES, BREAKS, st.sampled_from(["{}", "  {}  ", "\\{}    "]), st.booleans())
@law(100)
def test_double_quoted_scalars(lines: list[str], line_break: str, between: str, escape_all: bool) -> None:
    def written(line: str) -> str:
        return "".join(escaped(c) if c in '"\\' or (escape_all and c in "é\u2028\U0001f600") else c for c in line)

    inside = between.format(line_break).join(written(line) for line in lines)
    assert_each_character_is_found(parsed(f'a: "{inside}"'))


@given(
    st.lists(
        st.lists(st.text("xyzé\U0001f600", min_size=1, max_size=4), min_size=0, max_size=3).map("  ".join), max_size=5
    ),
    BREAKS,
)
@law(100)
def test_plain_scalars(lines: list[str], line_break: str) -> None:
    assert_each_character_is_found(parsed("a: begin" + "".join(f"{line_break}  {line}" for line in [*lines, "end"])))
