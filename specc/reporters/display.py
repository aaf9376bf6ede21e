"""Characters as a terminal shows them: how wide they are, and what stands for those that must not reach it."""

import unicodedata
from typing import NamedTuple

TAB = "    "
CUT = "..."
HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # controls, invisible and bidi marks, surrogates, line separators
ZERO_WIDTH = frozenset({"Mn", "Me"})


def visible(text: str) -> str:
    """`text` on one line, with escapes, control and invisible characters made visible. Tabs become spaces."""
    return text if text.isprintable() else "".join(map(_visible, text))


def _visible(char: str) -> str:
    number = ord(char)
    if char == "\t":
        return TAB
    if number < 0x20:
        return chr(0x2400 + number)
    if number == 0x7F:
        return "␡"
    return f"<U+{number:04X}>" if unicodedata.category(char) in HIDDEN else char


def cells(text: str) -> int:
    """The number of terminal columns that visible text takes."""
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
        """The terminal column before code point `index` of the line, or the nearest that is shown."""
        return self.edges[min(max(index - self.start, 0), len(self.edges) - 1)]


def strip(line: str, focus: int, room: int) -> Strip:
    """`line` made visible and, if it takes more than `room` columns, cut around code point `focus`."""
    start, end = _window(line, min(focus, len(line)), room)
    pieces = [_visible(char) for char in line[start:end]]
    before = CUT if start > 0 else ""
    edges = [len(before)]
    for piece in pieces:
        edges.append(edges[-1] + cells(piece))
    text = before + "".join(pieces) + (CUT if end < len(line) else "")
    return Strip(text, start, edges)


def _window(line: str, focus: int, room: int) -> tuple[int, int]:
    """The code points to show. Zero-width characters are bounded too, by count: a line may hold a million of them."""
    most = 4 * room
    if len(line) <= most and cells(visible(line)) <= room:
        return 0, len(line)
    room -= 2 * len(CUT)
    start, used = _reach(line[max(focus - most, 0) : focus][::-1], room // 3)
    start = focus - start
    length, more = _reach(line[focus : focus + most], room - used)
    left, _ = _reach(line[max(start - most, 0) : start][::-1], room - used - more)
    return start - left, focus + length


def _reach(text: str, room: int) -> tuple[int, int]:
    """How many characters of `text` fit into `room` columns, and how many columns they take."""
    used = 0
    for count, char in enumerate(text):
        width = cells(_visible(char))
        if used + width > room:
            return count, used
        used += width
    return len(text), used
