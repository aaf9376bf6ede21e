"""The comments of a text, and the entry that each belongs to."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from specc.formatter.inline import Collection
from specc.formatter.layout import Block, Entry, Inline, Remarks, all_entries
from specc.source import BLANKS

COMMENT = re.compile(r"(?:^|(?<=[ \t]))#[^\n]*")


class Line(NamedTuple):
    """A line with nothing but a comment, or an empty line."""

    start: int
    column: int
    text: str


class Comments(NamedTuple):
    """Everything that is not YAML: whole lines, and the comments at the ends of lines."""

    lines: list[Line]
    ends: list[Line]


def comments_of(text: str, start: int, leaves: list[tuple[int, int]]) -> Comments:
    """Return the comments and empty lines outside of the `leaves`, from `start` on."""
    found = Comments([], [])
    starts = [leaf[0] for leaf in leaves]
    begin = start
    while begin < len(text):
        end = text.find("\n", begin)
        end = len(text) if end < 0 else end
        index = bisect_right(starts, end) - 1
        last = leaves[index][1] if index >= 0 else 0
        if last < begin and not text[begin:end].strip(" \t"):
            found.lines.append(Line(begin, 0, ""))
        elif last < end:
            _look(text, max(begin, last), end, found, is_whole=last <= begin)
        begin = end + 1
    return found


def _look(text: str, begin: int, end: int, found: Comments, *, is_whole: bool) -> None:
    comment = COMMENT.search(text[begin:end])
    if comment is None:
        return
    line_start = text.rfind("\n", 0, begin) + 1
    at = begin + comment.start()
    is_alone = is_whole and not text[line_start:at].strip(" \t")
    line = Line(at, at - line_start, comment.group().rstrip(BLANKS))
    (found.lines if is_alone else found.ends).append(line)


def attached(text: str, root: Block, start: int, leaves: list[tuple[int, int]]) -> Remarks:
    """Return each comment with the entry below it, the entry on its line, or the block that it ends."""
    entries = list(all_entries(root))
    starts = [entry.start for entry in entries]
    remarks = Remarks()
    comments = comments_of(text, start, leaves)
    for line in comments.ends:
        _put_beside(remarks, entries[bisect_right(starts, line.start) - 1], line)
    for index, run in groupby(comments.lines, key=lambda line: bisect_right(starts, line.start)):
        before = entries[index - 1] if index else None
        after = entries[index] if index < len(entries) else None
        _put_lines(remarks, list(run), before, after, root)
    return remarks


def _put_beside(remarks: Remarks, entry: Entry, line: Line) -> None:
    """Put one comment beside an entry. More comments, and a comment before a long value, go above the entry."""
    is_early = line.start < entry.value_start and not isinstance(entry.value, Inline | Collection | Block)
    if is_early or entry in remarks.beside:
        remarks.above.setdefault(entry, []).append(line.text)
        return
    remarks.beside[entry] = line.text


def _put_lines(remarks: Remarks, run: list[Line], before: Entry | None, after: Entry | None, root: Block) -> None:
    if before is not None and run[0].start < before.value_start and not isinstance(before.value, Block):
        inside = [line.text for line in run if line.start < before.value_start and line.text]
        remarks.above.setdefault(before, []).extend(inside)
        run = [line for line in run if line.start >= before.value_start]
    closed = list(_closed(before, after))
    blank = False
    for line in run:
        if not line.text:
            blank = True
            continue
        fitting = [block for block in closed if _least(block) <= line.column]
        if after is not None and (line.column <= after.column or not fitting):
            closed, place = [], remarks.above.setdefault(after, [])
        else:
            block = fitting[0] if fitting else root
            closed = closed[closed.index(block) :] if fitting else closed
            place = remarks.below.setdefault(block, [])
        place.extend(["", line.text] if blank else [line.text])
        blank = False
    if blank and after is not None:
        remarks.above.setdefault(after, []).append("")


def _least(block: Block) -> int:
    """Return the column from which on a comment belongs to a block.

    In a column that key and list share, the key has it.
    """
    is_flush = block.is_list and block.parent is not None and block.column == block.parent.column
    return block.column + is_flush


def _closed(before: Entry | None, after: Entry | None) -> Iterator[Block]:
    """Yield the blocks that end between two entries, the innermost first."""
    if before is None or (after is not None and before.value is after.block):
        return
    block: Block | None = before.block
    while block is not None and (after is None or block is not after.block):
        yield block
        block = block.parent
