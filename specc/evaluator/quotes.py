"""Where in a shell command each template tag stands: as a word, inside quotes, in a here-document, in a comment.

One pass over the text keeps a stack of what is open. It covers what the way out of a finding depends on; a whole
parse of the shell's language is a linter's work.
"""

import re
from dataclasses import field
from enum import StrEnum

from specc.fast_dataclass import dataclass

HERE_DOCUMENT = re.compile(r"<<(-?)[ \t]*((?:\\.|'[^'\n]*'|\"[^\"\n]*\"|[\w.@%+,:/-])+)")
PLAIN = re.compile(r"[^'\"`$\\(){}#<\n]+")
"""Characters that neither open nor close anything, whatever is open."""
PLAIN_IN_TAG = re.compile(r"[^'\"()\[\]{}%]+")
BEFORE_COMMENT = frozenset(" \t\n;&|()")
ENDRAW = re.compile(r"\{%[-+]?\s*+endraw\b")
RAW = re.compile(r"\{%[-+]?\s*raw\s*[-+]?%\}(.*?)\{%[-+]?\s*endraw\b", re.DOTALL)
TAGS = {"{{": "}}", "{%": "%}"}
BRACKETS = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}


class Place(StrEnum):
    WORD = "as a bare word"
    SINGLE = "inside single quotes"
    ESCAPED = "inside `$'...'`"
    DOUBLE = "inside double quotes"
    HERE = "inside a here-document"
    QUOTED_HERE = "inside a quoted here-document"
    COMMENT = "in a comment"
    BRACES = "inside `${...}`"
    ARITHMETIC = "in arithmetic"


@dataclass(frozen=True, slots=True)
class Open:
    """Something that was opened: what a tag in it stands in, and the character that closes it.

    A comment and a here-document end with a line instead, the latter with the line that is its `word`.
    """

    place: Place
    closer: str = ""
    word: str = ""
    is_arithmetic: bool = False
    strips_tabs: bool = False


@dataclass(slots=True)
class Scan:
    """The pass. `waiting` are here-documents whose text begins on the next line, `heres` the depths of open ones."""

    text: str
    at: int = 0
    stack: list[Open] = field(default_factory=lambda: [Open(Place.WORD)])
    waiting: list[Open] = field(default_factory=list)
    heres: list[int] = field(default_factory=list)
    raw_until: int = 0
    places: dict[int, Place] = field(default_factory=dict)
    last_endraw: int = -1
    """Where the last `{% endraw %}` begins. Behind it no `{% raw %}` is ended, and none need be looked for."""

    def run(self) -> dict[int, Place]:
        self.last_endraw = max((match.start() for match in ENDRAW.finditer(self.text)), default=-1)
        while self.at < len(self.text):
            if plain := PLAIN.match(self.text, self.at):
                self.at = plain.end()
                continue
            opener = self.text[self.at : self.at + 2]
            if opener in TAGS and self.at >= self.raw_until:
                self._tag()
            elif self.text[self.at] == "\n":
                self._line_break()
            else:
                self._step(self.text[self.at], self.stack[-1])
        return self.places

    def _tag(self) -> None:
        """Notes the place of a tag and passes over it. What follows `{% raw %}` has no tags until `{% endraw %}`."""
        top = self.stack[-1]
        self.places[self.at] = Place.ARITHMETIC if top.is_arithmetic else top.place
        raw = RAW.match(self.text, self.at) if self.at < self.last_endraw else None
        self.raw_until = raw.end(1) if raw else 0
        self.at = raw.start(1) if raw else end_of_tag(self.text, self.at)

    def _step(self, char: str, top: Open) -> None:
        if char == top.closer:
            self.stack.pop()
            self.at += 1
            return
        match top.place:
            case Place.SINGLE | Place.COMMENT | Place.QUOTED_HERE:
                self.at += 1
            case Place.ESCAPED:
                self.at += 2 if char == "\\" else 1
            case Place.DOUBLE | Place.HERE | Place.BRACES:
                self._expansion(char, top.place)
            case Place.WORD:
                self._word(char)

    def _word(self, char: str) -> None:
        if char == "'":
            self._open(Open(Place.SINGLE, "'"), 1)
        elif char == '"':
            self._open(Open(Place.DOUBLE, '"'), 1)
        elif char == "(":
            is_arithmetic = self.text.startswith("((", self.at)
            self._open(Open(Place.WORD, ")", is_arithmetic=is_arithmetic or self.stack[-1].is_arithmetic), 1)
        elif char == "#" and self._begins_word() and not self.stack[-1].is_arithmetic:
            self._open(Open(Place.COMMENT), 1)
        elif self.text.startswith("<<", self.at) and not self.stack[-1].is_arithmetic:
            self._here_document()
        else:
            self._expansion(char, Place.WORD)

    def _expansion(self, char: str, around: Place) -> None:
        """What is special in words, double quotes and here-documents alike: escapes, `$(`, `${` and backticks."""
        following = self.text[self.at + 1 : self.at + 3]
        if char == "\\":
            self._escape()
        elif char == "`":
            self._open(Open(Place.WORD, "`"), 1)
        elif char == "$" and following.startswith("("):
            self._open(Open(Place.WORD, ")", is_arithmetic=following == "(("), 2)
        elif char == "$" and following.startswith("{") and following not in TAGS:
            self._open(Open(Place.BRACES, "}"), 2)
        elif char == "$" and following.startswith("'") and around is Place.WORD:
            self._open(Open(Place.ESCAPED, "'"), 2)
        else:
            self.at += 1

    def _open(self, opened: Open, length: int) -> None:
        self.stack.append(opened)
        self.at += length

    def _escape(self) -> None:
        """A backslash takes the next character with it, but not the next tag, nor the end of a line with a word."""
        is_tag = self.text[self.at + 1 : self.at + 3] in TAGS
        is_line_break = self.text.startswith("\n", self.at + 1) and bool(self.heres)
        self.at += 1 if is_tag or is_line_break else 2

    def _begins_word(self) -> bool:
        return self.at == 0 or self.text[self.at - 1] in BEFORE_COMMENT

    def _here_document(self) -> None:
        if self.text.startswith("<<<", self.at):
            self.at += 3
            return
        match = HERE_DOCUMENT.match(self.text, self.at)
        if match is None:
            self.at += 2
            return
        word = re.sub(r"\\(.)|['\"]", r"\1", match[2])
        place = Place.HERE if word == match[2] else Place.QUOTED_HERE
        self.waiting.append(Open(place, word=word, strips_tabs=bool(match[1])))
        self.at = match.end()

    def _line_break(self) -> None:
        """Ends a comment, begins the here-documents that wait, and ends them at the line that has their word."""
        self.at += 1
        if self.stack[-1].place is Place.COMMENT:
            self.stack.pop()
        if self.waiting and self.stack[-1].place is Place.WORD:
            self.heres.extend(range(len(self.stack), len(self.stack) + len(self.waiting)))
            self.stack.extend(reversed(self.waiting))
            self.waiting.clear()
        while self.heres and self._ends(self.stack[self.heres[-1]]):
            del self.stack[self.heres.pop() :]
            self.at = self._end_of_line() + 1

    def _end_of_line(self) -> int:
        end = self.text.find("\n", self.at)
        return len(self.text) if end < 0 else end

    def _ends(self, here: Open) -> bool:
        """Is this the line that ends it? Whatever is open inside of the here-document ends, too."""
        line = self.text[self.at : self._end_of_line()]
        return (line.lstrip("\t") if here.strips_tabs else line) == here.word


def places_of_tags(text: str) -> dict[int, Place]:
    """Where each `{{` and `{%` of a command's template stands, by its offset."""
    return Scan(text).run()


def end_of_tag(text: str, start: int) -> int:
    """Behind the tag that begins at `start`. Its closer does not count in a quoted text or inside brackets."""
    closer, at, depth = TAGS[text[start : start + 2]], start + 2, 0
    while at < len(text):
        if plain := PLAIN_IN_TAG.match(text, at):
            at = plain.end()
            continue
        if depth <= 0 and text.startswith(closer, at):
            return at + 2
        if text[at] in "'\"":
            at = _end_of_string(text, at)
            continue
        depth += BRACKETS.get(text[at], 0)
        at += 1
    return len(text)


def _end_of_string(text: str, start: int) -> int:
    at = start + 1
    while at < len(text) and text[at] != text[start]:
        at += 2 if text[at] == "\\" else 1
    return at + 1
