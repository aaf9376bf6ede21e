"""How the command line opens a project: its user is at a terminal, and `-` is standard input."""

from typing import TYPE_CHECKING

from specc.app.selection import STDIN, STDIN_NAME, Sites
from specc.cli.console import Terminal, read_stdin
from specc.errors import SpeccError

if TYPE_CHECKING:
    from specc.app.session import Session


def open_session(stdin_filename: str | None = None, paths: list[str] | None = None) -> "Session":
    """Return a session for the paths of a command line.

    Raises SpeccError for `--stdin-filename` where no path is `-`.
    """
    from specc.app.session import Session  # the compiler, which a check may not need

    return Session(open_sites(stdin_filename, paths), Terminal())


def open_sites(stdin_filename: str | None = None, paths: list[str] | None = None) -> Sites:
    """Return the projects of the paths, not opened yet: for a check of which the result may be known."""
    if stdin_filename is not None and STDIN not in (paths or ()):
        raise SpeccError("`--stdin-filename` does nothing without `-`", help="add `-` to read standard input")
    return Sites(stdin_filename or STDIN_NAME, read_stdin)
