"""Who uses specc: told what happens while it works, and asked where only a person can decide.

Every door has one of its own: the command line a terminal, `import specc` a log, the gateway its own log.
"""

from typing import Protocol


class Person(Protocol):
    """Whoever reads what specc tells meanwhile. Results are returned, and are not told."""

    def tell(self, line: str) -> None:
        """Show one line at once. Characters in it that could deceive are the implementation's business."""

    def can_answer(self) -> bool:
        """Return whether there is somebody to ask."""

    def confirm(self, question: str) -> bool:
        """Return whether the answer to a question is yes. Called only where `can_answer`."""


class Nobody:
    """Hears nothing, and answers nothing."""

    def tell(self, line: str) -> None:
        """Drop the line."""

    def can_answer(self) -> bool:
        return False

    def confirm(self, question: str) -> bool:
        return False
