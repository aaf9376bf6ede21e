"""What the resolver asks of a project: texts by name, and the name that a reference in a file means.

References are relative, from the project's root ("//..."), or to a shipped base ("specc:NAME").
"""

from posixpath import dirname, normpath
from typing import Protocol

from specc.diagnostics import Missing
from specc.parser import Parsed
from specc.source import Source

SHIPPED = "specc:"


def join(origin: str, reference: str) -> str | None:
    """Return the name that `reference` means in the file called `origin`; None if it leads out of the project.

    A shipped base refers to its neighbours by relative paths, too: "specc:mpi" + "serial" = "specc:serial".
    """
    if reference.startswith(SHIPPED):
        return reference
    if reference.startswith("//"):
        path = normpath(reference[2:] or ".")
    elif reference.startswith("/"):
        return None
    else:
        path = normpath("/".join(filter(None, [dirname(origin.removeprefix(SHIPPED)), reference])))
    if path == ".." or path.startswith(("../", "/")):
        return None
    is_shipped = origin.startswith(SHIPPED) and not reference.startswith("//")
    # The name of a file is never that of a shipped base.
    return SHIPPED + path if is_shipped else f"./{path}" if path.startswith(SHIPPED) else path


class Library(Protocol):
    """The files of a project, by name. The workspace implements it."""

    def document(self, name: str) -> Parsed | Missing:
        """Return the spec file of that name, parsed once, or why there is none."""

    def text(self, name: str) -> Source | Missing:
        """Return the text of a `$file`, with CRLF read as LF, or why there is none."""
