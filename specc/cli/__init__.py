"""The command line: it parses, dispatches and prints, and decides nothing about a spec."""

COMPLETE = "_SPECC_COMPLETE"
"""The variable by which the shell asks for completions."""


def import_libraries() -> None:
    """Import the largest libraries of the compiler, before anything that would import them.

    CPython asks the system for memory, and gives it back, at each call that needs a new chunk for its frames. Imports
    within imports are so deep that they make a thousand such calls, a tenth of the time of a small check. From here,
    with few frames on the stack, they make some dozens.
    """
    import jinja2  # noqa: F401 - these are late, because what answers without the compiler needs neither
    import yaml  # noqa: F401
