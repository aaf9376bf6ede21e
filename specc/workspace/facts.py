"""What one file says by itself: whose child it is, what it refers to, which names its templates mention."""

from collections.abc import Callable
from functools import partial

from specc.diagnostics import Missing
from specc.fast_dataclass import dataclass
from specc.inheritance import references
from specc.parser import Document
from specc.resolver import Library, join
from specc.rules.uses import declared, uses_of
from specc.source import Source
from specc.workspace.reading import Reader, Reads


@dataclass(frozen=True, slots=True)
class Facts:
    """All by name. A parent is None where its reference leads out of the project.

    `uses` are the names that it mentions, as in `Uses`, and `declares` those that it declares, as (namespace, name).
    """

    name: str
    is_abstract: bool
    parents: tuple[str | None, ...]
    references: frozenset[str]
    uses: frozenset[str]
    declares: frozenset[tuple[str, str]]
    reads: Reads


def facts_of(document: Document, library: Library) -> Facts:
    name, reader = document.source.name, Reader(library)
    reader.document(name)
    read: Callable[[str], Source | None] = partial(_read, reader, name)
    parents = tuple(join(name, str(reference.value)) for reference in document.parents)
    uses = uses_of(document.body, read).names
    declares = frozenset((namespace, str(key.value)) for namespace, key in declared(document.body))
    return Facts(name, document.abstract, parents, references(document), uses, declares, reader.reads)


def _read(library: Library, origin: str, reference: str) -> Source | None:
    name = join(origin, reference)
    text = library.text(name) if name is not None else None
    return text if isinstance(text, Source) else None


class Register:
    """The facts of files, each looked up once. `remembered` knows some from before, `learned` is told others."""

    def __init__(
        self,
        library: Library,
        remembered: Callable[[str], Facts | None] = lambda _: None,
        learned: Callable[[Facts], None] = lambda _: None,
    ) -> None:
        self._library = library
        self._remembered = remembered
        self._learned = learned
        self._facts: dict[str, Facts | None] = {}

    def of(self, name: str) -> Facts | None:
        """None for a file that cannot be had as a spec."""
        if name not in self._facts:
            self._facts[name] = self._remembered(name) or self._found(name)
        return self._facts[name]

    def add(self, facts: Facts) -> None:
        """Takes what another has found."""
        self._facts[facts.name] = facts
        self._learned(facts)

    def _found(self, name: str) -> Facts | None:
        parsed = self._library.document(name)
        document = None if isinstance(parsed, Missing) else parsed.document
        if document is None:
            return None
        facts = facts_of(document, self._library)
        self._learned(facts)
        return facts
