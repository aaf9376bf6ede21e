"""The payloads of chosen specs: what is compiled, and against what."""

from specc.app.session import Selected
from specc.project.rendering import Piece


def pieces_of(selected: list[Selected], target: str | None) -> list[Piece]:
    """Return the specs to compile, each against its project and the target, which is the project's own by default.

    Raises SpeccError for a target that a project does not have.
    """
    return [
        Piece(entry.project, context, name, name in entry.explicit)
        for entry in selected
        for context in [entry.project.context(target)]
        for name in entry.names
    ]
