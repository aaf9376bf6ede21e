"""parse_tree(): nodes, spans, and a finding at each thing that a spec must not hold."""

from dataclasses import dataclass

import pytest
from support.tables import each

from specc.diagnostics import Diagnostic
from specc.nodes import FILE_LAYER, Layer, LayerKind, Mapping, Node, Scalar, Sequence, Style, to_data
from specc.parser import MAX_ALIKE, parse_tree
from specc.parser.builder import MAX_DEPTH, MAX_NODES
from specc.source import MAX_BYTES, Source


@dataclass(frozen=True)
class Found:
    """A finding as a table can hold it: what it is, and the text that it stands on."""

    slug: str
    text: str
    message: str
    help: str | None = None


def tree(text: str) -> tuple[Node | None, list[Diagnostic]]:
    return parse_tree(Source("x.yaml", text))


def data(text: str) -> object:
    root, _ = tree(text)
    return None if root is None else to_data(root)


def findings(text: str) -> list[Found]:
    return [Found(each.code.slug, each.span.text, each.message, each.help) for each in tree(text)[1]]


def at(text: str, *path: str | int) -> Node:
    node, _ = tree(text)
    for step in path:
        match node:
            case Mapping():
                node = node.entries[str(step)]
            case Sequence():
                node = node.items[int(step)]
    assert node is not None
    return node


# nodes and spans


@pytest.mark.parametrize(
    ("text", "path", "written"),
    [
        pytest.param("a: one\n", ["a"], "one", id="plain"),
        pytest.param("a:   one   # c\n", ["a"], "one", id="plain without the space around"),
        pytest.param("a: one\n  two\n\nb: 1\n", ["a"], "one\n  two", id="plain of two lines"),
        pytest.param("a: 'one' # c\n", ["a"], "'one'", id="quoted"),
        pytest.param("a: |\n  one\n  two\n\n\nb: 1\n", ["a"], "|\n  one\n  two", id="block without blank lines"),
        pytest.param("a: |+\n  one  \n\n\nb: 1\n", ["a"], "|+\n  one  ", id="block that keeps blank lines"),
        pytest.param("a: |\nb: 1\n", ["a"], "|", id="empty block"),
        pytest.param("a: >-\r\n  one\r\n\r\nb: 1\r\n", ["a"], ">-\r\n  one", id="block CRLF"),
        pytest.param("a: |\n  one\n# c\n", ["a"], "|\n  one", id="block before a comment"),
        pytest.param("a:\n", ["a"], "", id="nothing"),
        pytest.param("a: &x one\n", ["a"], "one", id="behind an anchor"),
        pytest.param("a: &x # c\n  one: 1\n", ["a"], "one: 1", id="anchor on the line above"),
        pytest.param("a: &x\nb: 1\n", ["a"], "", id="anchor of nothing"),
        pytest.param("a: [1, 2 ]  # c\n", ["a"], "[1, 2 ]", id="flow list"),
        pytest.param("a: {b: 1}\n", ["a"], "{b: 1}", id="flow mapping"),
        pytest.param("a: [b: 1, c]\n", ["a", 0], "b: 1", id="pair in a flow list"),
        pytest.param("a:\n  b: 1\n  c:\n\n# c\nd: 2\n", ["a"], "b: 1\n  c:", id="block mapping"),
        pytest.param("a:\n- 1\n-\n\nb: 2\n", ["a"], "- 1\n-", id="list below its key"),
        pytest.param("\ufeffa: one\n", ["a"], "one", id="byte order mark"),
        pytest.param("é\U0001f600: \u2028\U0001f600\n", ["é\U0001f600"], "\u2028\U0001f600", id="wide characters"),
    ],
)
def test_a_span_is_exactly_what_was_written(text: str, path: list[str | int], written: str) -> None:
    assert at(text, *path).span.text == written


@each(
    "text, place",
    [
        ("a: # c\n\nb: 1\n", 2),
        ("a :\n", 3),
        ("? a\n# c\n: # d\n\nb: 1\n", 9),
        ("? a\n\nb: 1\n", 3),
        ("{a , b: 1}", 2),
        ("{a: , b: 1}", 3),
        ("{'a': }", 5),
        ("a: !t\n\nb: 1", 2),
        ("a: &x\n\nb: 1", 5),
    ],
)
def test_nothing_stands_where_it_was_expected(text: str, place: int) -> None:
    span = at(text, "a").span
    assert (span.start, span.end) == (place, place)


def test_a_scalar_keeps_its_text_and_style() -> None:
    root, _ = tree("[0x10, '0x10', \"a\\tb\"]")
    assert isinstance(root, Sequence)
    seen = [(node.value, node.raw, node.style) for node in root.items if isinstance(node, Scalar)]
    assert seen == [(16, "0x10", Style.PLAIN), ("0x10", "0x10", Style.SINGLE), ("a\tb", "a\tb", Style.DOUBLE)]


def test_every_node_has_the_layer() -> None:
    layer = Layer(LayerKind.SET)
    root, _ = parse_tree(Source("--set", "{a: [1]}"), layer)
    assert isinstance(root, Mapping)
    items = root.entries["a"]
    assert isinstance(items, Sequence)
    assert {root.layer, items.layer, items.items[0].layer, root.keys["a"].layer} == {layer}
    assert at("a").layer == FILE_LAYER


@each("text", ["", "\n\n", "# c\n", "# c", "\ufeff", "   "])
def test_an_empty_text_has_no_node(text: str) -> None:
    assert tree(text) == (None, [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a: x\u2028b\nc: 1\n", {"a": "x\u2028b", "c": 1}, id="in a value"),
        pytest.param("# c\u2028evil: 1\na: 1\n", {"a": 1}, id="in a comment"),
        pytest.param("a: 'x\x85  y'\n", {"a": "x\x85  y"}, id="next line"),
        pytest.param("a\ufeffb: 1\n", {"a\ufeffb": 1}, id="byte order mark inside"),
        pytest.param("a: |\n  x\u2029  y\n", {"a": "x\u2029  y\n"}, id="in a block"),
        pytest.param("a: &x\u2028y 1\nb: *x\u2028y\n", {"a": 1, "b": 1}, id="in an anchor"),
        pytest.param("a: x\u2028\ue000\n", {"a": "x\u2028\ue000"}, id="beside a private character"),
    ],
)
def test_line_breaks_are_those_of_yaml_1_2(text: str, expected: object) -> None:
    root, found = tree(text)
    assert root is not None
    assert (to_data(root), [each for each in found if each.code.slug != "bad-key"]) == (expected, [])


# keys


def test_a_key_that_stands_twice() -> None:
    root, found = tree("a: 1\nb: 2\n'a': 3\n")
    assert root is not None
    assert to_data(root) == {"a": 1, "b": 2}
    assert [(each.code.slug, each.span.first, each.message) for each in found] == [
        ("duplicate-key", (3, 1), "the key `a` is in this mapping twice")
    ]
    assert [(label.span.first, label.message) for label in found[0].labels] == [((1, 1), "first here")]


def test_a_long_or_unprintable_key_fits_a_message() -> None:
    message = findings('"a\\nb": 1\n"a\\nb": 2\n')[0].message
    assert message == "the key `a\\nb` is in this mapping twice"
    assert len(findings(f"{'k' * 500}: 1\n{'k' * 500}: 2\n")[0].message) < 100


@each(
    "text, expected, finding",
    [
        (
            "1: x",
            {"1": "x"},
            Found("bad-key", "1", "expected a text as key, found the number 1", 'write `"1"` with quotes'),
        ),
        (
            "true: x",
            {"true": "x"},
            Found("bad-key", "true", "expected a text as key, found the boolean true", 'write `"true"` with quotes'),
        ),
        ("~: x", {"~": "x"}, Found("bad-key", "~", "expected a text as key, found null", 'write `"~"` with quotes')),
        (": x", {}, Found("bad-key", "", "expected a text as key, found nothing")),
        ("[a]: x", {}, Found("bad-key", "[a]", "expected a text as key, found a list")),
        ("? {a: b}\n: x\n", {}, Found("bad-key", "{a: b}", "expected a text as key, found a mapping")),
    ],
)
def test_a_key_is_a_text(text: str, expected: object, finding: Found) -> None:
    assert data(text) == expected
    assert findings(text) == [finding]


# tags, documents


@each(
    "text, tags, expected",
    [
        ("a: !!str 5\n", ["!!str"], {"a": 5}),
        ("a: ! 5\n", ["!"], {"a": 5}),
        ("a: !<tag:x> {b: 1}\n", ["!<tag:x>"], {"a": {"b": 1}}),
        ("a: !e!x [1]\n", ["!e!x"], {"a": [1]}),
        ("a: [!x, !y z]\n", ["!x", "!y"], {"a": [None, "z"]}),
        ("!!map\na: &x !t 1\nb: !t &y 2\nc: *x\n", ["!!map", "!t", "!t"], {"a": 1, "b": 2, "c": 1}),
        ("a: !%zz x\n", ["!%zz"], {"a": "x"}),
        ("!k a: 1\n", ["!k"], {"a": 1}),
        ("a: !important, this\n", ["!important"], None),
    ],
)
def test_tags_are_read_over(text: str, tags: list[str], expected: object) -> None:
    found = findings(text)
    assert [each.text for each in found if each.slug == "yaml-tag"] == tags
    assert data(text) == expected


def test_a_tag_says_how_to_write_a_text() -> None:
    assert findings("a: !x y\n") == [
        Found(
            "yaml-tag",
            "!x",
            "the tag `!x` has no meaning in a spec",
            "remove it; put a text that begins with `!` in quotes",
        )
    ]


@each(
    "text, second, first",
    [
        ("a: 1\n---\nb: 2\n", "---", ["a: 1"]),
        ("--- # c\na: 1\nb: 2\n--- {}\n", "--- {}", ["a: 1"]),
        ("a: 1\n...\nb: 2\n", "b: 2", ["a: 1"]),
        ("---\n---\na: 1", "---", []),
    ],
)
def test_a_second_document(text: str, second: str, first: list[str]) -> None:
    root, found = tree(text)
    assert root is not None
    assert [(each.code.slug, each.span.text) for each in found] == [("second-document", second)]
    assert [label.span.text for label in found[0].labels] == first


def test_the_end_of_a_document_can_be_marked() -> None:
    assert findings("--- \na: 1\n...\n") == []


# aliases and merge keys


def test_an_alias_stands_where_it_is_used() -> None:
    text = "a: &x {b: 1}\nc: *x\n"
    assert at(text, "c").span.text == "*x"
    assert at(text, "c", "b").span.first == (1, 11)


def test_an_aliased_scalar_keeps_its_kind() -> None:
    node = at("a: &x |\n  one\nb: *x\n", "b")
    assert isinstance(node, Scalar)
    assert (node.value, node.style, node.span.text) == ("one\n", Style.LITERAL, "*x")


def test_an_anchor_can_be_given_again() -> None:
    assert data("- &x 1\n- *x\n- &x 2\n- *x\n- &y [&y 3, *y]\n- *y\n") == [1, 1, 2, 2, [3, 3], 3]


def test_an_alias_can_be_a_key() -> None:
    assert data("a: &x b\n*x : 1\n") == {"a": "b", "b": 1}


@each(
    "text, finding",
    [
        (
            "a: *x\n",
            Found("bad-alias", "*x", "there is no anchor `&x` above", "put a text that begins with `*` in quotes"),
        ),
        (
            "a: &base 1\nb: *bse\n",
            Found("bad-alias", "*bse", "there is no anchor `&bse` above", "did you mean `*base`?"),
        ),
        ("a: &x [1, *x]\n", Found("bad-alias", "*x", "`*x` is used inside of its own anchor")),
        ("a: &x {b: {c: *x}}\n", Found("bad-alias", "*x", "`*x` is used inside of its own anchor")),
        ("a: &x {<<: *x}\n", Found("bad-alias", "*x", "`*x` is used inside of its own anchor")),
        ("<<: 5\n", Found("bad-alias", "5", "`<<` merges mappings, found the number 5")),
        ("<<: [{a: 1}, b]\n", Found("bad-alias", "b", '`<<` merges mappings, found the text "b"')),
        ("<<:\n", Found("bad-alias", "", "`<<` merges mappings, found null")),
        ("a: &x [1]\nb: {<<: [*x]}\n", Found("bad-alias", "*x", "`<<` merges mappings, found a list")),
        (
            "*q : 1\n",
            Found("bad-alias", "*q", "there is no anchor `&q` above", "put a text that begins with `*` in quotes"),
        ),
    ],
)
def test_an_alias_that_names_nothing_usable(text: str, finding: Found) -> None:
    assert findings(text)[0] == finding


def test_a_bad_alias_does_not_end_the_parse() -> None:
    text = "a: *x\nb: {<<: *y, c: 1}\nd: 2\n"
    assert [each.text for each in findings(text)] == ["*x", "*y"]
    assert data(text) == {"a": None, "b": {"c": 1}, "d": 2}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("{<<: *a, y: 9}", {"x": 1, "y": 9}, id="the mapping's own key wins"),
        pytest.param("{y: 9, <<: *a}", {"x": 1, "y": 9}, id="wherever it stands"),
        pytest.param("{<<: [*b, *a]}", {"x": 3, "y": 2, "z": 4}, id="the earlier mapping wins"),
        pytest.param("{<<: [*a, *b]}", {"x": 1, "y": 2, "z": 4}, id="in the other order"),
        pytest.param("{<<: {q: 1}}", {"q": 1}, id="a mapping on the spot"),
        pytest.param("{'<<': *a}", {"<<": {"x": 1, "y": 2}}, id="in quotes it is a key"),
        pytest.param("{<<: []}", {}, id="nothing"),
    ],
)
def test_merge_keys(text: str, expected: object) -> None:
    node = at(f"a: &a {{x: 1, y: 2}}\nb: &b {{x: 3, z: 4}}\nc: {text}\n", "c")
    assert to_data(node) == expected


def test_what_is_merged_keeps_its_place() -> None:
    node = at("a: &a {x: 1}\nb:\n  <<: *a\n", "b")
    assert isinstance(node, Mapping)
    assert node.entries["x"].span.first == (1, 11)
    assert node.keys["x"].span.first == (1, 8)


def test_two_merge_keys() -> None:
    assert findings("a: &a {x: 1}\nb:\n  <<: *a\n  <<: *a\n") == [
        Found("duplicate-key", "<<", "the key `<<` is in this mapping twice", "write one `<<: [*a, *b]`")
    ]


# limits

OPEN = "values are nested deeper than 64 levels"
MANY = "the document has more than 10,000 keys and values"


def aliases(depth: int) -> str:
    lines = ["a0: &a0 [x]"]
    lines += [f"a{n}: &a{n} {'[' * depth}*a{n - 1}{']' * depth}" for n in range(1, 100)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("[" * 100_000, OPEN, id="brackets"),
        pytest.param("{a: " * 30_000, OPEN, id="braces"),
        pytest.param("[\n" * 60_000, OPEN, id="brackets, one a line"),
        pytest.param("- " * 60_000, OPEN, id="lists in lists"),
        pytest.param("? " * 60_000, OPEN, id="keys of keys"),
        pytest.param("\n".join(" " * n + "a:" for n in range(100)), OPEN, id="mappings in mappings"),
        pytest.param(aliases(20), OPEN, id="aliases in aliases"),
        pytest.param("- a\n" * 30_000, MANY, id="long list"),
        pytest.param("".join(f"k{n}: v\n" for n in range(12_000)), MANY, id="many keys"),
        pytest.param("a: &a " + "[x" + ",x" * 99 + "]\nb: [" + "*a," * 300 + "]", MANY, id="one alias many times"),
        pytest.param(
            "a: &a [x,x,x,x,x,x,x,x,x]\n"
            + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(9)),
            MANY,
            id="billion laughs",
        ),
        pytest.param(
            "a: &a {" + ",".join(f"k{n}: 1" for n in range(100)) + "}\n" + "- {<<: *a}\n".replace("- ", "b: ") * 200,
            MANY,
            id="merged again and again",
        ),
    ],
)
def test_a_document_beyond_a_limit_is_given_up(text: str, message: str) -> None:
    root, found = tree(text)
    assert root is None
    assert [each.message for each in found if each.code.slug == "too-large"] == [message]


def test_limits_are_reached_exactly() -> None:
    assert findings("[" * MAX_DEPTH + "]" * MAX_DEPTH) == []
    assert findings("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))[0].slug == "too-large"
    assert findings("[" + "a," * (MAX_NODES - 1) + "]") == []
    assert findings("[" + "a," * MAX_NODES + "]")[0].slug == "too-large"


def test_a_long_chain_of_merges_is_not_deep() -> None:
    lines = ["a0: &a0 {x: 1}", *(f"a{n}: &a{n} {{<<: *a{n - 1}}}" for n in range(1, 80))]
    assert findings("\n".join(lines)) == []


def test_an_alias_is_explained_when_it_makes_the_document_large() -> None:
    assert findings("a: &a [" + "x," * 999 + "]\nb: [" + "*a," * 30 + "]")[0].help is not None


def test_no_more_than_some_findings_of_one_kind() -> None:
    _, found = tree("- no\n" * (MAX_ALIKE + 20) + "- !t a\n")
    assert [each.code.slug for each in found] == ["yaml-1.1"] * MAX_ALIKE + ["yaml-tag"]
    assert found[MAX_ALIKE - 1].notes == ("20 more like this are not shown",)
    assert found[0].notes == ()


def test_findings_stand_in_the_order_of_the_text() -> None:
    _, found = tree("a: no\nb: {{ x }}\nc: !t y\na: yes\nd: *q\n")
    slugs = ["yaml-1.1", "unquoted-template", "yaml-tag", "duplicate-key", "yaml-1.1", "bad-alias"]
    assert [each.code.slug for each in found] == slugs


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a: " + "x" * MAX_BYTES, id="long plain"),
        pytest.param("a: " + "x y " * MAX_BYTES, id="words"),
        pytest.param("# comment\n" * MAX_BYTES, id="comments"),
        pytest.param('a: "' + "\\n" * MAX_BYTES, id="open quote"),
        pytest.param("a: |\n" + " \n" * MAX_BYTES, id="blank block"),
        pytest.param("a: |\n" + "  x\n" * MAX_BYTES, id="block"),
        pytest.param("a: x\n" + "\n" * MAX_BYTES, id="blank lines"),
        pytest.param("!! " * MAX_BYTES, id="tags"),
        pytest.param("- !t a\n" * MAX_BYTES, id="tag in each line"),
        pytest.param("- {{ a }}\n" * MAX_BYTES, id="template in each line"),
        pytest.param("[" + "{{ a }}," * MAX_BYTES, id="templates in one line"),
        pytest.param("[" + "{{ a " * MAX_BYTES, id="open templates"),
        pytest.param("{{" * MAX_BYTES, id="braces"),
        pytest.param("{% if %}\n" * MAX_BYTES, id="statements"),
        pytest.param("a: '" + "\u2028" * MAX_BYTES, id="line separators"),
        pytest.param("- *b\n" * MAX_BYTES, id="unknown aliases"),
        pytest.param("".join(f"- &a{n} x\n- *b{n}\n" for n in range(8000)), id="unknown aliases among anchors"),
        pytest.param('a: "' + "\\ud83d" * MAX_BYTES, id="half characters"),
        pytest.param("9" * MAX_BYTES, id="digits"),
        pytest.param("a: 1" + ":59" * MAX_BYTES, id="sixties"),
        pytest.param("a: 1\n" * MAX_BYTES, id="duplicates"),
    ],
)
def test_no_text_of_the_allowed_size_takes_long(text: str) -> None:
    """The suite's time is the measure: a quadratic step would take minutes here."""
    assert len(tree(text[:MAX_BYTES])[1]) <= 3 * MAX_ALIKE
