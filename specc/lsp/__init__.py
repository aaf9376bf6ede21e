"""What `specc lsp` runs: a server for editors, by the Language Server Protocol over standard input and output.

- `positions`: lines and columns as clients count them. `workspace`: the texts that are open, and their projects.
- `checks`: which text is checked next, and what is shown where.
- `hover` and the like are functions from a snapshot and an offset to an answer in words of specc.
- `server` speaks the protocol, and `features` answers requests about texts. With `translation`, they alone import pygls
  and lsprotocol, which take half a second.

The server reads what `specc check` reads, as carefully, and starts no program. It writes no file: changes of texts are
sent to the editor.
"""

import gc
import sys

from specc.errors import SpeccError


def serve() -> int:
    """Serve the editor at the other end of standard input and output until it ends, and return the exit code.

    Raises SpeccError where the libraries of the protocol are not installed.
    """
    try:
        from specc.lsp import features  # the protocol's libraries are an extra, and cost half a second
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("specc"):
            raise
        help = "install the protocol's libraries beside specc: pip install 'pygls>=2.1,<3' lsprotocol"
        raise SpeccError(f"`specc lsp` needs {error.name}, which is not installed", help=help) from error
    gc.freeze()  # what was imported stays, and is not searched for garbage in the middle of a word
    stdout, sys.stdout = sys.stdout, sys.stderr  # nothing else may write between the messages
    return features.serve(sys.stdin.buffer, stdout.buffer)
