"""`specc retry`: the next attempt of cells whose jobs failed."""

import os
from typing import Annotated

import typer

from specc.app.notifying import notice_of
from specc.app.requests import Unprepared, prepare
from specc.app.retrying import Retrying, reasons_named
from specc.cli.options import (
    Cells,
    Changed,
    Only,
    Output,
    Params,
    Profiles,
    Sets,
    Specs,
    Timeout,
    ToTarget,
    Yes,
    complete_reason,
)
from specc.cli.printing import print_diagnostics
from specc.cli.sessions import open_session
from specc.cli.steps import asked_of, unprepared
from specc.cli.submissions import DryRun, InFlight, Manner, MaxActive, Notify, Wait, carry_out, show_plan
from specc.cli.waiting import seconds_of
from specc.errors import SpeccError
from specc.reporters import TextOrJson, format_named

Reasons = Annotated[
    list[str] | None,
    typer.Option(
        "--reason",
        metavar="REASON,...",
        help="Only jobs that ended for these reasons: memory, time, node, preempted, exit, stopped, lost, cancelled "
        "(default: all but lost and cancelled).",
        autocompletion=complete_reason,
    ),
]


def retry(
    paths: Specs = None,
    reason: Reasons = None,
    dry_run: DryRun = False,
    changed: Changed = False,
    max_in_flight: InFlight = None,
    max_active: MaxActive = None,
    notify: Notify = None,
    wait: Wait = False,
    timeout: Timeout = None,
    yes: Yes = False,
    output: Output = "text",
    profile: Profiles = None,
    param: Params = None,
    set_: Sets = None,
    only: Only = None,
    cell: Cells = None,
    target: ToTarget = None,
) -> int:
    """Try cells again whose jobs failed: once, with the next `cell.attempt`.

    The options that gave the payloads are needed again, such as -p. A spec that has changed since then needs --changed.

    Exits as `specc submit` does.

    Example: specc retry jobs/hello.job.yaml --reason memory,time
    """
    format_named(output, TextOrJson)
    retrying = Retrying(reasons_named(reason or (), "--reason"), is_all=True)
    if notify is not None and not wait:
        raise SpeccError("`--notify` needs `--wait`", help="or wait for the jobs later, with `specc wait --notify`")
    notice = notice_of(notify, os.environ) if wait else None
    manner = Manner(output, yes, max_in_flight, wait, seconds_of(timeout), retrying, max_active, notice)
    given = asked_of(profile, param, set_, only, cell, None, changed, rerun=False, resend_unknown=False)
    session = open_session()
    request = prepare(session, session.specs(list(paths or ())), given, target)
    if isinstance(request, Unprepared):
        return unprepared(request, is_json=manner.is_json)
    print_diagnostics(request.diagnostics)
    return show_plan(request, None, manner) if dry_run else carry_out(request, None, manner)
