"""What was written, in a form that a message of one line can hold."""

from specc.nodes import Node, kind_of

MAX_SHOWN = 60


def named(text: str) -> str:
    """A key, a tag or an alias in backticks: printable, and not too long."""
    line = printable(text)
    return f"`{line if len(line) <= MAX_SHOWN else line[: MAX_SHOWN - 3] + '...'}`"


def found(node: Node) -> str:
    """What stands there instead of what was expected."""
    line = printable(kind_of(node))
    return line if len(line) <= MAX_SHOWN + 20 else line[: MAX_SHOWN + 17] + "..."


def printable(text: str) -> str:
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
