"""`python -m specc`. Python looks for modules in the current folder first, and so in whatever is checked there.

What Python itself imports before this file is taken from there all the same. `python -P -m specc` and the command
`specc` never look there.
"""

import os
import sys
from contextlib import suppress
from importlib import import_module

with suppress(FileNotFoundError):  # the current folder may be gone
    if not sys.flags.safe_path and sys.path[:1] == [os.getcwd()]:
        del sys.path[0]

# Not an import statement: those stand above, where the current folder would still be searched.
import_module("specc.cli.main").main()
