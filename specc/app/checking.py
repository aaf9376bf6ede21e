"""A check of the chosen specs of each project."""

from specc.app.session import Selected, Session
from specc.compiler import Request
from specc.linter import Checked, check_specs

PLAIN = Request()


def check_selected(
    session: Session,
    selected: list[Selected],
    request: Request = PLAIN,
    *,
    target: str | None = None,
    all_specs: bool,
    remembers: bool = True,
) -> list[Checked]:
    """Check the chosen specs and those that inherit from them. `all_specs` says that these are whole projects.

    Only the result of a check without options is remembered.
    """
    return [
        check_specs(
            entry.project,
            entry.names,
            request,
            target=target,
            all_specs=all_specs,
            memory=session.memory(entry.project, target) if remembers and request == PLAIN else None,
        )
        for entry in selected
    ]
