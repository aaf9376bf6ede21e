"""`specc lsp`: a server for editors."""

import sys
from typing import Annotated

import typer

from specc.errors import SpeccError

Stdio = Annotated[bool, typer.Option("--stdio", help="Some editors say so; there is no other way.", hidden=True)]


def lsp(stdio: Stdio = True) -> int:
    """Serve an editor: diagnostics while typing, values and where they come from, completion, fixes.

    An editor starts the server, which speaks the Language Server Protocol over standard input and output. It says of a
    text what `specc check -` says. The manual has the lines that editors need.

    Example: specc lsp
    """
    try:
        from specc.lsp import server  # the protocol's libraries are an extra, and cost half a second
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("specc"):
            raise
        help = "install specc with the extra `lsp`: pip install 'specc[lsp]'"
        raise SpeccError(f"`specc lsp` needs {error.name}, which is not installed", help=help) from error
    stdout, sys.stdout = sys.stdout, sys.stderr  # nothing else may write between the messages
    return server.run(sys.stdin.buffer, stdout.buffer)
