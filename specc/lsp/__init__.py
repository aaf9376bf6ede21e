"""What `specc lsp` runs: a server for editors, by the Language Server Protocol over standard input and output.

- `positions`: lines and columns as clients count them. `workspace`: the texts that are open, and their projects.
- `checks`: which text is checked next, and what is shown where.
- `hover` and the like are functions from a snapshot and an offset to an answer in words of specc.
- `server` speaks the protocol. It and `translation` alone import pygls and lsprotocol, which take half a second.

The server reads what `specc check` reads, as carefully, and starts no program. It writes no file: changes of texts are
sent to the editor.
"""
