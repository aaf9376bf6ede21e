"""The project on disk: its files, what inherits from what, and the compiler run over them."""

from specc.workspace.apis import Apis
from specc.workspace.checking import Checked, check_specs
from specc.workspace.findings import Findings
from specc.workspace.library import FileLibrary
from specc.workspace.project import Project
from specc.workspace.suppression import not_ignored

__all__ = [
    "Apis",
    "Checked",
    "FileLibrary",
    "Findings",
    "Project",
    "check_specs",
    "not_ignored",
]
