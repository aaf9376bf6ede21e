"""What the resolver asks of the outside world: the texts of a project, by name. The workspace answers."""

from typing import Protocol

from specc.diagnostics import Missing
from specc.parser import Parsed
from specc.source import Source


class Library(Protocol):
    def document(self, name: str) -> Parsed | Missing:
        """The spec file of that name, parsed (once)."""

    def text(self, name: str) -> Source | Missing:
        """The text of a `$file`, with CRLF read as LF."""
