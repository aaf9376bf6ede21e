"""One spec in its canonical layout, proven to say the same as before."""

import json
import re
from collections import Counter

from specc.diagnostics import Diagnostic
from specc.fast_dataclass import dataclass
from specc.formatter.order import ROOT, Order
from specc.formatter.reading import NoLayout, Reader
from specc.formatter.remarks import COMMENT, attached, comments_of
from specc.formatter.tree import Block, all_entries
from specc.formatter.writing import Writer
from specc.nodes import Mapping, to_data
from specc.parser import parse_tree
from specc.source import BLANKS, Source

LINE_BREAK = re.compile(r"\r\n|\r")


@dataclass(frozen=True, slots=True)
class Formatted:
    """`text` is the new text, or the old one where `problem` says what came out wrong: that is a bug of specc."""

    text: str
    problem: str | None = None


def format_source(source: Source, fields: tuple[str, ...]) -> Formatted | tuple[Diagnostic, ...]:
    """The spec in its canonical layout, or the errors that keep it from being read. `fields` are the API's, in order.

    Line breaks become LF. Nothing that YAML reads, and no comment, is different afterwards.
    """
    text = LINE_BREAK.sub("\n", source.text)
    before = Source(source.path, text, source.name)
    root, findings = parse_tree(before)
    errors = tuple(finding for finding in findings if finding.is_error)
    if errors or not isinstance(root, Mapping):
        return errors
    try:
        layout = _Layout(text, fields)
    except NoLayout:
        return Formatted(_ended(text))
    result = layout.written()
    problem = _difference(layout, Source(source.path, result, source.name), to_data(root), findings, fields)
    return Formatted(source.text, problem) if problem else Formatted(result)


class _Layout:
    def __init__(self, text: str, fields: tuple[str, ...]) -> None:
        self.text = text
        reader = Reader(text, Order(fields))
        self.root: Block = reader.root(ROOT)
        if len(set(reader.defined)) < len(reader.defined):
            # An alias means the anchor before it: with two of one name, nothing may move.
            reader = Reader(text, Order(fields, moves=False))
            self.root = reader.root(ROOT)
        self.order = reader.order
        self.leaves = reader.leaves
        first = next(all_entries(self.root)).start
        marker = re.compile(r"^---[^\n]*\n", re.MULTILINE).search(text, 0, first)
        if text[text.rfind("\n", 0, first) + 1 : first].strip(BLANKS):
            raise NoLayout
        self.start = marker.end() if marker else 0

    def written(self) -> str:
        remarks = attached(self.text, self.root, self.start, self.leaves)
        return self.text[: self.start] + Writer(self.order, remarks).document(self.root)

    def comments(self) -> Counter[str]:
        """All comments. Those behind `|` and `>` stand within what is a leaf to the others."""
        found = comments_of(self.text, self.start, self.leaves)
        counts = Counter(line.text for line in (*found.lines, *found.ends) if line.text)
        headers = [self.text[start:end].partition("\n")[0] for start, end in self.leaves]
        return counts + Counter(
            comment.group().rstrip(BLANKS)
            for header in headers
            if header[:1] in ("|", ">") and (comment := COMMENT.search(header))
        )


def _ended(text: str) -> str:
    return text.rstrip(" \t\n") + "\n"


def _difference(
    before: _Layout, after: Source, data: object, findings: list[Diagnostic], fields: tuple[str, ...]
) -> str | None:
    """What the new text says otherwise than the old one, or None."""
    root, found = parse_tree(after)
    if not isinstance(root, Mapping) or any(finding.is_error for finding in found):
        return "it could not be read again"
    if _spelled(to_data(root)) != _spelled(data):
        return "a value was different"
    try:
        layout = _Layout(after.text, fields)
    except NoLayout:
        return "its layout was not found again"
    if layout.comments() != before.comments():
        return "a comment was different"
    if Counter(f.message for f in found) - Counter(f.message for f in findings):
        return "there was a new finding"
    if layout.written() != after.text:
        return "formatting it again changed it again"
    return None


def _spelled(data: object) -> str:
    """A text that tells `1` from `1.0` and `true`, and does not depend on the order of keys."""
    return json.dumps(data, sort_keys=True, ensure_ascii=False)
