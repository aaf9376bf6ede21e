"""Which cells of a sweep show the rules anything new.

Most cells of a long sweep differ in numbers alone, such as a seed or a step. A rule that reads a text sees its words,
and may hold one number of it against another field, as the processes of a launcher against the cores of the job. So
the rules need not look at a cell whose words and other fields an earlier cell has had, if cells with these words have
shown each of its numbers, and each value of its axes, before.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from itertools import chain

from specc.expander import Cell
from specc.fast_dataclass import dataclass
from specc.lowering import Payload

NUMBER = re.compile(r"([0-9]+(?:\.[0-9]+)*)")
"""A number, a version or the like. The shell reads all of its characters as they are, wherever they stand."""


MOST_KEPT = 2_000
"""So many kinds of cells are remembered."""


@dataclass(slots=True, eq=False)
class _Alike:
    """Cells with the same words: the payload of the first, and what numbers and values of axes they have shown."""

    first: Payload | None = None
    shown: set[tuple[int, object]] = field(default_factory=set)


class Novelty:
    """Remembers what the cells so far have shown."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], _Alike] = {}
        self._last = _Alike()
        self._longest: list[int] = []

    def like(self, cell: Cell, texts: Sequence[str], others: Iterable[str]) -> Payload | None:
        """Return the payload of an earlier cell with the same words, if this one shows nothing new, else None.

        `texts` are those of its fields that people write, and `others` are its other fields. After None, `add` is told
        the payload of the cell.
        """
        pieces = [NUMBER.split(text) for text in texts]
        is_longer = self._is_longer(texts)
        words = (*others, len(set(texts)), *(tuple(piece[::2]) for piece in pieces))
        shown = set(enumerate(chain(*(piece[1::2] for piece in pieces), cell.values.values())))
        if len(self._known) >= MOST_KEPT and words not in self._known:
            self._known.clear()  # what is seen once more is looked at once more
        self._last = alike = self._known.setdefault(words, _Alike())
        if alike.first is not None and not is_longer and shown <= alike.shown:
            return alike.first
        alike.shown |= shown
        return None

    def add(self, payload: Payload) -> None:
        """Note the payload of the cell that `like` was asked about last."""
        self._last.first = self._last.first or payload

    def _is_longer(self, texts: Sequence[str]) -> bool:
        """Return whether a text is longer than all before it: limits are on lengths."""
        lengths = list(map(len, texts))
        before = self._longest or [-1] * len(lengths)
        self._longest = list(map(max, lengths, before))
        return self._longest != before


def counterpart(text: str, start: int, end: int, other: str) -> str:
    """Return what stands in `other` where `text` has the characters from `start` to `end`, neither of them in a number.

    The texts differ in numbers alone.
    """
    if (start, end) == (0, len(text)):
        return other
    begin, stop = start, end
    for mine, its in _numbers(text, other):
        if mine.end() > end:
            break
        stop = end + its.end() - mine.end()
        if mine.end() <= start:
            begin = start + its.end() - mine.end()
    return other[begin:stop]


def _numbers(text: str, other: str) -> Iterator[tuple[re.Match[str], re.Match[str]]]:
    return zip(NUMBER.finditer(text), NUMBER.finditer(other), strict=True)
