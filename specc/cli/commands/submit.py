"""`specc submit`: each payload once."""

import os
from pathlib import Path
from typing import Annotated

import typer

from specc.app.notifying import notice_of
from specc.app.requests import Unprepared, prepare, prepare_again
from specc.app.retrying import Retrying, reasons_named
from specc.cli.options import (
    MOST_ATTEMPTS,
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
from specc.disk import check_stays
from specc.errors import SpeccError
from specc.reporters import TextOrJson, format_named
from specc.submission import Asked, PlanFile, read_plan
from specc.system.reader import Unreadable, read_file

PLAN_BYTES = 64 << 20

PlanPath = Annotated[Path | None, typer.Option("--plan", metavar="FILE", help="Send what this plan says, or nothing.")]
Retries = Annotated[
    int | None,
    typer.Option(
        "--retries", metavar="N", min=0, max=MOST_ATTEMPTS - 1, help="Try cells that fail again, N times each."
    ),
]
RetryOn = Annotated[
    list[str] | None,
    typer.Option(
        "--retry-on",
        metavar="REASON,...",
        help="Only for these reasons: memory, time, node, preempted, exit, stopped, lost, cancelled "
        "(default: all but lost and cancelled).",
        autocompletion=complete_reason,
    ),
]


def submit(
    paths: Specs = None,
    plan: PlanPath = None,
    dry_run: DryRun = False,
    changed: Changed = False,
    rerun: Rerun = False,
    resend_unknown: Resend = False,
    max_in_flight: InFlight = None,
    wait: Wait = False,
    timeout: Timeout = None,
    retries: Retries = None,
    retry_on: RetryOn = None,
    max_active: MaxActive = None,
    notify: Notify = None,
    yes: Yes = False,
    output: Output = "text",
    state: States = None,
    profile: Profiles = None,
    param: Params = None,
    set_: Sets = None,
    only: Only = None,
    cell: Cells = None,
    target: ToTarget = None,
) -> int:
    """Send payloads, each once. What was accepted before is not sent again: its job is shown.

    With --retries, cells whose jobs fail are tried again, and `cell.attempt` says for which time. With --max-active, no
    more jobs than that are active at the target, which holds the rest back if it can; else --wait sends it as they end.

    Exits with 3 when something was rejected, 4 when an outcome is unknown; with --wait, 5 when a job failed, 6 when the
    time ran out, and 2 when the target has not answered about a job for 10 minutes.

    Example: specc submit jobs/hello.job.yaml -p greeting=hi --wait
    """
    format_named(output, TextOrJson)
    if (retries is not None or retry_on) and not wait:
        raise SpeccError(
            "`--retries` needs `--wait`", help="without waiting, `specc retry` tries again what has failed"
        )
    if retry_on and retries is None:
        raise SpeccError("`--retry-on` needs `--retries`", help="write how often, such as `--retries 2`")
    retrying = None if retries is None else Retrying(reasons_named(retry_on or (), "--retry-on"), retries)
    if notify is not None and not wait:
        raise SpeccError("`--notify` needs `--wait`", help="or wait for the jobs later, with `specc wait --notify`")
    notice = notice_of(notify, os.environ) if wait else None
    manner = Manner(output, yes, max_in_flight, wait, seconds_of(timeout), retrying, max_active, notice)
    given = asked_of(profile, param, set_, only, cell, state, changed, rerun, resend_unknown)
    session = open_session()
    planned = None
    if plan is None:
        request = prepare(session, session.specs(list(paths or ())), given, target)
    else:
        if paths or target or given != Asked():
            raise SpeccError("`--plan` takes no specs and no options that choose payloads", help="the plan has them")
        planned = _read_plan(plan)
        request = prepare_again(session, planned)
    if isinstance(request, Unprepared):
        return unprepared(request, is_json=manner.is_json)
    print_diagnostics(request.diagnostics)
    return show_plan(request, planned, manner) if dry_run else carry_out(request, planned, manner)


def _read_plan(path: Path) -> PlanFile:
    check_stays(path, "read")
    try:
        return read_plan(read_file(path, PLAN_BYTES, takes_pipes=True).decode(), str(path))
    except Unreadable as error:
        raise SpeccError(f"cannot read {path}: {error.reason}") from error
    except UnicodeDecodeError as error:
        raise SpeccError(f"{path} is not a plan: it is not UTF-8") from error
