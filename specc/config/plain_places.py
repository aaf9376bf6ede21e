"""Where each key and value stands in a TOML text of plain kind, as nearly every `specc.toml` is.

`specc.config.places` says the same of any text, but to import its grammar costs 20 ms. So this module answers only for
bare keys, tables, and values that are texts on one line, whole numbers, true, false, and lists and inline tables of
those. For any other text it says None. That both agree is held by `property/test_plain_places.py`.
"""

import re

from specc.config.tree import Place
from specc.nodes import Path

Found = dict[Path, Place]
DEEPEST = 8

BLANK = re.compile(r"(?:[ \t\n]+|#[^\n]*)*+")
SPACE = re.compile(r"[ \t]*+")
END = re.compile(r"[ \t]*+(?:#[^\n]*+)?(?:\n|\Z)")
BARE = re.compile(r"[A-Za-z0-9_-]++")
DOT = re.compile(r"[ \t]*+\.[ \t]*+")
EQUALS = re.compile(r"[ \t]*+=[ \t]*+")
SCALAR = re.compile(r"""(?:"[^"\\\n]*"(?!")|'[^'\n]*'(?!')|(?:true|false|0|[1-9][0-9]*+)(?=[ \t]*+(?:[,#\]}\n]|\Z)))""")


class Odd(Exception):
    """The text has something in it that is not of plain kind."""


def plain_places(text: str) -> Found | None:
    """The place of each key, value and item of a valid TOML text by its path, or None where it is not plain."""
    found: Found = {}
    try:
        _document(text, found)
    except Odd:
        return None
    return found


def _document(text: str, found: Found) -> None:
    table: Path = ()
    at = _end(BLANK, text, 0)
    while at < len(text):
        if text[at] == "[":
            table, at = _key(text, _end(SPACE, text, at + 1), (), found)
            at = _after(text, _end(SPACE, text, at), "]")
        else:
            at = _pair(text, at, table, found)
        at = _end(BLANK, text, _end(END, text, at))


def _pair(text: str, at: int, table: Path, found: Found) -> int:
    path, at = _key(text, at, table, found)
    start = _end(EQUALS, text, at)
    end = _value(text, start, path, found)
    found[path] = found[path]._replace(value=(start, end))
    return end


def _key(text: str, at: int, table: Path, found: Found) -> tuple[Path, int]:
    """A key and its end. Every part of a dotted one is noted, where it is met first."""
    path = table
    while True:
        end = _end(BARE, text, at)
        path = (*path, text[at:end])
        found.setdefault(path, Place((at, end), None))
        dot = DOT.match(text, end)
        if dot is None:
            return path, end
        at = dot.end()


def _value(text: str, at: int, path: Path, found: Found) -> int:
    """The end of the value. What is in it is noted."""
    if len(path) > DEEPEST:
        raise Odd
    if text.startswith("{", at):
        return _inline_table(text, at, path, found)
    if text.startswith("[", at):
        return _list(text, at, path, found)
    return _end(SCALAR, text, at)


def _inline_table(text: str, at: int, path: Path, found: Found) -> int:
    at = _end(SPACE, text, at + 1)
    if text.startswith("}", at):
        return at + 1
    while True:
        at = _end(SPACE, text, _pair(text, at, path, found))
        if text.startswith("}", at):
            return at + 1
        at = _end(SPACE, text, _after(text, at, ","))


def _list(text: str, at: int, path: Path, found: Found) -> int:
    index = 0
    at = _end(BLANK, text, at + 1)
    while not text.startswith("]", at):
        item = (*path, index)
        found[item] = Place(None, None)  # an item comes before what is in it
        end = _value(text, at, item, found)
        found[item] = Place(None, (at, end))
        at = _end(BLANK, text, end)
        if text.startswith("]", at):
            break
        at = _end(BLANK, text, _after(text, at, ","))
        index += 1
    return at + 1


def _after(text: str, at: int, mark: str) -> int:
    if not text.startswith(mark, at):
        raise Odd
    return at + len(mark)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    if match is None:
        raise Odd
    return match.end()
