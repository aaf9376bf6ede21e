"""What a YAML text consists of: what starts, what ends, and where."""

import re
from enum import Enum, auto
from typing import NamedTuple

from specc.nodes import Style

BETWEEN = re.compile(r"(?:[ \t\r\n]++|#[^\r\n]*+)*+")
"""What may stand between an anchor and what it names."""

TEMPLATE = re.compile(r"\{\{[^\r\n\0]*?\}\}|\{%[^\r\n\0]*?%\}")
"""On one line, quoted or not."""
LINE = re.compile(r"[^\r\n\0]+")


def has_template(text: str) -> bool:
    """Return whether a whole template stands on a line of the text.

    A search for `TEMPLATE` would read on to the end of the line from each brace that is never closed.
    """
    lines = LINE.findall(text) if "{" in text else ()
    pairs = (("{{", "}}"), ("{%", "%}"))
    return any((at := line.find(begin)) >= 0 and line.find(end, at + 2) >= 0 for line in lines for begin, end in pairs)


class Kind(Enum):
    DOCUMENT = auto()
    SCALAR = auto()
    ALIAS = auto()
    MAPPING = auto()
    SEQUENCE = auto()
    END = auto()


class Event(NamedTuple):
    """`start` is where the value begins, behind its anchor and tag. `value` is an alias's name or a scalar's text."""

    kind: Kind
    start: int
    end: int
    value: str = ""
    style: Style = Style.PLAIN
    anchor: str | None = None
    is_flow: bool = False


class Stretch(NamedTuple):
    """Where a scalar stands."""

    start: int
    end: int
    style: Style


class SyntaxProblem(Exception):
    """The text is not YAML: ruamel.yaml's words, the offset where it noticed and the one where its reading began."""

    def __init__(self, problem: str, at: int, context_at: int | None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.at = at
        self.context_at = context_at


class DepthProblem(Exception):
    """Too many brackets are open at `at`."""

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


def without_blank_lines(text: str) -> str:
    """The text up to the end of its last line that is not blank. Spaces at the end of that line belong to it."""
    stripped = text.rstrip(" \t\r\n")
    trailing = text[len(stripped) :]
    return stripped + trailing[: len(trailing) - len(trailing.lstrip(" \t"))]


def next_token(text: str, at: int) -> int:
    """Where the next thing begins, behind blanks and comments."""
    between = BETWEEN.match(text, at)
    return between.end() if between else at


def place_of_nothing(text: str, at: int) -> int:
    """Where a value stands that is not there. The parsers differ behind a `:`; we say where the next thing begins."""
    return next_token(text, at) if text[at - 1 : at] == ":" else at
