"""Where the cursor is in a spec that is being typed: told from the text alone, which may not be YAML at the moment.

The lines above the cursor are read by their indentation, and the brackets of the last value by their pairs. What comes
out is the path of keys down to the cursor, and whether a key or a value is being typed there.
"""

import re
from dataclasses import field
from enum import StrEnum

from specc.fast_dataclass import dataclass

ITEM = "[]"
"""The step into a list."""

PLAIN_KEY = r"""[^\s#:{}\[\],&*!|>'"%@`-][^:#{}\[\],\n]*|-[^\s:][^:\n]*"""
KEY = re.compile(rf"""(?:"(?P<double>[^"\\]*)"|'(?P<single>[^']*)'|(?P<plain>{PLAIN_KEY}))[ ]*:(?=\s|$)""")
DASH = re.compile(r"-(?=[ \t]|$)[ \t]*")
BLOCK = re.compile(r"(?:[&!]\S*[ \t]+)*[|>][-+0-9]*[ \t]*(?:#.*)?$")
QUOTED = re.compile(r""""(?:[^"\\]|\\.)*+"|'(?:[^']|'')*+'""")
CLOSER = re.compile(r"\}\}|%\}")
WORD = re.compile(r"[^\s,:{}\[\]\"']*$")


class Part(StrEnum):
    """What is being typed: a key, a value, an item of a list, the inside of a template, a comment, text of a script."""

    KEY = "key"
    VALUE = "value"
    TEMPLATE = "template"
    COMMENT = "comment"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the cursor is. `typed` is what is typed of a word so far, which begins at the offset `start`.

    `path` are the keys from the root to the mapping that a key is typed in, or to the value that is typed. `siblings`
    are the keys that the mapping has before the cursor. In a template, `typed` is all between its braces.
    """

    part: Part
    path: tuple[str, ...]
    typed: str
    start: int
    siblings: tuple[str, ...] = ()
    is_flow: bool = False
    indent: int = 0


@dataclass(slots=True)
class _Level:
    """A key in the lines above, or the dash of an item (`key` is None), with the keys of the mapping that it is in."""

    indent: int
    key: str | None
    seen: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Bracket:
    """A bracket that is open, with the key whose value is being typed in it."""

    opener: str
    key: str | None = None
    seen: list[str] = field(default_factory=list)
    since: int = 0


def cursor_at(text: str, offset: int) -> Cursor:
    """Return where the cursor is at an offset of a spec."""
    before = text[:offset]
    lines = before.split("\n")
    reading = _Reading()
    at = 0
    for line in lines[:-1]:
        reading.line(line.rstrip("\r"), at)
        at += len(line) + 1
    return reading.last(lines[-1], at, before)


class _Reading:
    """The lines above the cursor, read one by one."""

    def __init__(self) -> None:
        self._levels: list[_Level] = []
        self._roots: list[str] = []
        self._brackets: list[_Bracket] = []
        self._block: int | None = None
        self._quote = ""
        self._comment: int | None = None

    def line(self, line: str, at: int) -> None:
        """Take a line."""
        indent = len(line) - len(line.lstrip(" "))
        content = line[indent:]
        if self._block is not None:
            if not content or indent > self._block:
                return
            self._block = None
        if self._brackets or self._quote:
            self._value(line, at)
            return
        if not content or content.startswith(("#", "---", "%")):
            return
        rest, indent = self._entry(content, indent)
        if BLOCK.match(rest):
            self._block = max(indent, 0) if self._levels and self._levels[-1].key is not None else indent - 1
            return
        self._value(rest, at + len(line) - len(rest))

    def last(self, line: str, at: int, before: str) -> Cursor:
        """Take the line of the cursor, as far as it is typed."""
        indent = len(line) - len(line.lstrip(" "))
        template = _template(before, is_of_line=self._block is None and not self._quote, line_start=at)
        in_block = self._block is not None and (not line.strip() or indent > self._block)
        if not in_block and not (self._brackets or self._quote):
            content = line[indent:]
            comment = _comment_of(line)
            if comment is not None:
                return Cursor(Part.COMMENT, (), line[comment:], at + comment)
            rest, indent = self._entry(content, indent)
            self._block = None
            is_value = rest != content and (self._levels and self._levels[-1].indent == indent)
            if template is not None:
                return Cursor(Part.TEMPLATE, self._path(), *template)
            if (rest == content and not DASH.match(content)) or not is_value:
                return self._key_or_item(rest, at + len(line) - len(rest), indent)
            self._value(rest, at + len(line) - len(rest))
            if not self._brackets:
                typed = rest.lstrip()
                return Cursor(Part.VALUE, self._path(), typed, at + len(line) - len(typed), indent=indent)
        elif not in_block:
            self._value(line, at)
            behind = _comment_of(line) if not (self._brackets or self._quote) else None
            start = self._comment if behind is None else at + behind
            if start is not None:
                return Cursor(Part.COMMENT, (), before[start:], start)
        if template is not None:
            return Cursor(Part.TEMPLATE, self._path(), *template)
        if in_block or (self._quote and not self._is_in_quoted_item(before)):
            return Cursor(Part.TEXT, self._path(), "", len(before))
        return self._in_brackets(before)

    def _is_in_quoted_item(self, before: str) -> bool:
        """Return whether the quotes that are open are those of a key or value between brackets, in this line."""
        typed = before[self._brackets[-1].since :].lstrip() if self._brackets else ""
        return typed.startswith(self._quote) and "\n" not in typed

    def _key_or_item(self, content: str, at: int, indent: int) -> Cursor:
        siblings = self._siblings(indent)
        self._leave(indent)
        in_list = bool(self._levels) and self._levels[-1].key is None
        if in_list and WORD.match(content) is None:
            return Cursor(Part.VALUE, self._path(), content, at, indent=indent)
        return Cursor(Part.KEY, self._path(), content, at, siblings, indent=indent)

    def _in_brackets(self, before: str) -> Cursor:
        if not self._brackets:
            return Cursor(Part.VALUE, self._path(), "", len(before))
        top = self._brackets[-1]
        typed = before[top.since :].lstrip()
        start = len(before) - len(typed)
        if top.opener == "{" and top.key is None:
            return Cursor(Part.KEY, self._path(), typed, start, tuple(top.seen), is_flow=True)
        return Cursor(Part.VALUE, self._path(), typed, start, is_flow=True)

    def _entry(self, content: str, indent: int) -> tuple[str, int]:
        """Take the dashes and the key that a line begins with. Return the rest, and the indentation of the key."""
        while dash := DASH.match(content):
            self._leave(indent, is_dash=True)
            self._levels.append(_Level(indent, None))
            indent, content = indent + dash.end(), content[dash.end() :]
        key = KEY.match(content)
        if key is None:
            return content, indent
        name = key["double"] or key["single"] or (key["plain"] or "").strip()
        self._leave(indent)
        seen = self._seen_by(indent)
        seen.append(name)
        self._levels.append(_Level(indent, name))
        return content[key.end() :].lstrip(" \t"), indent

    def _seen_by(self, indent: int) -> list[str]:
        return self._levels[-1].seen if self._levels else self._roots

    def _siblings(self, indent: int) -> tuple[str, ...]:
        above = [level for level in self._levels if level.indent < indent]
        return tuple(above[-1].seen if above else self._roots)

    def _leave(self, indent: int, *, is_dash: bool = False) -> None:
        """Leave the mappings and lists that are indented deeper, or as deep. A list may stand below its own key."""
        while self._levels and (
            self._levels[-1].indent > indent
            or (self._levels[-1].indent == indent and not (is_dash and self._levels[-1].key is not None))
        ):
            self._levels.pop()

    def _value(self, rest: str, at: int) -> None:
        """Take a part of a value: its brackets and quotes. Without an open bracket, only the first character tells."""
        self._comment = None
        if not self._brackets and not self._quote and rest[:1] not in ("{", "[", '"', "'"):
            return
        index, last = 0, ","
        while index < len(rest):
            character = rest[index]
            if self._quote:
                if (character == "\\" and self._quote == '"') or rest[index : index + 2] == "''" == 2 * self._quote:
                    index += 1
                elif character == self._quote:
                    self._quote = ""
            elif character in "\"'" and last in ",:{[":
                self._quote = character
            elif character in "{[":
                self._brackets.append(_Bracket(character, since=at + index + 1))
            elif character in "}]" and self._brackets:
                self._brackets.pop()
                if not self._brackets:
                    return
            elif self._brackets and character == "#" and rest[index - 1 : index] in ("", " ", "\t"):
                self._comment = at + index
                self._brackets[-1].since = max(self._brackets[-1].since, at + len(rest))
                return
            elif self._brackets:
                self._in_bracket(character, rest, index, at, is_behind_quote=last in "\"'")
            elif not self._quote:
                return
            last = character if character not in " \t" else last
            index += 1

    def _in_bracket(self, character: str, rest: str, index: int, at: int, *, is_behind_quote: bool) -> None:
        top = self._brackets[-1]
        ends_key = is_behind_quote or rest[index + 1 : index + 2] in ("", " ")
        if character == ",":
            top.key, top.since = None, at + index + 1
        elif character == ":" and top.opener == "{" and top.key is None and ends_key:
            begin = top.since - at
            name = (rest[begin:index] if begin >= 0 else rest[:index]).strip().strip("\"'")
            top.key, top.since = name, at + index + 1
            top.seen.append(name)

    def _path(self) -> tuple[str, ...]:
        path = [ITEM if level.key is None else level.key for level in self._levels]
        for bracket in self._brackets:
            if bracket.opener == "[":
                path.append(ITEM)
            elif bracket.key is not None:
                path.append(bracket.key)
        return tuple(path)


def _template(before: str, *, is_of_line: bool, line_start: int) -> tuple[str, int] | None:
    """Return what is typed in a template that is open at the end, and where that begins."""
    start = line_start if is_of_line else 0
    opened = max(before.rfind("{{", start), before.rfind("{%", start))
    if opened < 0 or CLOSER.search(before, opened):
        return None
    return before[opened + 2 :], opened + 2


def _comment_of(line: str) -> int | None:
    """Return where the comment of a line begins: behind a blank, and not in quotes that begin a key or a value."""
    index, last = 0, ","
    while index < len(line):
        quoted = QUOTED.match(line, index) if last in ",:{[-" else None
        if quoted is None and line[index] == "#" and line[index - 1 : index] in ("", " ", "\t"):
            return index
        if quoted is None and last in ",:{[-" and line[index] in "\"'":
            return None  # quotes without an end
        last = line[index] if line[index] not in " \t" else last
        index = quoted.end() if quoted is not None else index + 1
    return None


def template_at(text: str, offset: int) -> Cursor | None:
    """Return where the cursor is in a template of a script; None outside of one."""
    found = _template(text[:offset], is_of_line=False, line_start=0)
    return Cursor(Part.TEMPLATE, (), *found) if found is not None else None
