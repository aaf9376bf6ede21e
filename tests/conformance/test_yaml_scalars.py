"""Plain scalars: the core schema of YAML 1.2, and the difference to YAML 1.1 as PyYAML reads it."""

import math

import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from support.laws import law
from support.tables import each

from specc.nodes import Atom, Mapping, Scalar
from specc.parser import parse_tree, plain_value, read_1_1
from specc.parser.scalars import REFUSED, Other, differs
from specc.source import Source

# The examples of sections 10.2 and 10.3 of the YAML 1.2.2 specification, and their neighbours.
CORE: list[tuple[str, Atom]] = [
    ("", None),
    ("~", None),
    ("null", None),
    ("Null", None),
    ("NULL", None),
    ("nULL", "nULL"),
    ("true", True),
    ("True", True),
    ("TRUE", True),
    ("tRUE", "tRUE"),
    ("false", False),
    ("False", False),
    ("FALSE", False),
    ("0", 0),
    ("-0", 0),
    ("+12", 12),
    ("-19", -19),
    ("010", 10),
    ("0o7", 7),
    ("0o17", 15),
    ("0o8", "0o8"),
    ("+0o7", "+0o7"),
    ("0x3A", 58),
    ("0x1f", 31),
    ("-0x1f", "-0x1f"),
    ("0b1", "0b1"),
    ("0.", 0.0),
    ("-0.0", -0.0),
    (".5", 0.5),
    ("-.5", -0.5),
    ("+12e03", 12000.0),
    ("-2E+05", -200000.0),
    ("1e3", 1000.0),
    ("1.5e-3", 0.0015),
    (".inf", math.inf),
    ("-.Inf", -math.inf),
    ("+.INF", math.inf),
    (".nan", math.nan),
    (".NAN", math.nan),
    ("+.nan", "+.nan"),
    ("inf", "inf"),
    ("nan", "nan"),
    (".", "."),
    ("-", "-"),
    ("+", "+"),
    ("e3", "e3"),
    ("1e", "1e"),
    ("no", "no"),
    ("Yes", "Yes"),
    ("on", "on"),
    ("12:00:00", "12:00:00"),
    ("1:30", "1:30"),
    ("1_000", "1_000"),
    ("0x_1", "0x_1"),
    ("2024-01-01", "2024-01-01"),
    ("1.2.3", "1.2.3"),
    ("64GiB", "64GiB"),
    ("=", "="),
    ("٣", "٣"),  # a digit, but not one of YAML's
]


@each("raw, value", CORE)
def test_core_schema(raw: str, value: Atom) -> None:
    found = plain_value(raw)
    assert type(found) is type(value)
    assert found == value or (isinstance(value, float) and math.isnan(value))


@each("raw", [raw for raw, _ in CORE if raw not in ("-", "", "٣")])
def test_quotes_make_every_scalar_a_text(raw: str) -> None:
    root, findings = parse_tree(Source("x.yaml", f"'a': '{raw}'\nb: \"{raw}\"\nc: |-\n  {raw}\nd: >-\n  {raw}\n"))
    assert isinstance(root, Mapping)
    assert [node.value for node in root.entries.values() if isinstance(node, Scalar)] == [raw] * 4
    assert findings == []


def pyyaml(raw: str) -> object:
    """What PyYAML makes of a plain scalar, by its own resolver and constructor."""
    loader = yaml.SafeLoader("")
    tag = loader.resolve(yaml.ScalarNode, raw, (True, False))
    try:
        return loader.construct_object(yaml.ScalarNode(tag, raw))
    except (yaml.YAMLError, ValueError):
        return REFUSED


def same(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other) or (math.isnan(one) and math.isnan(other))
    return type(one) is type(other) and one == other


PIECES = st.sampled_from(
    [*"0123456789", *"+-._:eExob~=<TZ ", "0o", "0x", "0b", "00", "10", "59", "2024-01-01", "-1-2", "12:00:00", ".inf"]
)
WORDS = st.sampled_from(
    [
        "y",
        "n",
        "yes",
        "No",
        "ON",
        "oFF",
        "on",
        "off",
        "true",
        "FALSE",
        "null",
        "Null",
        "~",
        ".nan",
        ".inf",
        "inf",
        "=",
        "<<",
    ]
)


# `!`, `&` and `*` begin no plain scalar, so what they would plain_value to cannot arise.
@given(
    st.lists(PIECES, min_size=1, max_size=8).map("".join)
    | WORDS
    | st.text(max_size=6).filter(lambda raw: not raw.startswith(("!", "&", "*")))
)
@law(60)
@example("0x_")
@example("0b_")
@example("0_")
@example("00")
@example("08")
@example("-010")
@example("190:20:30.15")
@example("1_0:5_0")
@example("2024-13-45")
@example("2024-01-01T10:00:00 +01:00")
@example("2024-1-1 1:00:00.5Z")
@example("1.5e3")
@example("1.5e+3")
@example("1e999")
@example("-.5")
def test_yaml_1_1_is_what_pyyaml_reads(raw: str) -> None:
    theirs, ours = pyyaml(raw), read_1_1(raw)
    if isinstance(ours, Other):
        # a date, or what PyYAML refuses: no value of YAML 1.2 is like it
        assert theirs is REFUSED or type(theirs).__name__ in ("date", "datetime")
    else:
        assert same(theirs, ours)
    assert differs(plain_value(raw), ours) == (not same(theirs, plain_value(raw)))


WARNINGS = [
    (
        "no",
        "`no` is text here, but the boolean false for tools that read YAML 1.1",
        'write `false` for the boolean, or `"no"` for the text',
    ),
    (
        "On",
        "`On` is text here, but the boolean true for tools that read YAML 1.1",
        'write `true` for the boolean, or `"On"` for the text',
    ),
    ("12:00:00", "`12:00:00` is text here, but the number 43200 for tools that read YAML 1.1", 'write `"12:00:00"`'),
    ("-1:30", "`-1:30` is text here, but the number -90 for tools that read YAML 1.1", 'write `"-1:30"`'),
    ("1_000", "`1_000` is text here, but the number 1000 for tools that read YAML 1.1", 'write `"1_000"`'),
    (
        "2024-01-01",
        "`2024-01-01` is text here, but the date 2024-01-01 for tools that read YAML 1.1",
        'write `"2024-01-01"`',
    ),
    (
        "2024-01-01 10:00:00",
        "`2024-01-01 10:00:00` is text here, but the time 2024-01-01 10:00:00 for tools that read YAML 1.1",
        'write `"2024-01-01 10:00:00"`',
    ),
    ("=", "`=` is text here, but an error for tools that read YAML 1.1", 'write `"="`'),
    ("<<", "`<<` is text here, but an error for tools that read YAML 1.1", 'write `"<<"`'),
    (
        "010",
        "`010` is the number 10 here, but the number 8 for tools that read YAML 1.1",
        'write `10` for the number, or `"010"` for the text',
    ),
    (
        "0o10",
        "`0o10` is the number 8 here, but text for tools that read YAML 1.1",
        'write `8` for the number, or `"0o10"` for the text',
    ),
    (
        "1e22",
        "`1e22` is the number 1.0e+22 here, but text for tools that read YAML 1.1",
        'write `1.0e+22` for the number, or `"1e22"` for the text',
    ),
    (
        "1e999",
        "`1e999` is the number .inf here, but text for tools that read YAML 1.1",
        'write `.inf` for the number, or `"1e999"` for the text',
    ),
]


@each("raw, message, help", WARNINGS)
def test_the_warning_says_both_readings(raw: str, message: str, help: str) -> None:
    _, findings = parse_tree(Source("x.yaml", f"a: {raw}\n"))
    assert [(found.code.slug, found.message, found.help, found.span.text) for found in findings] == [
        ("yaml-1.1", message, help, raw)
    ]


@each("raw, help", [(raw, help) for raw, _, help in WARNINGS])
def test_the_advice_silences_the_warning(raw: str, help: str) -> None:
    for advice in help.split("`")[1::2]:
        assert parse_tree(Source("x.yaml", f"a: {advice}\n"))[1] == []


def test_a_long_scalar_is_shortened() -> None:
    _, findings = parse_tree(Source("x.yaml", "a: 1" + ":30" * 1000))
    assert len(findings[0].message) < 160
    assert "but a number for" in findings[0].message


def test_keys_are_compared_too() -> None:
    _, findings = parse_tree(Source("x.yaml", "on: {12:00:00: x}\n"))
    assert [found.span.text for found in findings] == ["on", "12:00:00"]


def test_a_number_of_too_many_digits_is_an_error() -> None:
    root, findings = parse_tree(Source("x.yaml", "a: " + "9" * 1001))
    assert [found.code.slug for found in findings] == ["too-large"]
    assert isinstance(root, Mapping)
