"""What a person must know about an import: what was dropped, changed, or left to decide."""

from typing import NamedTuple

from specc.visible import visible


class Note(NamedTuple):
    """`text` begins with what it is about, in backquotes, and goes on with what became of it and why."""

    line: int
    text: str

    def shown(self) -> str:
        """On one line that can stand in a comment, whatever the script holds."""
        return visible(f"line {self.line}: {self.text}")
