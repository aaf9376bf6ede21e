"""A check whose outcome is not known from before."""

from importlib import import_module

from specc.cache import Counts
from specc.cli.plain import say_clean
from specc.cli.session import Selected, Session
from specc.cli.sites import Chosen, Sites
from specc.compiler import Request
from specc.workspace import Checked, check_specs

PLAIN = Request()


def check_anew(sites: Sites, chosen: list[Chosen], *, all_specs: bool) -> int:
    """Checks the chosen specs without any wishes, and reports it."""
    session = Session(sites)
    selected = session.opened(chosen)
    checked = check_selected(session, selected, all_specs=all_specs) if not session.has_errors() else []
    if session.findings or any(result.diagnostics for result in checked):
        # Deferred, because it costs 80 ms.
        code: int = import_module("specc.cli.check").say_checked(session, selected, checked)
        return code
    say_clean([Counts(result.files, result.specs, result.payloads) for result in checked])
    return 0


def check_selected(
    session: Session,
    selected: list[Selected],
    request: Request = PLAIN,
    *,
    target: str | None = None,
    all_specs: bool,
    remembers: bool = True,
) -> list[Checked]:
    """Only what a check without any wishes comes to is remembered."""
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
