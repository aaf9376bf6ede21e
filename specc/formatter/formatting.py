"""One spec in its canonical layout, with a proof that YAML reads the same as before."""

import json
import re
from collections import Counter

from specc.diagnostics import Diagnostic
from specc.fast_dataclass import dataclass
from specc.formatter.comments import COMMENT, attached, comments_of
from specc.formatter.layout import Block, NoLayout, Reader, all_entries
from specc.formatter.order import ROOT, Order
from specc.formatter.writing import Writer
from specc.nodes import Mapping, to_data
from specc.parser import parse_tree
from specc.source import BLANKS, Source

LINE_BREAK = re.compile(r"\r\n|\r")


@dataclass(frozen=True, slots=True)
class Formatted:
    """The result. `text` is the new text, or the old text where `problem` names a bug in specc."""

    text: str
    problem: str | None = None


def format_source(source: Source, fields: tuple[str, ...]) -> Formatted | tuple[Diagnostic, ...]:
    """Return the spec in its canonical layout, or the errors of a spec that cannot be read.

    `fields` are those of the API, in order.
    Line breaks become LF. No value and no comment is different afterwards.
    """
    text = LINE_BREAK.sub("\n", source.text)
    before = Source(source.path, text, source.name)
    root, diagnostics = parse_tree(before)
    errors = tuple(each for each in diagnostics if each.is_error)
    if errors or not isinstance(root, Mapping):
        return errors
    try:
        layout = _Layout(text, fields)
    except NoLayout:
        return Formatted(_ended(text))
    result = layout.written()
    problem = _difference(layout, Source(source.path, result, source.name), to_data(root), diagnostics, fields)
    return Formatted(source.text, problem) if problem else Formatted(result)


class _Layout:
    """The layout of one text, which can be written again."""

    def __init__(self, text: str, fields: tuple[str, ...]) -> None:
        self.text = text
        reader = Reader(text, Order(fields))
        self.root: Block = reader.root(ROOT)
        if len(set(reader.defined)) < len(reader.defined):
            # An alias refers to the anchor before it: with two anchors of one name, nothing may move.
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
        """Return how often each comment stands in the text, with those behind `|` and `>`, which are in leaves."""
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
    before: _Layout, after: Source, data: object, diagnostics: list[Diagnostic], fields: tuple[str, ...]
) -> str | None:
    """Return how the new text differs from the old text in what it says, or None."""
    root, found = parse_tree(after)
    if not isinstance(root, Mapping) or any(each.is_error for each in found):
        return "the new text could not be read"
    if _spelled(to_data(root)) != _spelled(data):
        return "a value was different"
    try:
        layout = _Layout(after.text, fields)
    except NoLayout:
        return "the layout of the new text was not found"
    if layout.comments() != before.comments():
        return "a comment was different"
    if Counter(f.message for f in found) - Counter(f.message for f in diagnostics):
        return "there was a new diagnostic"
    if layout.written() != after.text:
        return "formatting the new text changed it again"
    return None


def _spelled(data: object) -> str:
    """Return a text that tells `1` from `1.0` and `true`, and does not depend on the order of keys."""
    return json.dumps(data, sort_keys=True, ensure_ascii=False)
