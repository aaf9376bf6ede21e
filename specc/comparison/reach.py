"""Which specs can have other payloads than in the commit: those that differ, and all that inherit from what differs.

A project may have thousands of specs, and few of them have changed: what has not is read, but not parsed, unless its
text mentions the name of a file that has.
"""

import os
import posixpath
import re
from collections.abc import Iterable
from dataclasses import field

from specc.comparison.past import LINK, Lost, Tree
from specc.diagnostics import Missing
from specc.disk import read_bytes
from specc.fast_dataclass import dataclass
from specc.inheritance import mentions, references, searchable, word_of
from specc.project import Project

APART = re.compile(rb"[\s\"'\[\]{},:/]+")
"""What cannot be in the middle of a file's name, where it stands in a spec without quotes."""
ODD = re.compile(r"[\s\"'\[\]{},:]")


@dataclass(eq=False)
class Reach:
    """`old` and `new` are the names of the specs of the commit and of the work tree."""

    project: Project
    tree: Tree
    old: frozenset[str]
    new: frozenset[str]
    _texts: dict[str, bytes] = field(default_factory=dict)
    _references: dict[str, frozenset[str]] = field(default_factory=dict)

    def changed(self) -> frozenset[str]:
        """Files that are not the same, or on one side only."""
        links = [name for name, entry in self.tree.entries.items() if entry.mode == LINK]
        doubtful = self.old | self.new | set(self.tree.touched()) | set(links)
        return frozenset(name for name in doubtful if not self._is_same(name))

    def _is_same(self, name: str) -> bool:
        if self._is_folder_link(name):
            path = self.project.root / name
            return path.is_symlink() and self.tree.target_of(name) == os.readlink(path)
        data = self._text(name)
        return data is not None and self.tree.is_as_in(name, data)

    def _text(self, name: str) -> bytes | None:
        if name not in self._texts:
            data = read_bytes(self.project.root / name)
            if isinstance(data, Missing):
                return None
            self._texts[name] = data
        return self._texts[name]

    def reached(self, files: Iterable[str]) -> frozenset[str]:
        """The files, and every spec that a change of them reaches."""
        reached = set(files)
        if any(self._is_folder_link(name) for name in reached):
            return frozenset(reached | self.old | self.new)
        if not reached:
            return frozenset()
        texts = {name: searchable(text) for name, text in self._compositions().items()}
        waiting = set(reached)
        while waiting:
            words = {word_of(name) for name in waiting}
            heirs = {
                name
                for name, text in texts.items()
                if name not in reached and mentions(text, words) and self._referred(name) & reached
            }
            reached |= heirs
            waiting = heirs
        return frozenset(reached)

    def _is_folder_link(self, name: str) -> bool:
        """Files behind it have other names, by which nothing is found."""
        path, entry = self.project.root / name, self.tree.entries.get(name)
        was = entry is not None and entry.mode == LINK and isinstance(self.tree.resolved(name), Lost)
        return was or (path.is_symlink() and path.is_dir())

    def _compositions(self) -> dict[str, bytes]:
        """The texts that can refer to others: specs, and bases that are not named like specs."""
        texts = {name: text for name in sorted(self.new) if (text := self._text(name)) is not None}
        words: set[bytes] = set()
        for text in texts.values():
            words.update(APART.split(text))
        waiting = self.tree.entries.keys() - texts.keys()
        while found := {name for name in waiting if ODD.search(posixpath.basename(name)) or _last(name) in words}:
            words = set()
            waiting -= found
            for name in sorted(found):
                text = self._text(name)
                if text is not None and b"extends" in text:
                    texts[name] = text
                    words.update(APART.split(text))
        return texts

    def _referred(self, name: str) -> frozenset[str]:
        if name not in self._references:
            contents = self.project.site.contents
            parsed = self.project.library.document(name)
            document = None if isinstance(parsed, Missing) else parsed.document
            names = references(document) if document is not None else frozenset()
            self._references[name] = names | {contents.name_of(self.project.root / target) for target in names}
        return self._references[name]


def _last(name: str) -> bytes:
    return posixpath.basename(name).encode("utf-8", "surrogateescape")
