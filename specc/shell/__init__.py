"""Shell commands as text: what is wrong with their syntax, and the words and comments in them.

Two parsers have to agree before anything is reported: our own, which knows what was opened where, and tree-sitter's.
The latter is loaded only when it is needed, because a plain spec needs nothing of it.
"""

from specc.shell.faults import ShellFault
from specc.shell.reading import Reading, read

__all__ = ["Reading", "ShellFault", "read"]
