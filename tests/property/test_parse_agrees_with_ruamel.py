"""Our nodes say what ruamel.yaml's own loader says, on documents that it wrote in any style."""

from io import StringIO

from hypothesis import given, reject
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import (
    DoubleQuotedScalarString,
    FoldedScalarString,
    LiteralScalarString,
    SingleQuotedScalarString,
)
from support.laws import law
from support.tables import each

from specc.nodes import to_data
from specc.parser import parse_tree
from specc.source import Source

# Line breaks of YAML 1.1 are the one thing that ruamel.yaml and YAML 1.2 see differently: test_parser_tree.py has them.
CHARACTERS = st.characters(exclude_categories=["Cs", "Cc", "Cn"], exclude_characters="\u2028\u2029\ufeff")
TEXTS = st.text(CHARACTERS | st.sampled_from("\n :#-'\"\\{}[],&*!|>%@?ab1"), max_size=20)
STYLES = st.sampled_from([str, DoubleQuotedScalarString, SingleQuotedScalarString, LiteralScalarString])
STYLED = st.builds(lambda style, text: style(text), STYLES, TEXTS)
NUMBERS = st.integers(-(10**12), 10**12) | st.floats(allow_nan=False, width=32)
ATOMS = STYLED | NUMBERS | st.booleans() | st.none()


def flow(collection: CommentedMap | CommentedSeq, is_flow: bool) -> CommentedMap | CommentedSeq:
    if is_flow:
        collection.fa.set_flow_style()
    return collection


def collections(children: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    lists = st.builds(
        lambda items, is_flow: flow(CommentedSeq(items), is_flow), st.lists(children, max_size=4), st.booleans()
    )
    maps = st.builds(
        lambda entries, is_flow: flow(CommentedMap(entries), is_flow),
        st.dictionaries(TEXTS.filter(lambda key: "\n" not in key), children, max_size=4),
        st.booleans(),
    )
    return lists | maps


def dumped(data: object, indent: int = 2) -> str:
    writer = YAML()
    writer.width = 30
    writer.indent(mapping=indent, sequence=indent + 2, offset=indent)
    stream = StringIO()
    writer.dump(data, stream)
    return stream.getvalue()


@given(st.recursive(ATOMS, collections, max_leaves=12), st.integers(1, 4))
@law(100)
def test_a_dumped_document_is_read_as_ruamel_reads_it(data: object, indent: int) -> None:
    text = dumped(data, indent)
    try:
        expected = YAML(typ="safe", pure=True).load(text)
    except YAMLError:  # it folds a long key of `{...}`, and cannot read that again
        reject()
    root, findings = parse_tree(Source("x.yaml", text))
    assert [found for found in findings if found.is_error] == []
    assert root is not None
    assert to_data(root) == expected


DOCUMENTS = [
    "a: plain text\n  over lines\n\n  and paragraphs\nb: x # comment\n",
    "a: |\n  one\n   two\n\n  three\n\n\nb: >\n  one\n  two\n\n   deeper\n  three\n",
    "a: |-\n  x\nb: |+\n  x\n\nc: >2-\n    x\n   y\n",
    "'a': 'it''s'\n\"b\": \"x\\ty\\\n    z\"\n",
    "a:\n- 1\n- - 2\n  - 3\n-\n  b: 4\n  c: 5\n",
    "? a\n: b\n? c\n",
    "{a: [b, {c: d}], e: , f}\n",
    "[a: 1, b, ? c : d]\n",
    "a: &x {b: 1}\nc: *x\nd: {<<: *x, b: 2, e: 3}\nf: {<<: [{b: 5, g: 6}, *x]}\n",
    "a: http://host:80/x?y=z#part\nb: [c:d, 'e:f']\n",
    "- \n- ''\n- ~\n",
    "--- # start\na: 1\n... # end\n",
    "a: 1\r\nb: |\r\n  x\r\n  y\r\nc: 'x\r\n\r\n  y'\r\n",
    "a: 1\rb: 2\r",
    "--- |\n  top\n",
    "plain top\n",
]


@each("text", DOCUMENTS)
def test_a_written_document_is_read_as_ruamel_reads_it(text: str) -> None:
    expected = YAML(typ="safe", pure=True).load(text)
    root, findings = parse_tree(Source("x.yaml", text))
    assert findings == []
    assert root is not None
    assert to_data(root) == expected


@given(st.text(CHARACTERS, max_size=30).map(lambda text: FoldedScalarString(text + "\n")))
@law(50)
def test_a_folded_text_has_no_marks_of_the_writer(text: FoldedScalarString) -> None:
    root, _ = parse_tree(Source("x.yaml", dumped({"a": text})))
    assert root is not None
    assert "\a" not in str(to_data(root))
