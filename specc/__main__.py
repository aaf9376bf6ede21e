"""`python -m specc`.

Python looks for modules in the current folder first, so that a checked project could replace them.

Modules that Python itself imports before this file still come from there. `python -P -m specc` and the command `specc`
never look there.
"""

import os
import sys
from contextlib import suppress


def main() -> None:
    """Remove the current folder from the places of modules, and run the command line."""
    with suppress(FileNotFoundError):  # the current folder may be gone
        if not sys.flags.safe_path and sys.path[:1] == [os.getcwd()]:
            del sys.path[0]
    from specc.cli.main import main

    main()


main()
