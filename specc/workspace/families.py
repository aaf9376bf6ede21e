"""Files with all that inherits from them: who could read a name that a file declares."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from specc.diagnostics import Diagnostic
from specc.parser import Document
from specc.resolver import Library, Missing, join
from specc.rules import FAMILY_RULES
from specc.rules.rule import Family
from specc.rules.uses import Uses, uses_of
from specc.settings import Settings
from specc.source import Source
from specc.workspace.dependents import references


@dataclass
class _Members:
    """What is known of the family of one file."""

    names: set[str] = field(default_factory=set)
    has_specs: bool = False
    is_sound: bool = True


def family_findings(
    documents: list[Document], library: Library, settings: Settings, faulty: set[str]
) -> Iterator[Diagnostic]:
    """What the rules say about files. All heirs of each must be among them, too. `faulty` names those with errors."""
    texts = _Texts(library)
    members: dict[str, _Members] = {}
    layers = [settings.defaults, *(target.job for target in settings.targets.values())]
    common = [uses_of(layer, lambda _: None) for layer in layers if layer is not None]
    for document in documents:
        line = texts.line(document)
        uses = [texts.uses(each) for each in line.values()] if line is not None else []
        is_sound = line is not None and all(faulty.isdisjoint(texts.files(each)) for each in line.values())
        for name in line or [document.source.name]:
            known = members.setdefault(name, _Members())
            known.names.update(*(each.names for each in (*uses, *common)))
            known.has_specs |= not document.abstract
            known.is_sound &= is_sound
    for document in documents:
        known = members[document.source.name]
        if known.is_sound and known.has_specs:
            family = Family(document, Uses(frozenset(known.names)))
            for rule in FAMILY_RULES:
                yield from rule.find(family)


@dataclass
class _Texts:
    """What each file is made of and mentions, looked up once."""

    library: Library
    _lines: dict[str, dict[str, Document] | None] = field(default_factory=dict)
    _uses: dict[str, Uses] = field(default_factory=dict)
    _files: dict[str, frozenset[str]] = field(default_factory=dict)

    def files(self, document: Document) -> frozenset[str]:
        """The names of the file and of all that it refers to."""
        name = document.source.name
        if name not in self._files:
            self._files[name] = references(document) | {name}
        return self._files[name]

    def line(self, document: Document) -> dict[str, Document] | None:
        """The file and all its ancestors by name; None when one of them cannot be had."""
        name = document.source.name
        if name not in self._lines:
            self._lines[name] = None  # a file that inherits from itself has no line
            self._lines[name] = self._climbed(document)
        return self._lines[name]

    def _climbed(self, document: Document) -> dict[str, Document] | None:
        line = {document.source.name: document}
        for reference in document.parents:
            wanted = join(document.source.name, str(reference.value))
            answer = self.library.document(wanted) if wanted is not None else None
            parent = None if answer is None or isinstance(answer, Missing) else answer.document
            above = self.line(parent) if parent is not None else None
            if above is None:
                return None
            line |= above
        return line

    def uses(self, document: Document) -> Uses:
        name = document.source.name
        if name not in self._uses:
            read: Callable[[str], Source | None] = partial(_read, self.library, name)
            self._uses[name] = uses_of(document.body, read)
        return self._uses[name]


def _read(library: Library, origin: str, reference: str) -> Source | None:
    name = join(origin, reference)
    text = library.text(name) if name is not None else None
    return text if isinstance(text, Source) else None
