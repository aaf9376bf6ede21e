"""Shell commands as text: the mistakes of their syntax, and the comments, variables and calls in them.

`read` gives all of this as a `Reading`. Tests hold it to `bash -n`: where bash accepts a text, it has no mistake.
"""

from specc.shell.grammar import read
from specc.shell.model import Here, Reading, Redirection, ShellMistake, Statement, Variable

__all__ = ["Here", "Reading", "Redirection", "ShellMistake", "Statement", "Variable", "read"]
