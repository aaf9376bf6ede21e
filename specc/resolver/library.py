"""What the resolver asks of the outside world: the texts of a project, by name. The workspace answers."""

from typing import Protocol

from specc.diagnostics import Code
from specc.frozen import dataclass
from specc.parser import Parsed
from specc.source import Source


@dataclass(frozen=True, slots=True)
class Missing:
    """Why a name has no text: the kind of finding that it is for whoever asked, and the words for it."""

    code: Code
    message: str
    help: str | None = None


class Library(Protocol):
    def document(self, name: str) -> Parsed | Missing:
        """The spec file of that name, parsed (once)."""

    def text(self, name: str) -> Source | Missing:
        """The text of a `$file`, with CRLF read as LF."""
