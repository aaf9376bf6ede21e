"""The project on disk: its settings and texts, and what its specs are compiled against.

`Project` is one project, opened, and `FileLibrary` its texts. `DiagnosticSet` collects
diagnostics of many specs and cells. `processes` shares work out to forks, and `rendering` makes payloads as text.
"""

from specc.project.library import Apis, FileLibrary, shipped_apis
from specc.project.project import DiagnosticSet, Project

__all__ = ["Apis", "DiagnosticSet", "FileLibrary", "Project", "shipped_apis"]
