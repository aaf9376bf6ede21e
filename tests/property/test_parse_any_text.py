"""Whatever the bytes are, parsing ends with a document or a finding, and every place lies in the text."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from hypothesis import example, given
from hypothesis import strategies as st
from support.laws import law

from specc.diagnostics import Diagnostic
from specc.nodes import FILE_LAYER, Mapping, Node, Scalar, Sequence, Style, locate
from specc.parser import decode, parse, parse_flow, parse_tree, plain_value
from specc.source import Source, Span

FRAGMENTS = st.sampled_from(
    [
        *("a", "b c", "key", "1", "010", "no", "~", "é", "\U0001f600", "\u2028", "\x85", "\ufeff", "specc: 1\n"),
        *(": ", ":", "- ", "? ", ", ", ",", "[", "]", "{", "}", "{{ x }}", "{% if x %}", "{{", "}}", "{#", "#", " # c"),
        *("'", '"', "''", "\\", "\\n", "\\x41", "\\ud83d", "\\UFFFFFFFF", "\\\n", "|", ">", "|-\n", ">+2\n", "|1"),
        *("&a ", "*a", "&b", "*b ", "<<: ", "!t ", "!!str ", "!<x>", "!e!f ", "!%zz", "%YAML 1.1\n", "%TAG ! x\n"),
        *("\n", "\r\n", "\r", "\n  ", "\n    ", " ", "  ", "\t", "---", "...", "---\n", "\n--- ", "@", "`", "%"),
        *("extends: ", "id: ", "abstract: ", "job:\n  ", "x-y: "),
    ]
)
TEXTS = st.lists(FRAGMENTS, max_size=25).map("".join) | st.text(max_size=60)

LINES = st.lists(st.text("ab '\"\\:#-é{}", min_size=1, max_size=6).map(str.strip).filter(bool), min_size=1, max_size=3)
"""The lines of one scalar, with whatever means something to YAML."""
SCALARS = st.one_of(
    LINES.map(lambda lines: "'" + "\n    ".join(lines).replace("'", "''") + "'"),
    LINES.map(lambda lines: '"' + "\n    ".join(json.dumps(line)[1:-1] for line in lines) + '"'),
    LINES.map(lambda lines: "|\n    " + "\n    ".join(lines)),
    LINES.map(lambda lines: ">-\n    " + "\n    ".join(lines)),
    st.sampled_from(["a", "1", "0x1F", "no", "~", ".nan", "1e3", "a b\n    c", "2024-01-01"]),
)
DOCUMENTS = st.lists(SCALARS, min_size=1, max_size=5).map(
    lambda scalars: "".join(f"k{number}: {scalar}\n" for number, scalar in enumerate(scalars))
)
"""Mappings of scalars in every style."""


def spans(diagnostics: tuple[Diagnostic, ...] | list[Diagnostic]) -> Iterator[Span]:
    for diagnostic in diagnostics:
        yield diagnostic.span
        yield from (label.span for label in diagnostic.labels)


def nodes(node: Node) -> Iterator[Node]:
    yield node
    match node:
        case Mapping():
            for key, value in node.items():
                yield key
                yield from nodes(value)
        case Sequence():
            for item in node.items:
                yield from nodes(item)


def assert_inside(span: Span, source: Source) -> None:
    assert 0 <= span.start <= span.end <= len(source.text), (span.start, span.end)
    assert span.first <= span.last


@given(TEXTS)
@law(100)
@example("a: &a [*a]")
@example('"\\')
@example("a: '")
@example("!")
@example("&a !t")
@example("\ufeff\ufeffa: 1")
@example("? &a\n: *a")
@example("{{ a }}: {{ b }}")
@example("a: [x{{")
@example("- {% x %}\n{% y %}")
@example("a: |9\n x")
@example("a: >\n\n\n")
@example("--- |\na\n...\n")
def test_any_text_is_parsed_or_explained(text: str) -> None:
    source = Source("x.yaml", text)
    parsed = parse(source)
    assert parsed.document is not None or parsed.diagnostics
    for diagnostic in parsed.diagnostics:
        assert "\n" not in diagnostic.message
        assert not diagnostic.message.endswith(".")
    for span in spans(parsed.diagnostics):
        assert_inside(span, span.source)
    if parsed.document is not None:
        for node in nodes(parsed.document.root):
            assert_inside(node.span, source)


def test_a_scalar_reads_back_from_its_span() -> None:
    met: Counter[tuple[Style, bool]] = Counter()

    @given(DOCUMENTS | TEXTS)
    @law(200)
    @example("a: 'b'\nc: \"d\n  e\"\nf: |\n  g\nh: >\n  i\n")
    def holds(text: str) -> None:
        root, _ = parse_tree(Source("x.yaml", text))
        for node in nodes(root) if root is not None else ():
            if isinstance(node, Scalar) and not node.span.text.startswith("*"):
                written = node.span.text
                met[node.style, "\n" in written] += 1
                match node.style:
                    case Style.PLAIN:
                        assert node.raw == written or len(written.splitlines()) > 1
                        assert node.value in (node.raw, plain_value(node.raw)) or node.value != node.value
                    case Style.SINGLE | Style.DOUBLE:
                        quote = "'" if node.style is Style.SINGLE else '"'
                        assert written[0] == written[-1] == quote
                    case Style.LITERAL | Style.FOLDED:
                        assert written[0] in "|>"
                        assert written.splitlines()[-1].strip()

    holds()
    assert {style for style, _ in met} == set(Style), "the law never met some style"
    assert met[Style.DOUBLE, True], "the law never met quotes over several lines"


@given(TEXTS)
@law(100)
def test_any_text_can_be_a_value_of_the_command_line(text: str) -> None:
    source = Source("-p", "x=" + text, "-p")
    node, diagnostics = parse_flow(source, 2, FILE_LAYER)
    assert node is not None or diagnostics
    for span in spans(diagnostics):
        assert_inside(span, span.source)
    for inner in nodes(node) if node is not None else ():
        assert_inside(inner.span, source)
        assert inner.span.start >= 2


@given(st.binary(max_size=60) | TEXTS.map(str.encode))
@law(100)
def test_any_bytes_are_a_text_or_explained(data: bytes) -> None:
    result = decode(data, "x.yaml", "x.yaml")
    if isinstance(result, Diagnostic):
        assert_inside(result.span, result.span.source)
    else:
        assert result.text.encode() == data.removeprefix(b"\xef\xbb\xbf")


@given(TEXTS, st.integers(0, 30), st.integers(0, 30))
@law(100)
def test_any_part_of_any_scalar_has_a_place_in_it(text: str, start: int, length: int) -> None:
    root, _ = parse_tree(Source("x.yaml", text))
    for node in nodes(root) if root is not None else ():
        if isinstance(node, Scalar):
            place = locate(node, start, start + length)
            assert_inside(place, node.span.source)
            assert place.start >= node.span.start
            assert locate(replace(node, value="\x00"), 0, 1) == node.span
