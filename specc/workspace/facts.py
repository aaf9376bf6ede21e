"""What one file says by itself: whose child it is, what it refers to, which names its templates mention."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from specc.lineage import references
from specc.parser import Document
from specc.resolver import Library, Missing, join
from specc.rules.uses import uses_of
from specc.source import Source
from specc.workspace.reading import Reader, Reads


@dataclass(frozen=True, slots=True)
class Facts:
    """All by name. A parent is None where its reference leads out of the project; `uses` are as in `Uses`."""

    name: str
    is_abstract: bool
    parents: tuple[str | None, ...]
    references: frozenset[str]
    uses: frozenset[str]
    reads: Reads


def facts_of(document: Document, library: Library) -> Facts:
    name, reader = document.source.name, Reader(library)
    reader.document(name)
    read: Callable[[str], Source | None] = partial(_read, reader, name)
    parents = tuple(join(name, str(reference.value)) for reference in document.parents)
    uses = uses_of(document.body, read).names
    return Facts(name, document.abstract, parents, references(document), uses, reader.reads)


def _read(library: Library, origin: str, reference: str) -> Source | None:
    name = join(origin, reference)
    text = library.text(name) if name is not None else None
    return text if isinstance(text, Source) else None


class Register:
    """The facts of files, each looked up once. `remembered` knows some from before."""

    def __init__(self, library: Library, remembered: Callable[[str], Facts | None] = lambda _: None) -> None:
        self._library = library
        self._remembered = remembered
        self._facts: dict[str, Facts | None] = {}

    def of(self, name: str) -> Facts | None:
        """None for a file that cannot be had as a spec."""
        if name not in self._facts:
            self._facts[name] = self._remembered(name) or self._found(name)
        return self._facts[name]

    def _found(self, name: str) -> Facts | None:
        parsed = self._library.document(name)
        document = None if isinstance(parsed, Missing) else parsed.document
        return facts_of(document, self._library) if document is not None else None
