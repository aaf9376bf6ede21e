"""The plain way to places in TOML says what the grammar says, or nothing."""

import tomllib

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.projects import SETTINGS

from specc.config.places import places
from specc.config.plain_places import plain_places

PIECES = [
    "a",
    "b-c",
    "é",
    "1",
    "10",
    "007",
    "-1",
    "1_0",
    "1.5",
    "1e3",
    "0x1F",
    "true",
    "false",
    "inf",
    "1979-05-27",
    "07:32:00",
    "=",
    "=",
    "=",
    ".",
    ",",
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    '"',
    "'",
    '"""',
    "'''",
    "\\",
    "#",
]
TEXTS = st.lists(
    st.sampled_from([*PIECES, " ", "\t", "\n", "\n", "\r\n", 'a = "b"', "[t]", "[t.u]\n", "k = [1, "])
).map("".join)

KEYS = st.sampled_from(["a", "b-c", "d_1", "7"])
PLAIN = st.sampled_from(['"x"', '""', "''", "'é\"'", "1", "0", "12", "true", '"# no"', '"]"'])
ODD = st.sampled_from(['"\\t"', '"""x"""', "'''\n'''", "1.5", "1979-05-27 07:32:00", "-1", "1_0"])
GAPS = st.sampled_from(["", " ", " # ]\n", "\n\t"])


def lists(values):
    items = st.lists(st.tuples(GAPS, values, GAPS).map("".join), max_size=3)
    return st.tuples(items, GAPS).map(lambda each: f"[{','.join(each[0])}{', ' if each[0] else ''}{each[1]}]")


def tables(values):
    pairs = st.dictionaries(KEYS, values, max_size=3).map(
        lambda each: ", ".join(f"{key} = {value}" for key, value in each.items())
    )
    return pairs.map(lambda text: f"{{ {text} }}")


def values(scalars):
    return st.recursive(scalars, lambda inner: lists(inner) | tables(inner), max_leaves=5)


def documents(scalars):
    pairs = st.dictionaries(KEYS | st.sampled_from(["a.x", "b-c . y"]), values(scalars), max_size=3)
    body = pairs.map(lambda each: "".join(f"{key} = {value} # {key}\n" for key, value in each.items()))
    headed = st.tuples(st.sampled_from(["t", "t.u", " v . w ", "x"]), body).map(lambda each: f"[{each[0]}]\n{each[1]}")
    return st.tuples(body, st.lists(headed, max_size=3).map("\n".join)).map("".join)


def is_toml(text: str) -> bool:
    try:
        tomllib.loads(text)
    except ValueError:
        return False
    return True


@given(documents(PLAIN) | documents(PLAIN | ODD) | TEXTS)
@example(SETTINGS)
@example('a = [{b = 1}, {b = [2]}] # x\n[t."q"]\n')
@settings(max_examples=100, deadline=None)
def test_it_agrees_or_says_nothing(text: str) -> None:
    plain = plain_places(text)
    if plain is not None and is_toml(text):
        assert list(plain.items()) == list(places(text).items())


@given(documents(PLAIN))
@settings(max_examples=100, deadline=None)
def test_it_knows_what_is_plain(text: str) -> None:
    assert plain_places(text) is not None


@pytest.mark.parametrize(
    "odd",
    [
        'a = "\\t"',
        "a = 1.5",
        '"a" = 1',
        "[[a]]",
        "a = 1979-05-27 07:32:00",
        "a = '''b'''",
        'a = """b"""',
        "a = 1\r\nb = 2",
        f"a = {'[' * 9}{']' * 9}",
    ],
)
def test_what_is_not_plain(odd: str) -> None:
    assert is_toml(odd)
    assert plain_places(odd) is None
