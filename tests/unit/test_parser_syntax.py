"""Texts that are not YAML, and templates that nobody quoted: what is said, where, and how to write it."""

import pytest
from support.tables import each

from specc.diagnostics import Diagnostic
from specc.nodes import to_data
from specc.parser import parse_tree
from specc.parser.events import NotYaml
from specc.parser.syntax import syntax_error
from specc.source import Source


def findings(text: str) -> list[Diagnostic]:
    return parse_tree(Source("x.yaml", text))[1]


def only(text: str) -> Diagnostic:
    found = findings(text)
    assert len(found) == 1, [each.message for each in found]
    return found[0]


TAB = "a tab where YAML wants spaces"
QUOTE = "this quote is never closed"
LINE_ABOVE = "a `:` in a text that begins in a line above"
TEXT_BEHIND = "text behind the end of a value"
INDENT = "this line is indented like nothing above it"


@pytest.mark.parametrize(
    ("text", "place", "written", "message"),
    [
        pytest.param("a:\n\tb: 1\n", (2, 1), "", TAB, id="tab in the indentation"),
        pytest.param("a:\tb\n", (1, 3), "", TAB, id="tab behind a key"),
        pytest.param("a: b: c\n", (1, 5), ":", "a second `: ` in one line", id="two colons"),
        pytest.param("a: 1\n b: 2\n", (2, 3), ":", LINE_ABOVE, id="deeper key"),
        pytest.param("foo\nbar: 1\n", (2, 4), ":", LINE_ABOVE, id="line without a colon first"),
        pytest.param(
            "a: 1\nfoo\nb: 2\n",
            (2, 1),
            "foo",
            "expected `key: value`, found a line without `:`",
            id="line without a colon",
        ),
        pytest.param("a: 'b\nc: d\n", (1, 4), "'", QUOTE, id="open single quote"),
        pytest.param('a: "b\n', (1, 4), '"', QUOTE, id="open double quote"),
        pytest.param("a: 'b\n---\nc'\n", (1, 4), "'", QUOTE, id="quote across documents"),
        pytest.param("a: [1, 2\n", (1, 4), "[", "expected `]`: this is never closed", id="open list"),
        pytest.param("a: {b: 1\n", (1, 4), "{", "expected `}`: this is never closed", id="open mapping"),
        pytest.param("a: [1\nb: 2\n", (2, 2), ":", "expected `,` or `]`", id="open list, more lines"),
        pytest.param("a: [1 2: [}\n", (1, 11), "}", "expected a value, found `}`", id="wrong bracket"),
        pytest.param("a: ]\n", (1, 4), "]", "expected a value, found `]`", id="bracket that closes nothing"),
        pytest.param("a: @b\n", (1, 4), "@b", "an unquoted value cannot begin with `@`", id="at sign"),
        pytest.param("a: `b`\n", (1, 4), "`b`", "an unquoted value cannot begin with ```", id="backtick"),
        pytest.param("a: %b\n", (1, 4), "%b", "an unquoted value cannot begin with `%`", id="per cent"),
        pytest.param("a: - b\n", (1, 4), "-", "a list cannot begin here", id="list behind a key"),
        pytest.param("a: b\n? c\n? d: ? e\n", (3, 6), "?", "a `? ` is not allowed here", id="question mark"),
        pytest.param('a: "b\\qc"\n', (1, 6), "\\qc", "`\\q` is not an escape in double quotes", id="unknown escape"),
        pytest.param(
            'a: "\\xZZ"\n', (1, 5), "\\xZZ", "expected 2 hexadecimal digits in this escape", id="digits of an escape"
        ),
        pytest.param(
            'a: "\\UFFFFFFFF"\n',
            (1, 5),
            "\\UFFFFFFFF",
            "an escape for a character that does not exist",
            id="no such character",
        ),
        pytest.param("a: |b\n  c\n", (1, 5), "b", "text on the line of `|` or `>`", id="text behind |"),
        pytest.param("a: |2 b\n  c\n", (1, 7), "b", "text on the line of `|` or `>`", id="text behind |2"),
        pytest.param(
            "a: |0\n  c\n", (1, 5), "0", "expected an indentation from 1 to 9 behind `|` or `>`", id="indentation of 0"
        ),
        pytest.param(
            "a: |\n  \n     \n    b\n",
            (4, 5),
            "b",
            "a blank line above this text is indented more than its first line",
            id="deep blank line",
        ),
        pytest.param("a: *\n", (1, 5), "", "`&` and `*` need a name of letters and digits", id="star"),
        pytest.param("a: & b\n", (1, 5), "", "`&` and `*` need a name of letters and digits", id="ampersand"),
        pytest.param("a:\n   b: 1\n  c: 2\n", (3, 3), "c:", INDENT, id="key out of line"),
        pytest.param("a:\n  - b\n - c\n", (3, 2), "-", INDENT, id="item out of line"),
        pytest.param("a: 1\n- b\n", (2, 1), "-", "a list item among the keys of a mapping", id="item among keys"),
        pytest.param('a: "b" c\n', (1, 8), "c", TEXT_BEHIND, id="text behind quotes"),
        pytest.param("a: [b] c\n", (1, 8), "c", TEXT_BEHIND, id="text behind a list"),
        pytest.param("[a] b\n", (1, 5), "b", "text behind the end of the document", id="text behind the root"),
        pytest.param(
            "a: 1\n... b\n", (2, 5), "b", "text behind the end of the document", id="text behind the end mark"
        ),
        pytest.param("%YAML 1.2\n---\na: 1\n", (1, 1), "%YAML", "a line that begins with `%`", id="directive"),
        pytest.param("a: 1\n%b\n", (2, 1), "%b", "a line that begins with `%`", id="per cent at the line's start"),
        pytest.param("- a\nb: 1\n", (2, 1), "b:", "a key among the items of a list", id="key among items"),
        pytest.param(
            'a: "\\ud83d"\n',
            (1, 5),
            "\\ud83d",
            "`\\ud83d` is an unpaired surrogate, which is not a character",
            id="half a character",
        ),
    ],
)
def test_what_is_wrong_and_where(text: str, place: tuple[int, int], written: str, message: str) -> None:
    found = only(text)
    assert (found.code.slug, found.span.first, found.span.text.strip(), found.message) == (
        "yaml-syntax",
        place,
        written,
        message,
    )


@each(
    "text, help",
    [
        ("a:\n\tb: 1\n", "indent and align with spaces"),
        ("a: b: c\n", "put the value in quotes if the `:` belongs to it"),
        ('a: "\\q"\n', "write `\\\\` for a backslash, or use single quotes"),
        ("a: {b: 4，c: d}\n", "`，` is a full-width comma; write `,` and a blank"),
        ("a: [1\nb: 2\n", "is a bracket not closed? a text that contains any of `[]{},` needs quotes"),
        ("%YAML 1.2\n---\na: 1\n", "specs have no YAML directives; remove the line"),
    ],
)
def test_the_way_out(text: str, help: str) -> None:
    assert only(text).help == help


def test_where_the_reading_began_is_a_label() -> None:
    assert [(label.span.first, label.message) for label in only("a: [1\nb: 2\n").labels] == [
        ((1, 4), "in what begins here")
    ]


def test_a_syntax_error_leaves_no_document_but_what_was_found_before() -> None:
    root, found = parse_tree(Source("x.yaml", "a: no\nb: !t x\nc: 'd\n"))
    assert root is None
    assert [each.code.slug for each in found] == ["yaml-1.1", "yaml-tag", "yaml-syntax"]


def test_a_problem_without_words_of_its_own() -> None:
    found = syntax_error(Source("x.yaml", "abc def"), NotYaml("something new", 4, 0))
    assert (found.message, found.span.text, found.labels[0].span.text) == ("something new", "def", "abc")


# templates

BELOW = "write `n: |` and the template in the lines below it"


@pytest.mark.parametrize(
    ("text", "written", "help"),
    [
        pytest.param("n: {{ p.x }}\n", "{{ p.x }}", 'write `n: "{{ p.x }}"`', id="alone"),
        pytest.param("n: {{ p.x }}/a b\n", "{{ p.x }}/a b", 'write `n: "{{ p.x }}/a b"`', id="with text behind"),
        pytest.param("n: {{ a }}-{{ b }}\n", "{{ a }}-{{ b }}", 'write `n: "{{ a }}-{{ b }}"`', id="two in one value"),
        pytest.param("n: {{ a }} # c\n", "{{ a }}", 'write `n: "{{ a }}"`', id="before a comment"),
        pytest.param("n: {{ a }}#b\n", "{{ a }}#b", 'write `n: "{{ a }}#b"`', id="before what is no comment"),
        pytest.param("n: {{ '#' }}\n", "{{ '#' }}", "write `n: \"{{ '#' }}\"`", id="with quotes inside"),
        pytest.param('n: {{ "a" }}\n', '{{ "a" }}', "write `n: '{{ \"a\" }}'`", id="with double quotes inside"),
        pytest.param('n: {{ "it\'s" }}\n', '{{ "it\'s" }}', "write `n: '{{ \"it''s\" }}'`", id="with both inside"),
        pytest.param("n: {{ a: 1 }}\n", "{{ a: 1 }}", 'write `n: "{{ a: 1 }}"`', id="with a colon inside"),
        pytest.param("n: {{ {a: {b: 1}} }}\n", "{{ {a: {b: 1}} }}", 'write `n: "{{ {a: {b: 1}} }}"`', id="map"),
        pytest.param("n:\n  - {{ a }}\n", "{{ a }}", 'write `- "{{ a }}"`', id="item"),
        pytest.param("n: {b: {{ a }}, c: d}\n", "{{ a }}", 'write `n: {b: "{{ a }}", c: d}`', id="in a flow mapping"),
        pytest.param("n: [{{ a }}]\n", "{{ a }}", 'write `n: ["{{ a }}"]`', id="in a flow list"),
        pytest.param("{{ k }}: v\n", "{{ k }}", 'write `"{{ k }}": v`', id="key"),
        pytest.param("n: {{ a\n", "{{ a", 'write `n: "{{ a"`', id="not closed"),
        pytest.param("n: [{{ a\nm: ]\n", "{{ a", 'write `n: ["{{ a"`', id="not closed in a list"),
        pytest.param("n: {% a %}b{% c %}\n", "{% a %}b{% c %}", BELOW, id="statement"),
        pytest.param("n: [{% a %}, b]\n", "{% a %}", 'write `n: ["{% a %}", b]`', id="statement in a list"),
        pytest.param("n: &x {{ a }}\n", "{{ a }}", 'write `n: &x "{{ a }}"`', id="behind an anchor"),
        pytest.param("{{ a }}\n", "{{ a }}", 'write `"{{ a }}"`', id="whole document"),
    ],
)
def test_an_unquoted_template(text: str, written: str, help: str) -> None:
    found = only(text)
    assert (found.code.slug, found.span.text, found.help) == ("unquoted-template", written, help)
    assert found.message == "a template without quotes: YAML takes its `{` for a mapping"


@each(
    "text",
    ["n: {{ a }}/b\n", "n: {{ a }} # c\n", "n: [{{ a }}, {{ b }}-c]\n", 'n: {{ "it\'s" }}\n', "n: {{ '\\d' }}\n"],
)
def test_the_corrected_line_is_right(text: str) -> None:
    root, found = parse_tree(Source("x.yaml", text))
    corrected = str(found[0].help).removeprefix("write `").removesuffix("`")
    assert findings(corrected) == []
    assert root is not None
    again, _ = parse_tree(Source("x.yaml", corrected))
    assert again is not None
    assert to_data(again) == to_data(root)


def test_a_template_behind_text_in_a_list() -> None:
    root, found = parse_tree(Source("x.yaml", "n: [x-{{ a }}, y {{ b }}z, c]\n"))
    assert root is not None
    assert to_data(root) == {"n": ["x-{{ a }}", "y {{ b }}z", "c"]}
    assert [each.span.text for each in found] == ["x-{{ a }}", "y {{ b }}z"]
    assert {each.help for each in found} == {'write `n: ["x-{{ a }}", "y {{ b }}z", c]`'}


def test_a_template_on_the_line_below_its_text() -> None:
    assert "unquoted-template" in {each.code.slug for each in findings("n: [x\n  {{ a }}]\n")}


def test_the_parse_goes_on_behind_a_template() -> None:
    root, found = parse_tree(Source("x.yaml", "a: {{ x }}\nb: {{ y }}/z\nc: no\n"))
    assert root is not None
    assert to_data(root) == {"a": "{{ x }}", "b": "{{ y }}/z", "c": "no"}
    assert [each.span.first.line for each in found] == [1, 2, 3]


def test_statements_between_the_lines() -> None:
    text = "job:\n  {% if params.x %}\n  name: a\n  {% else %}  \n  queue: b\n  {% endif %}\n"
    root, found = parse_tree(Source("x.yaml", text))
    assert root is not None
    assert to_data(root) == {"job": {"name": "a", "queue": "b"}}
    assert [each.span.text for each in found] == ["{% if params.x %}", "{% else %}", "{% endif %}"]
    assert found[0].message == "a template statement is not allowed between the lines of YAML"
    assert "inside values" in str(found[0].help)


def test_a_long_line_is_not_written_again() -> None:
    found = only("n: {b: {{ a }}, c: " + "d" * 200 + "}\n")
    assert found.help == 'write `"{{ a }}"`'


def test_a_long_statement_line() -> None:
    found = only("n: {% if a %}" + "b" * 200 + "{% endif %}\n")
    assert found.help == "write `n: |` and the template in the lines below it"


@each(
    "text",
    [
        'a: "{{ x }}"\n',
        "a: x {{ y }} z\n",
        "a: |\n  {% if x %}\n  {{ y }}\n  {% endif %}\n",
        "a: '{% x %}'\n",
        "a: ${#array[@]}\n",
        "a: {b: {c: d}}\n",
        "# {{ x }}\n# {% x %}\na: 1\n",
    ],
)
def test_templates_where_they_may_be(text: str) -> None:
    assert findings(text) == []
