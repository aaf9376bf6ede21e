"""`specc check [PATH]...` without any option, as people, editors and hooks call it.

What only options and findings need is not imported: typer and the reports, a third of the time of a check of one spec.
With a finding, the command itself says what was found.
"""

import os
import sys
from importlib import import_module

from specc.cli import COMPLETE
from specc.cli.colors import wants_color
from specc.cli.session import Selected, Session
from specc.compiler import Request
from specc.reporters.paint import painter
from specc.reporters.report import Summary
from specc.reporters.summary import sum_up
from specc.workspace import Checked, check_specs

PLAIN = Request()


def is_plain(arguments: list[str]) -> bool:
    """Standard input is asked for with a dash, too, and so is left to the command itself."""
    is_check = arguments[:1] == ["check"] and COMPLETE not in os.environ
    return is_check and not any(argument.startswith("-") for argument in arguments)


def check_plainly(paths: list[str]) -> int:
    """What `specc check` does with these paths."""
    session = Session()
    selected = session.specs(paths)
    checked = check_selected(session, selected, all_specs=not paths) if not session.has_errors() else []
    if session.findings or any(result.diagnostics for result in checked):
        # Deferred, because it costs 80 ms.
        code: int = import_module("specc.cli.check").say_checked(session, selected, checked)
        return code
    files, specs, payloads = (sum(getattr(each, name) for each in checked) for name in ("files", "specs", "payloads"))
    summary = Summary(files, specs, payloads, errors=0, warnings=0)
    sys.stdout.write(sum_up(summary, painter(wants_color(sys.stdout))) + "\n")
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
