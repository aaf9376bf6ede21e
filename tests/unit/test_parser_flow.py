"""parse_flow(): a value as it is given on a command line."""

from support.tables import each

from specc.nodes import Layer, LayerKind, Mapping, Scalar, to_data
from specc.parser import parse_flow
from specc.source import Source

LAYER = Layer(LayerKind.SET)


@each(
    "given, value",
    [
        ("4", 4),
        ("abc", "abc"),
        ("a b", "a b"),
        ("", ""),
        ("  ", ""),
        ("~", None),
        ("null", None),
        ("true", True),
        ("no", "no"),
        ("12:00:00", "12:00:00"),
        ("2h30m", "2h30m"),
        ("'4'", "4"),
        ('"a\\tb"', "a\tb"),
        ("[1, two, {a: 3}]", [1, "two", {"a": 3}]),
        ("{$append: [a]}", {"$append": ["a"]}),
        ("[]", []),
        ("{}", {}),
        ("x={y}", "x={y}"),
        ("echo 'a' \"b\"", "echo 'a' \"b\""),
        ("http://host/x", "http://host/x"),
        ("-4", -4),
        ("-v", "-v"),
        ("text with {{ braces }}", "text with {{ braces }}"),
        ("'{{ braces }}'", "{{ braces }}"),
        ("|-\n  a\n  b", "a\nb"),
        ("&a [1, 2]", [1, 2]),
    ],
)
def test_one_value(given: str, value: object) -> None:
    node, findings = parse_flow(Source("-p", f"name={given}", "-p"), 5, LAYER)
    assert findings == []
    assert node is not None
    assert to_data(node) == value


def test_places_count_from_the_start_of_the_argument() -> None:
    node, _ = parse_flow(Source("--set", "job.x=[é, {a: b}]", "--set"), 6, LAYER)
    assert node is not None
    assert node.span.text == "[é, {a: b}]"
    node, _ = parse_flow(Source("--set", "a={k: &x 'v', l: *x}", "--set"), 2, LAYER)
    assert isinstance(node, Mapping)
    assert [value.span.text for value in node.entries.values()] == ["'v'", "*x"]
    assert node.keys["l"].span.start == 14


def test_what_is_given_is_taken_literally() -> None:
    node, _ = parse_flow(Source("--set", "x='{{ a }}'", "--set"), 2, LAYER)
    assert isinstance(node, Scalar)
    assert (node.verbatim, node.layer) == (True, LAYER)
    nothing, _ = parse_flow(Source("--set", "x=", "--set"), 2, LAYER)
    assert isinstance(nothing, Scalar)
    assert (nothing.verbatim, nothing.layer, nothing.span.start) == (True, LAYER, 2)


@each(
    "given, slug, written, message",
    [
        ("a: b", "yaml-syntax", "a: b", "expected one value, found a mapping"),
        ("- a", "yaml-syntax", "- a", "expected one value, found a list"),
        ("a\nb: c", "yaml-syntax", ":", "a `:` in a text that begins in a line above"),
        ("# a", "yaml-syntax", "# a", "YAML takes this for a comment"),
        ("a # b", "yaml-syntax", "# b", "YAML takes this for a comment"),
        ("[a] # b", "yaml-syntax", "# b", "YAML takes this for a comment"),
        ("[a", "yaml-syntax", "[", "expected `]`: this is never closed"),
        ("'a", "yaml-syntax", "'", "this quote is never closed"),
        ("@a", "yaml-syntax", "@a", "an unquoted value cannot begin with `@`"),
        ("{{ a }}", "unquoted-template", "{{ a }}", "a template without quotes: YAML takes its `{` for a mapping"),
        ("!t a", "yaml-tag", "!t", "the tag `!t` has no meaning in a spec"),
        ("*.log", "bad-alias", "*.log", "there is no anchor `&.log` above"),
        ("{a: 1, a: 2}", "duplicate-key", "a", "the key `a` is in this mapping twice"),
        ("a\x00", "not-text", "\ufffd", "the character U+0000 is not allowed in a text"),
        ("[" * 100, "too-large", "[", "values are nested deeper than 64 levels"),
    ],
)
def test_what_is_no_value(given: str, slug: str, written: str, message: str) -> None:
    _, findings = parse_flow(Source("-p", f"name={given}", "-p"), 5, LAYER)
    assert [(each.code.slug, each.span.text, each.message) for each in findings] == [(slug, written, message)]
    assert findings[0].span.start >= 5
