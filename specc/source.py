"""Text, and places in it. Everything that a person wrote is found again through a `Span`."""

import re
from bisect import bisect_right
from functools import cached_property
from typing import NamedTuple

from specc.fast_dataclass import dataclass

MAX_BYTES = 128 * 1024
"""The largest spec. Reading one of this size takes well under a second, whatever is in it."""

BLANKS = " \t\r\n"
"""White space to YAML and the shell. Python's `strip()` takes other blanks, too, such as U+00A0 and U+3000, which are
letters there."""

NO_FILES = ("-", "<", "specc:")
"""How the paths of sources begin that are not files of the project: options, standard input, shipped bases."""

LINE_BREAK = re.compile(r"\r\n|\n|\r")


def file_path(path: str) -> str:
    """Return the path of a file, with `./` before one that would be taken for an option or for another source."""
    return f"./{path}" if path.startswith(NO_FILES) else path


class Position(NamedTuple):
    """A place as people count: line and column from 1, columns in code points."""

    line: int
    column: int


@dataclass(frozen=True, eq=False)
class Source:
    """A text under the names that people and the project know it by. Two sources are equal only if identical.

    `path` is what messages print. `name` is its identity within the project: the path from the project's root
    ("base/mpi.job.yaml"), "specc:NAME" for a shipped base, "<stdin>", or "--set" and the like for a command line.
    """

    path: str
    text: str
    name: str = ""

    @cached_property
    def line_starts(self) -> list[int]:
        return [0, *(match.end() for match in LINE_BREAK.finditer(self.text))]

    def position(self, offset: int) -> Position:
        line = bisect_right(self.line_starts, offset)
        return Position(line, offset - self.line_starts[line - 1] + 1)

    def line(self, number: int) -> str:
        """The text of a line (from 1) without its line break."""
        start = self.line_starts[number - 1]
        end = self.line_starts[number] if number < len(self.line_starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    def span(self, start: int = 0, end: int | None = None) -> "Span":
        return Span(self, start, start if end is None else end)


class Span(NamedTuple):
    """A stretch of a source in code points from 0, `end` exclusive. An empty one is a place."""

    source: Source
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    @property
    def first(self) -> Position:
        return self.source.position(self.start)

    @property
    def last(self) -> Position:
        """The position just behind the span."""
        return self.source.position(self.end)

    @property
    def place(self) -> str:
        """`name:line:column`, for messages, which must not depend on the current folder."""
        return (
            str(self)
            if self.source.path.startswith("-")
            else f"{self.source.name}:{self.first.line}:{self.first.column}"
        )

    def __str__(self) -> str:
        """`path:line:column`; a value of a command line is its own place, such as `--set job.core_limit=4`."""
        if self.source.path.startswith("-"):
            return f"{self.source.path} {self.source.text}"
        line, column = self.first
        return f"{self.source.path}:{line}:{column}"
