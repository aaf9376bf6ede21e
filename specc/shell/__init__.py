"""Shell commands as text: what is wrong with their syntax, and the comments, variables and calls in them.

Two parsers have to agree before a mistake is reported: our own, which knows what was opened where, and tree-sitter's.
The latter is loaded only when the former has found something, because a plain spec needs nothing of it.
"""

from specc.shell.faults import ShellFault
from specc.shell.marks import Here, Redirection, Statement, Variable
from specc.shell.reading import Reading, read

__all__ = ["Here", "Reading", "Redirection", "ShellFault", "Statement", "Variable", "read"]
