"""From a layout to its text: two columns a level, with lists indented like mappings."""

import re
from collections.abc import Iterator
from dataclasses import replace

from specc.formatter.inline import STEP, Collection, fits
from specc.formatter.layout import Block, BlockScalar, Continued, Entry, Inline, Remarks
from specc.formatter.order import ROOT, Order
from specc.source import BLANKS

ANCHORED = re.compile(r"(.*:) (&\S+)")
"""A key with the anchor of its value."""
NO_AIR = "\0"
"""A line behind a text of `|+`, to which empty lines would belong."""


class Writer:
    """Writes a layout with its comments."""

    def __init__(self, order: Order, remarks: Remarks) -> None:
        self.order = order
        self.remarks = remarks

    def document(self, root: Block) -> str:
        return "".join(f"{line}\n" for line in _without_air(self.block(root, 0)))

    def block(self, block: Block, indent: int) -> list[str]:
        """Return the lines of a block, without an empty line at the beginning and without two in a row."""
        pad = " " * indent
        lines: list[str] = []
        for above, entry in self.placed(block):
            lines += [pad + text if text else "" for text in above]
            lines += self.entry(entry, indent)
        lines += [pad + text if text else "" for text in self.remarks.below.get(block, [])]
        while lines and not lines[0]:
            del lines[0]
        return lines

    def placed(self, block: Block) -> Iterator[tuple[list[str], Entry]]:
        """Yield the entries in order, each with the lines above it."""
        if block.parent is None and block.kind == ROOT:
            yield from self.top(block)
            return
        for lead, entries in self.paragraphs(block):
            for entry in self.order.arranged(block.kind, entries):
                yield [*lead, *self.own(entry)], entry
                lead = []

    def paragraphs(self, block: Block) -> Iterator[tuple[list[str], list[Entry]]]:
        """Yield the parts of a block, which empty lines divide. Keys do not move from one part to another."""
        lead: list[str] = []
        part: list[Entry] = []
        for entry in block.entries:
            above = self.remarks.above.get(entry, [])
            if "" in above and part:
                yield lead, part
                lead, part = [], []
            if "" in above:
                lead = above[: len(above) - len(self.own(entry))]
            part.append(entry)
        yield lead, part

    def own(self, entry: Entry) -> list[str]:
        """Return the comments directly above an entry, which move with it."""
        return _after_blank(self.remarks.above.get(entry, []))

    def top(self, root: Block) -> Iterator[tuple[list[str], Entry]]:
        """Yield the keys of the spec. Where an empty line sets one section apart, all sections get one."""
        first, *others = root.entries
        head = self.remarks.above.get(first, [])
        arranged = self.order.arranged(root.kind, root.entries)
        own = _after_blank(head) if "" in head or arranged[0] is first else []
        head = head[: len(head) - len(own)]
        is_airy = any(self.remarks.above.get(entry, [])[:1] == [""] for entry in others)
        for index, entry in enumerate(arranged):
            above = own if entry is first else self.remarks.above.get(entry, [])
            bare = above[1:] if above[:1] == [""] else above
            wants_air = is_airy and (bool(bare) or not self.order.is_header(entry.name))
            yield (head + bare if index == 0 else [""] * wants_air + bare), entry

    def entry(self, entry: Entry, indent: int) -> list[str]:
        head = " " * indent + entry.key
        comment = self.remarks.beside.get(entry)
        match entry.value:
            case Inline(text):
                return [_ended(f"{head} {text}".rstrip(BLANKS), comment)]
            case Collection() as value:
                return _collection(value, head, comment, indent, is_item=entry.key.partition(" ")[0] == "-")
            case BlockScalar(header, content):
                keeps = "+" in header.partition("#")[0]
                return [f"{head} {header}", *_set_in(content, indent + STEP), *[NO_AIR] * keeps]
            case Continued() as value:
                lines = _continued(value, entry.column, indent)
                lines[-1] = _ended(lines[-1], comment)
                return [f"{head} {lines[0]}", *lines[1:]]
            case Block() as block:
                lines = self.block(block, indent + STEP)
                is_short = entry.key == "-" and comment is None and not lines[0].lstrip(" ").startswith("#")
                if is_short:
                    return [f"{head} {lines[0].lstrip(' ')}", *lines[1:]]
                return [_ended(head, comment), *lines]


def _collection(value: Collection, head: str, comment: str | None, indent: int, *, is_item: bool) -> list[str]:
    """Return a collection behind its key or dash, where it fits, or below its key. A comment keeps it there."""
    if not value.items or fits(f"{head} {value.line}", 0):
        return [_ended(f"{head} {value.line}", comment)]
    if comment is None and not is_item:
        if anchored := ANCHORED.fullmatch(head):
            head, value = anchored[1], replace(value, opens=f"{anchored[2]} {value.opens}")
        return [head, *value.below(indent + STEP)]
    first, *rest = value.lines(indent + STEP)
    return [f"{head} {first}", *rest[:-1], _ended(rest[-1], comment)]


def _ended(line: str, comment: str | None) -> str:
    """Return a line with its comment, one blank behind: prettier and the YAML server's formatter insist on one."""
    return line if comment is None else f"{line} {comment}"


def _without_air(lines: list[str]) -> Iterator[str]:
    is_kept = False
    for line in lines:
        if line == NO_AIR:
            is_kept = True
        elif line or not is_kept:
            is_kept = False
            yield line


def _after_blank(above: list[str]) -> list[str]:
    own: list[str] = []
    for text in reversed(above):
        if not text:
            break
        own.insert(0, text)
    return own


def _set_in(lines: tuple[str, ...], indent: int) -> list[str]:
    return [" " * indent + line if line else "" for line in lines]


def _continued(value: Continued, column: int, indent: int) -> list[str]:
    first, *rest = value.lines
    depths = value.indents[1:]
    if value.is_flow:
        shifted = [max(0, depth + indent - column) for depth in depths]
    else:
        least = min((depth for line, depth in zip(rest, depths, strict=True) if line), default=0)
        shifted = [indent + STEP + depth - least for depth in depths]
    return [first, *(" " * depth + line if line else "" for line, depth in zip(rest, shifted, strict=True))]
