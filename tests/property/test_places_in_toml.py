"""The text at the place of a value in TOML reads back as the value that `tomllib` has there, and so do keys."""

import tomllib
from collections.abc import Iterator
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from support.laws import law
from support.projects import SETTINGS
from support.tables import each

from specc.config.places import MAX_DEPTH, places

PIECES = [
    *("a", "b-c", "é", "1", "10", "007", "-1", "1_0", "1.5", "1e3", "0x1F", "true", "false", "inf", "1979-05-27"),
    *("07:32:00", "=", "=", "=", ".", ",", "[", "]", "[[", "]]", "{", "}", '"', "'", '"""', "'''", "\\", "#"),
    *(" ", "\t", "\n", "\n", "\r\n", 'a = "b"', "[t]", "[t.u]\n", "[[t]]\n", "k = [1, "),
]
SOUP = st.lists(st.sampled_from(PIECES)).map("".join)

BARE = st.sampled_from(["a", "b-c", "d_1", "7", "true", "1979-05-27", "inf"])
QUOTED = st.sampled_from(['"a b"', "'a.b'", '""', '"#"', '"\\""', "'\\'", '"\\u00e9"', '"]"', "'='", '"流"', '"\\t"'])
PARTS = st.one_of(BARE, BARE, QUOTED)
DOTS = st.sampled_from([".", " . ", ".\t"])

TEXTS = st.sampled_from([
    *('"x"', '""', "''", "'é\"'", '"# no"', '"]"', '"}"', "'\\'", '"\\\\"', '"\\""', '"\\u00e9\\t"', "','"),
    *('""""""', '""""a"""', '"""a""""', '"""a"""""', '"""\n]"""', '"""\\""""""', '"""a\\\n  b"""', '"""#\r\n"""'),
    *("''''''", "''''a'''", "'''a''''", "'''a'''''", "'''\n\\'''", "'''#\n}'''", '"""\n"a" \'b\' ""c"" """'),
])  # fmt: skip
ATOMS = st.sampled_from([
    *("1", "0", "-17", "+1_000", "0x1F", "0o17", "0b11", "1.5", "-0.0", "1e3", "6.02_2E-2", "inf", "-inf", "nan"),
    *("true", "false", "1979-05-27", "07:32:00", "07:32:00.999", "1979-05-27T07:32:00Z", "1979-05-27 07:32:00"),
    *("1979-05-27t00:32:00.5-07:00", "1979-05-27 00:32:00+01:00"),
])  # fmt: skip
SPACES = st.sampled_from(["", "", " ", "\t"])
GAPS = st.sampled_from(["", "", " ", ' # ] } """ \'\n', "\n\t", "\r\n"])


def arrays(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    items = st.lists(st.tuples(GAPS, values, GAPS).map("".join), max_size=3)
    return st.tuples(items, st.booleans(), GAPS).map(
        lambda drawn: f"[{','.join(drawn[0])}{',' if drawn[0] and drawn[1] else ''}{drawn[2]}]"
    )


def keys(parts: int) -> st.SearchStrategy[str]:
    more = st.lists(st.tuples(DOTS, PARTS).map("".join), max_size=parts - 1).map("".join)
    return st.tuples(PARTS, more).map("".join)


def inline_tables(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.lists(st.tuples(SPACES, keys(2), SPACES, st.just("="), SPACES, values, SPACES).map("".join), max_size=3)
    return pairs.map(lambda drawn: f"{{{','.join(drawn)}}}")


VALUES = st.recursive(TEXTS | ATOMS, lambda inner: arrays(inner) | inline_tables(inner), max_leaves=6)
PAIRS = st.tuples(SPACES, keys(3), SPACES, st.just("="), SPACES, VALUES, st.sampled_from(["", " # 流 = [\n#"])).map(
    "".join
)
HEADERS = st.one_of(
    st.tuples(st.just("["), SPACES, keys(3), SPACES, st.just("]")).map("".join),
    st.tuples(st.just("[["), SPACES, keys(2), SPACES, st.just("]] # [")).map("".join),
)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Lines are kept as long as the whole is TOML, so that a key that stands twice costs one line and not the text."""
    text = ""
    for line in draw(st.lists(PAIRS | PAIRS | HEADERS, max_size=8)):
        more = text + line + draw(st.sampled_from(["\n", "\r\n", "\n\n"]))
        if is_toml(more):
            text = more
    return text


def is_toml(text: str) -> bool:
    try:
        tomllib.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def held(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every key and item of a value, by its path."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in pairs:
        yield (*path, key), below
        yield from held(below, (*path, key))


NASTY = [
    'a."b c".\'d\\e\' = 1979-05-27 07:32:00 # x\n"\\u00e9" = """""a"""""\n',
    'm = [ """\n]\n""", \'#\', [ {x.y = 1e3, z = [] }, ] , inf, 1979-05-27 , 07:32:00.5,]\n[[a]]\n[[a."\\t"]]\nq={}',
    "[a.b]\nx = 1\n[a]\ny = 2\n[a.b.c]\n",
    "[[a]]\n[[a.b]]\nn = 1\n[[a.b]]\n[a.b.c]\nn = 2\n[[a]]\n[[a.b]]\nn = 3\n[a.c]\n",
    'a = """\\\n\r\n  x\\\\"""\r\nb = \'\'\'\r\n\'\'\'\r\n# \\ """',
    "a = [\r\n  1, # ]\r\n  2 # ,\r\n  ,\r\n]\r\n",
    "a = {b = {c = {}}, d.e.f = [{}, {g = 1}]}\n",
    '"" = {"" = {\'\' = ""}}\n',
    "1.2 = 3.4\n-1 = -1\n[3.4]\n5 . 6 = 7",
    "a = [[1, 2], [[]], [{}], ['''\n''']]",
    'x = ["\\\\", "\\"", \'\\\', "]"]',
    "a\t=\t1979-05-27 #\nb = [1979-05-27 ,1979-05-27 01:02:03]\nc = {d = 1979-05-27 }",
    "\ufeffa = 1".removeprefix("\ufeff"),
    "",
    "# only a comment",
]


def check(text: str) -> None:
    expected = dict(held(tomllib.loads(text)))
    found = places(text)
    assert found.keys() == expected.keys()
    for path, (key, value) in found.items():
        assert key or value, path
        if key is not None:
            name = next(part for part in reversed(path) if isinstance(part, str))
            assert tomllib.loads(f"{text[slice(*key)]} = 0") == {name: 0}
        if value is not None:
            read = tomllib.loads(f"x = {text[slice(*value)]}")["x"]
            assert repr(read) == repr(expected[path])  # a NaN differs from itself


@given(documents() | SOUP)
@example(SETTINGS)
@law(250)
def test_every_key_and_value_reads_back(text: str) -> None:
    if is_toml(text):
        check(text)


@each("text", NASTY)
def test_nasty_texts(text: str) -> None:
    check(text)


@each("opening, closing", [("[", "]"), ("{a=", "}"), ("[{a=", "}]")])
def test_what_is_nested_too_deeply_is_skipped_whole(opening: str, closing: str) -> None:
    inner = f'{opening * 60}"]}}" {closing * 60}'
    found = places(f"a = {inner}\nb = 1\n")
    assert max(map(len, found)) == MAX_DEPTH + 1
    assert found["a",].value == (4, 4 + len(inner))
    assert found["b",].value is not None


def test_many_of_everything() -> None:
    """A reader that begins again for each of them would not end."""
    for line in ("a{0} = [[], {{}}, 'x', \"\\\\\"]\n", "[a.b{0}]\n", "[[a]]\n", '[a.\'b{0}\'."\\""]\nx = 1\n'):
        text = "".join(line.format(number) for number in range(3_000))
        assert len(places(text)) >= 3_000
