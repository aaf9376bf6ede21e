"""`specc plan`: what submitting would do, for a person to read and to approve."""

import json
import secrets
import shlex
import time
from pathlib import Path
from typing import Annotated

import typer

from specc.app.advice import excesses
from specc.app.requests import Unprepared, check_is_text, prepare
from specc.app.selection import STDIN
from specc.app.submitting import Submission, look_ahead
from specc.cli import exits
from specc.cli.console import say, write_json
from specc.cli.options import (
    Cells,
    Changed,
    Only,
    Output,
    Params,
    Profiles,
    Rerun,
    Resend,
    Sets,
    Specs,
    States,
    ToTarget,
)
from specc.cli.printing import print_diagnostics
from specc.cli.sessions import open_session
from specc.cli.steps import (
    asked_of,
    command_of,
    say_of_ignored,
    say_of_overwritten,
    say_of_states,
    show_steps,
    summary,
    unprepared,
)
from specc.disk.outputs import write_file
from specc.errors import SpeccError
from specc.reporters import TextOrJson, format_named
from specc.submission import Action, Heading, Step, plan_document

Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write the plan for `submit --plan FILE`.")]
Check = Annotated[bool, typer.Option("--check", help="Exit with 10 if anything is not as it was sent.")]


def plan(
    paths: Specs = None,
    out: Out = None,
    check: Check = False,
    output: Output = "text",
    state: States = None,
    changed: Changed = False,
    rerun: Rerun = False,
    resend_unknown: Resend = False,
    profile: Profiles = None,
    param: Params = None,
    set_: Sets = None,
    only: Only = None,
    cell: Cells = None,
    target: ToTarget = None,
) -> int:
    """Show what submitting would send, what is there already, and what changed. Nothing is sent.

    Example: specc plan jobs --out plan.json
    """
    format_named(output, TextOrJson)
    if out is not None and STDIN in (paths or ()):
        raise SpeccError("a plan of standard input cannot be carried out later", help="write the spec to a file")
    if out is not None:
        check_is_text(str(out))
    session = open_session()
    asked = asked_of(profile, param, set_, only, cell, state, changed, rerun, resend_unknown)
    request = prepare(session, session.specs(list(paths or ())), asked, target)
    if isinstance(request, Unprepared):
        return unprepared(request, is_json=output == "json")
    print_diagnostics(request.diagnostics)
    with look_ahead(request, needs_ledger=out is not None) as planned:
        steps = planned.decide()
        if print_diagnostics(planned.refusals(steps), is_json=output == "json"):
            return exits.REFUSED
        _show(planned, steps, output, out)
    has_changes = any(step.action is not Action.KEEP for step in steps)
    return exits.CHANGES if check and has_changes else exits.OK


def _show(planned: Submission, steps: list[Step], output: str, out: Path | None) -> None:
    request, opened = planned.request, planned.opened
    command = f"specc submit --plan {shlex.quote(str(out))}" if out is not None else command_of(request)
    project = request.workplace.project.settings.project
    heading = Heading(
        secrets.token_hex(8),
        planned.ledger.id,
        project,
        request.target,
        opened.target.identity,
        command,
        time.time(),
    )
    data = plan_document(heading, request.asked, steps, request.units)
    if out is not None:
        write_file(out, json.dumps(data, ensure_ascii=False, indent=2) + "\n")
    say_of_overwritten(planned.overwritten(steps))
    if output == "json":
        del data["version"]
        write_json(data)
        return
    show_steps(steps)
    if opened.place is not None:
        say(f"the target `{request.target}` is at {opened.place}")
    say(summary(steps, request.units))
    say_of_states(request)
    say_of_ignored(request, steps)
    for excess in excesses(steps, planned.ledger, request.units):
        say(str(excess))
    if any(step.action.sends for step in steps):
        say(f"to send it: {command}")
