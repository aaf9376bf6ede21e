"""Texts, and spans of them. A `Span` leads to everything that a person wrote."""

import re
from bisect import bisect_right
from functools import cached_property
from typing import NamedTuple

from specc.fast_dataclass import dataclass

MAX_BYTES = 128 * 1024
"""The size of the largest spec. To read it takes well under a second, whatever it holds."""

BLANKS = " \t\r\n"
"""The blanks of YAML and the shell.

Python's `strip()` removes others, too, such as U+00A0 and U+3000, which are letters
to both."""

NO_FILES = ("-", "<", "specc:")
"""The beginnings of paths of sources that are not files: options, standard input, shipped bases."""

LINE_BREAK = re.compile(r"\r\n|\n|\r")


def file_path(path: str) -> str:
    """Return the path of a file, with `./` before a path that looks like an option or another source."""
    return f"./{path}" if path.startswith(NO_FILES) else path


class Position(NamedTuple):
    """A line and a column, which count from 1. Columns count code points."""

    line: int
    column: int


@dataclass(frozen=True, eq=False)
class Source:
    """A text with its names for people and in the project. Two sources are equal only if identical.

    `path` is what messages print. `name` is its identity within the project: the path from the project's root
    ("base/mpi.job.yaml"), "specc:NAME" for a shipped base, "<stdin>", or "--set" and the like for a command line.
    """

    path: str
    text: str
    name: str = ""

    @cached_property
    def line_starts(self) -> list[int]:
        """The offset of each line."""
        return [0, *(match.end() for match in LINE_BREAK.finditer(self.text))]

    @property
    def line_end(self) -> str:
        """How its lines end, as the first does: what an edit puts between two lines."""
        found = LINE_BREAK.search(self.text)
        return found[0] if found is not None else "\n"

    def position(self, offset: int) -> Position:
        """Return the position of an offset."""
        line = bisect_right(self.line_starts, offset)
        return Position(line, offset - self.line_starts[line - 1] + 1)

    def line(self, number: int) -> str:
        """Return the text of a line (from 1) without its line break."""
        start = self.line_starts[number - 1]
        end = self.line_starts[number] if number < len(self.line_starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    def span(self, start: int = 0, end: int | None = None) -> "Span":
        """Return a span of this text, which is empty without `end`."""
        return Span(self, start, start if end is None else end)


class Span(NamedTuple):
    """A range of a source in code points from 0, `end` exclusive. It may be empty."""

    source: Source
    start: int
    end: int

    @property
    def text(self) -> str:
        """The text of the span."""
        return self.source.text[self.start : self.end]

    @property
    def first(self) -> Position:
        """The position of the first character."""
        return self.source.position(self.start)

    @property
    def last(self) -> Position:
        """The position just behind the span."""
        return self.source.position(self.end)

    @property
    def location(self) -> str:
        """`name:line:column`, for messages, which must not depend on the current folder."""
        return (
            str(self)
            if self.source.path.startswith("-")
            else f"{self.source.name}:{self.first.line}:{self.first.column}"
        )

    def __str__(self) -> str:
        """Return `path:line:column`. A value of the command line is its own location: `--set job.core_limit=4`."""
        if self.source.path.startswith("-"):
            return f"{self.source.path} {self.source.text}"
        line, column = self.first
        return f"{self.source.path}:{line}:{column}"
