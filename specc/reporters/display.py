"""Source lines as a terminal shows them: how wide characters are, and which part of a long line is shown."""

import unicodedata
from typing import NamedTuple

from specc.visible import visible, visible_characters

TAB = "    "
CUT = "..."
ZERO_WIDTH = frozenset({"Mn", "Me", "Cf"})


def _pieces(line: str) -> list[str]:
    """Return what is shown for each character of a source line, in which a tab is four spaces."""
    return [TAB if char == "\t" else shown for char, shown in zip(line, visible_characters(line), strict=True)]


def cells(text: str) -> int:
    """Return the number of terminal columns that visible text takes."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def _cells(char: str) -> int:
    if unicodedata.category(char) in ZERO_WIDTH:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


class Strip(NamedTuple):
    """The shown part of a source line. `edges` has the terminal column before each code point from `start` on."""

    text: str
    start: int
    edges: list[int]

    def column(self, index: int) -> int:
        """Return the terminal column before code point `index` of the line, or the nearest that is shown."""
        return self.edges[min(max(index - self.start, 0), len(self.edges) - 1)]


def strip(line: str, focus: int, room: int) -> Strip:
    """Return `line` made visible and, if it takes more than `room` columns, cut around code point `focus`."""
    start, end = _window(line, min(focus, len(line)), room)
    pieces = _pieces(line[start:end])
    before = CUT if start > 0 else ""
    edges = [len(before)]
    for piece in pieces:
        edges.append(edges[-1] + cells(piece))
    text = before + "".join(pieces) + (CUT if end < len(line) else "")
    return Strip(text, start, edges)


def _window(line: str, focus: int, room: int) -> tuple[int, int]:
    """Return the code points to show. Zero-width characters are bounded by count: a line may hold a million of them."""
    most = 4 * room
    if len(line) <= most and cells("".join(_pieces(line))) <= room:
        return 0, len(line)
    room -= 2 * len(CUT)
    start, used = _reach(line[max(focus - most, 0) : focus][::-1], room // 3)
    start = focus - start
    length, more = _reach(line[focus : focus + most], room - used)
    left, _ = _reach(line[max(start - most, 0) : start][::-1], room - used - more)
    return start - left, focus + length


def _reach(text: str, room: int) -> tuple[int, int]:
    """Return how many characters of `text` fit into `room` columns, and how many columns they take."""
    used = 0
    for count, char in enumerate(text):
        width = len(TAB) if char == "\t" else cells(visible(char))
        if used + width > room:
            return count, used
        used += width
    return len(text), used
