"""What was written, in a form that a message of one line can hold."""

from specc.wording import brief

MAX_SHOWN = 60


def named(text: str) -> str:
    """A key, a tag or an alias in backticks: printable, and not too long."""
    return f"`{brief(text, MAX_SHOWN)}`"
