"""Where each key and each value stands in a TOML text, which `tomllib` does not say.

The text must be one that `tomllib` accepts. So this reader looks for the end of each key and value, and checks nothing.
It is linear in the length of the text: every pattern is possessive, and what is nested deeper than `MAX_DEPTH` is
skipped without recursion. `property/test_places_in_toml.py` holds it to the values of `tomllib`.
"""

import re
import tomllib
from typing import NamedTuple

from specc.nodes import Path

MAX_DEPTH = 32
"""Settings that are nested deeper are errors. Their keys and values are not located."""

Range = tuple[int, int]
"""Code points of a text, the end excluded."""


class KeyAndValue(NamedTuple):
    """The ranges of a key and of its value. Items of an array have no key; a table under a header has no value."""

    key: Range | None
    value: Range | None


Places = dict[Path, KeyAndValue]

BASIC, LITERAL = r'"(?:[^"\\\n]++|\\.)*+"', r"'[^'\n]*+'"
LONG_TEXT = r'"""(?:[^"\\]++|\\.|"{1,2}(?!"))*+"{3,5}' "|" r"'''(?:[^']++|'{1,2}(?!'))*+'{3,5}"
"""A text may end with one or two quotes of its own before the three that close it."""

BLANK = re.compile(r"(?:[ \t\r\n]++|#[^\n]*+)*+")
SPACE = re.compile(r"[ \t]*+")
KEY = re.compile(rf"[A-Za-z0-9_-]++|{BASIC}|{LITERAL}", re.DOTALL)
DOT = re.compile(r"[ \t]*+\.[ \t]*+")
EQUALS = re.compile(r"[ \t]*+=[ \t]*+")
SCALAR = re.compile(rf"{LONG_TEXT}|{BASIC}|{LITERAL}|(?:\d{{4}}-\d\d-\d\d[ ])?[^\s,#\]}}]++", re.DOTALL)
"""A date and its time may be separated by one space."""

BRACKETS_OR_TEXT = re.compile(rf"[\[{{]|(?P<closing>[\]}}])|#[^\n]*+|{LONG_TEXT}|{BASIC}|{LITERAL}", re.DOTALL)


def places(text: str) -> Places:
    """Return the places of every key, value and item of a TOML text, by their paths.

    Values that are nested deeper than `MAX_DEPTH` are left out. Raises ValueError for some texts that are not TOML.
    """
    return _Survey(text).document()


class _Survey:
    """One walk through a text. `_sizes` counts the tables of each array of tables so far."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._found: Places = {}
        self._sizes: dict[Path, int] = {}

    def document(self) -> Places:
        table: Path = ()
        at = self._end(BLANK, 0)
        while at < len(self._text):
            if self._text.startswith("[", at):
                table, at = self._header(at)
            else:
                at = self._pair(at, table)
            at = self._end(BLANK, at)
        return self._found

    def _header(self, at: int) -> tuple[Path, int]:
        """Return the path of the table that `[a.b]` or `[[a.b]]` begins, and the end of this header."""
        brackets = 2 if self._text.startswith("[[", at) else 1
        path, place, at = self._key(self._end(SPACE, at + brackets), ())
        if brackets == 2:
            index = self._sizes.get(path, 0)
            self._sizes[path] = index + 1
            path = (*path, index)
            self._found[path] = KeyAndValue(place, None)
        return path, self._end(SPACE, at) + brackets

    def _pair(self, at: int, table: Path) -> int:
        path, place, at = self._key(at, table)
        start = self._end(EQUALS, at)
        end = self._value(start, path)
        self._found[path] = KeyAndValue(place, (start, end))
        return end

    def _key(self, at: int, table: Path) -> tuple[Path, Range, int]:
        """Return the path of a key in a table, the range of its last part, and its end.

        Each part of a dotted key is located where it is written first.
        """
        path = table
        while True:
            end = self._end(KEY, at)
            if path in self._sizes:  # a header goes on in the last table of an array of tables
                path = (*path, self._sizes[path] - 1)
            path = (*path, _name(self._text[at:end]))
            self._found.setdefault(path, KeyAndValue((at, end), None))
            dot = DOT.match(self._text, end)
            if dot is None:
                return path, (at, end), end
            at = dot.end()

    def _value(self, at: int, path: Path) -> int:
        """Return the end of a value. What the value holds is located on the way."""
        mark = self._text[at : at + 1]
        if mark not in ("[", "{"):
            return self._end(SCALAR, at)
        if len(path) > MAX_DEPTH:
            return self._skip(at)
        return self._array(at, path) if mark == "[" else self._inline_table(at, path)

    def _inline_table(self, at: int, path: Path) -> int:
        at = self._end(BLANK, at + 1)
        while not self._text.startswith("}", at):
            at = self._end(BLANK, self._pair(at, path))
            at = self._after_comma(at, "}")
        return at + 1

    def _array(self, at: int, path: Path) -> int:
        index = 0
        at = self._end(BLANK, at + 1)
        while not self._text.startswith("]", at):
            item = (*path, index)
            self._found[item] = KeyAndValue(None, None)  # an item comes before what it holds
            end = self._value(at, item)
            self._found[item] = KeyAndValue(None, (at, end))
            at = self._after_comma(self._end(BLANK, end), "]")
            index += 1
        return at + 1

    def _after_comma(self, at: int, closing: str) -> int:
        """Return where the next item begins, or where `closing` stands."""
        if self._text.startswith(",", at):
            return self._end(BLANK, at + 1)
        if not self._text.startswith(closing, at):
            raise ValueError(f"expected `,` or `{closing}` at {at}")
        return at

    def _skip(self, at: int) -> int:
        """Return the end of an array or inline table, of which nothing is located."""
        depth = 0
        for match in BRACKETS_OR_TEXT.finditer(self._text, at):
            if match["closing"]:
                depth -= 1
            elif match[0] in ("[", "{"):
                depth += 1
            if depth == 0:
                return match.end()
        raise ValueError(f"there is no end to what begins at {at}")

    def _end(self, pattern: re.Pattern[str], at: int) -> int:
        match = pattern.match(self._text, at)
        if match is None:
            raise ValueError(f"not TOML at {at}")
        return match.end()


def _name(written: str) -> str:
    """Return the key that is written bare or in quotes. Only escapes need `tomllib`."""
    if written[0] not in "\"'":
        return written
    return next(iter(tomllib.loads(f"{written} = 0"))) if "\\" in written else written[1:-1]
