"""The project on disk: its settings and texts, what its specs are compiled against, and files that specc writes.

`Project` is one project, opened, and `FileLibrary` its texts. `DiagnosticSet` collects
diagnostics of many specs and cells. `outputs` writes files whole or not at all, `processes` shares work out to forks,
and `rendering` makes payloads as text.
"""

from specc.project.library import Apis, FileLibrary, shipped_apis
from specc.project.project import DiagnosticSet, Project

__all__ = ["Apis", "DiagnosticSet", "FileLibrary", "Project", "shipped_apis"]
