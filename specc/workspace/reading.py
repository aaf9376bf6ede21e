"""Which files something was made of."""

from dataclasses import field

from specc.diagnostics import Missing
from specc.fast_dataclass import dataclass
from specc.parser import Parsed
from specc.resolver import Library
from specc.source import Source


@dataclass(slots=True)
class Reads:
    """The names of the specs and of the other texts that were read. `is_whole`: all were there that were asked for."""

    documents: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    is_whole: bool = True

    def add(self, other: "Reads") -> None:
        self.documents |= other.documents
        self.texts |= other.texts
        self.is_whole &= other.is_whole


@dataclass(frozen=True, slots=True)
class Reader:
    """A library that takes notes."""

    library: Library
    reads: Reads = field(default_factory=Reads)

    def document(self, name: str) -> Parsed | Missing:
        found = self.library.document(name)
        self._note(self.reads.documents, name, found)
        return found

    def text(self, name: str) -> Source | Missing:
        found = self.library.text(name)
        self._note(self.reads.texts, name, found)
        return found

    def _note(self, names: set[str], name: str, found: object) -> None:
        if isinstance(found, Missing):
            self.reads.is_whole = False
        else:
            names.add(name)
