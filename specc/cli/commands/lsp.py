"""`specc lsp`: a server for editors."""

from typing import Annotated

import typer

from specc.lsp import serve

Stdio = Annotated[bool, typer.Option("--stdio", help="Some editors say so; there is no other way.", hidden=True)]


def lsp(stdio: Stdio = True) -> int:
    """Serve an editor: diagnostics while typing, values and where they come from, completion, fixes.

    An editor starts the server, which speaks the Language Server Protocol over standard input and output. It says of a
    text what `specc check -` says. The manual has the lines that editors need.

    Example: specc lsp
    """
    return serve()
