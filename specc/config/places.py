"""Where each key and value of a TOML text stands. tomllib gives values only; tree-sitter gives places.

This module is imported only when there is a file to read, because its grammar costs 15 ms.
"""

import tomllib
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import field
from itertools import accumulate

import tree_sitter_toml
from tree_sitter import Language, Node, Parser

from specc.config.tree import MAX_DEPTH, Place
from specc.frozen import dataclass
from specc.nodes import Path

HEADERS = ("table", "table_array_element")
KEYS = ("bare_key", "quoted_key", "dotted_key")


def places(text: str) -> dict[Path, Place]:
    """The place of each key, value and item, by its path: of a valid TOML text.

    Those deeper than `MAX_DEPTH` are left out, and so are all if tree-sitter cannot read what tomllib can.
    """
    language = Language(tree_sitter_toml.language())
    survey = Survey(_Offsets(text))
    root = Parser(language).parse(text.encode()).root_node
    if not root.has_error:
        survey.document(root)
    return survey.found


class _Offsets:
    """From bytes, which tree-sitter counts in, to code points."""

    def __init__(self, text: str) -> None:
        self.starts = None if text.isascii() else [0, *accumulate(len(char.encode()) for char in text)]

    def range(self, node: Node) -> tuple[int, int]:
        if self.starts is None:
            return node.start_byte, node.end_byte
        return bisect_left(self.starts, node.start_byte), bisect_left(self.starts, node.end_byte)


@dataclass
class Survey:
    """A walk through a syntax tree. `sizes` counts the tables of each array of tables so far."""

    offsets: _Offsets
    found: dict[Path, Place] = field(default_factory=dict)
    sizes: dict[Path, int] = field(default_factory=dict)

    def document(self, root: Node) -> None:
        for node in root.named_children:
            if node.type == "pair":
                self.pair((), node)
            elif node.type in HEADERS:
                prefix = self.header(node)
                for pair in _pairs(node):
                    self.pair(prefix, pair)

    def header(self, node: Node) -> Path:
        """Note the tables that `[a.b]` or `[[a.b]]` names, and give the path of the last."""
        path: Path = ()
        for key in _keys(node.named_children):
            if path in self.sizes:
                path = (*path, self.sizes[path] - 1)
            path = (*path, _name(key))
            place = Place(self.offsets.range(key), None)
            self.found.setdefault(path, place)
        if node.type == "table_array_element":
            index = self.sizes.get(path, 0)
            self.sizes[path] = index + 1
            path = (*path, index)
            self.found[path] = place
        return path

    def pair(self, prefix: Path, node: Node) -> None:
        path = prefix
        value = [child for child in node.named_children if child.type != "comment"][-1]
        for key in _keys(node.named_children[:1]):
            path = (*path, _name(key))
            self.found.setdefault(path, Place(self.offsets.range(key), None))
        self.found[path] = self.found[path]._replace(value=self.offsets.range(value))
        self.value(path, value)

    def value(self, path: Path, node: Node) -> None:
        if len(path) > MAX_DEPTH:
            return
        if node.type == "inline_table":
            for pair in _pairs(node):
                self.pair(path, pair)
        elif node.type == "array":
            items = (item for item in node.named_children if item.type != "comment")
            for index, item in enumerate(items):
                self.found[(*path, index)] = Place(None, self.offsets.range(item))
                self.value((*path, index), item)


def _pairs(node: Node) -> Iterator[Node]:
    return (child for child in node.named_children if child.type == "pair")


def _keys(nodes: Iterable[Node]) -> list[Node]:
    """The parts of a key that may be dotted, as written. The grammar nests them to the left."""
    key = next(node for node in nodes if node.type in KEYS)
    parts = []
    while key.type == "dotted_key":
        key, last = (child for child in key.named_children if child.type in KEYS)
        parts.append(last)
    return [key, *reversed(parts)][: MAX_DEPTH + 1]


def _name(key: Node) -> str:
    written = (key.text or b"").decode()
    return written if key.type == "bare_key" else next(iter(tomllib.loads(f"{written} = 0")))
