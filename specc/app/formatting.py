"""One spec of a project in its one layout."""

from specc.diagnostics import Diagnostic
from specc.fast_dataclass import dataclass
from specc.formatter import format_source
from specc.parser import Document
from specc.project import DiagnosticSet, Project
from specc.resolver.ancestry import ancestry
from specc.source import Source


@dataclass(frozen=True, slots=True)
class LaidOut:
    """A spec and its text in the one layout; `text` is the spec's own where nothing has to change."""

    source: Source
    text: str

    @property
    def is_changed(self) -> bool:
        return self.text != self.source.text


@dataclass(frozen=True, slots=True)
class NotLaidOut:
    """Why a spec has no new layout: diagnostics of its text, or what would differ, which is a bug in specc."""

    diagnostics: tuple[Diagnostic, ...] = ()
    source: Source | None = None
    problem: str = ""


def lay_out(project: Project, name: str) -> LaidOut | NotLaidOut:
    """Return the spec in the layout of `specc fmt`. Nothing is written."""
    diagnostics = DiagnosticSet()
    document = project.document(name, diagnostics)
    if document is None:
        return NotLaidOut(tuple(diagnostic for diagnostic in diagnostics.all() if diagnostic.is_error))
    source = document.source
    result = format_source(source, _fields(project, document))
    if isinstance(result, tuple):
        return NotLaidOut(result)
    if result.problem is not None:
        return NotLaidOut(source=source, problem=result.problem)
    return LaidOut(source, result.text)


def _fields(project: Project, document: Document) -> tuple[str, ...]:
    """Return the fields in the order of the API's table.

    The API is the one that the file or its nearest ancestor names, else the project's.
    """
    line, _ = ancestry(document, project.library)
    node = next((part.api for part in reversed(line.order) if part.api is not None), None)
    named = str(node.value) if node is not None else project.settings.api
    api = project.apis.get(named) or project.apis.get(project.settings.api)
    return tuple(api.fields) if api is not None else ()
