"""`specc submit`: each payload once."""

import json
import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from specc.cli import exits
from specc.cli.following import Group, seconds_of, wait_for
from specc.cli.guards import Guard
from specc.cli.options import Cells, Only, Params, Profiles, Sets
from specc.cli.ordering import Order, decide, order
from specc.cli.plan import asked_of, say_of_ignored, say_of_states, show_steps, summary
from specc.cli.sending import Sent, report_rejections, result_data, send, show, show_standing, standing
from specc.cli.sendoptions import Changed, Output, Rerun, Resend, Specs, States, Timeout, ToTarget, Yes
from specc.cli.session import Session
from specc.cli.speech import say, write_json
from specc.cli.targets import Opened
from specc.disk import check_stays
from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.reader import Unreadable, read_file
from specc.reporters import TextOrJson, format_named
from specc.submission.follow import Ending, look
from specc.submission.ledger import Ledger
from specc.submission.plan import Step
from specc.submission.planfile import Asked, PlanFile, read, step_data
from specc.submission.results import tally
from specc.submission.world import Sending
from specc.targets import JobReport

PLAN_BYTES = 64 << 20
IN_FLIGHT = 4

PlanPath = Annotated[Path | None, typer.Option("--plan", metavar="FILE", help="Send what this plan says, or nothing.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would be sent.")]
InFlight = Annotated[
    int | None,
    typer.Option("--max-in-flight", metavar="N", min=1, max=64, help="Send so many at once [4; on this machine 1]."),
]
Wait = Annotated[bool, typer.Option("--wait", help="Wait for the jobs to end.")]


@dataclass(frozen=True, slots=True)
class Manner:
    """How a submission is done, whatever is submitted."""

    output: str
    yes: bool
    in_flight: int | None
    wait: bool
    timeout: float | None

    @property
    def is_json(self) -> bool:
        return self.output == "json"


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

    Exits with 3 when something was rejected, 4 when an outcome is unknown; with --wait, 5 when a job failed, 6 when the
    time ran out, and 2 when the target has said nothing of a job for 10 minutes.

    Example: specc submit jobs/cavity.job.yaml -p ranks=4 --wait
    """
    format_named(output, TextOrJson)
    manner = Manner(output, yes, max_in_flight, wait, seconds_of(timeout))
    given = asked_of(profile, param, set_, only, cell, state, changed, rerun, resend_unknown)
    session = Session()
    planned = None
    if plan is None:
        ordered = order(session, session.specs(list(paths or ())), given, target, is_json=manner.is_json)
    else:
        if paths or target or given != Asked():
            raise SpeccError("`--plan` takes no specs and no options that choose payloads", help="the plan says them")
        planned = _read_plan(plan)
        ordered = _replayed(session, planned, manner)
    if isinstance(ordered, int):
        return ordered
    guard = Guard(ordered, planned, is_json=manner.is_json)
    return _look_ahead(guard, manner) if dry_run else _submit(guard, manner)


def _replayed(session: Session, planned: PlanFile, manner: Manner) -> Order | int:
    """The order that the plan was made of."""
    project = session.project(Path.cwd())
    if planned.project != project.settings.project:
        raise SpeccError(f"the plan is of the project `{planned.project}`, and this is `{project.settings.project}`")
    if not planned.asked.specs:
        raise SpeccError("the plan is of no spec")
    paths = [str(project.root / name) for name in planned.asked.specs]
    return order(session, session.specs(paths), planned.asked, planned.target, is_json=manner.is_json)


def _read_plan(path: Path) -> PlanFile:
    check_stays(path, "read")
    try:
        return read(read_file(path, PLAN_BYTES, takes_pipes=True).decode(), str(path))
    except Unreadable as error:
        raise SpeccError(f"cannot read {path}: {error.reason}") from error
    except UnicodeDecodeError as error:
        raise SpeccError(f"{path} is no plan: it is not UTF-8") from error


def _look_ahead(guard: Guard, manner: Manner) -> int:
    """Shows what would be done. The target is made without a way to send, and no ledger is made."""
    order = guard.order
    opened = order.workplace.open_to_look(order.target)
    with order.workplace.ledger_for_plan() as ledger:
        target = order.workplace.settled(opened, ledger, guard.planned.identity if guard.planned is not None else None)
        steps = decide(order, target, ledger)
        is_forbidden = guard.forbids(steps, target, ledger)
    if is_forbidden and manner.is_json:
        return exits.REFUSED  # which has been written
    if manner.is_json:
        write_json({"dry_run": True, "steps": [step_data(step, order.units) for step in steps]})
    else:
        show_steps(steps)
        say(f"dry run: {summary(steps, order.units)}")
        say_of_ignored(order, steps)
        say_of_states(order)
    return exits.REFUSED if is_forbidden or any(step.action.stops for step in steps) else exits.OK


def _submit(guard: Guard, manner: Manner) -> int:
    order = guard.order
    with ExitStack() as stack:
        order.workplace.check_name(order.target)
        ledger = stack.enter_context(order.workplace.ledger())
        opened = order.workplace.open(order.target, skew=ledger.accounts.skew)
        steps = _decided(guard, opened, ledger)
        if steps is None or not guard.permits(steps, ledger, yes=manner.yes):
            return exits.REFUSED
        kept = standing(steps)
        reports = look(opened.watched, [result.uuid for result in kept if result.uuid], ledger, say)
        if not manner.is_json:
            show_standing(kept, reports)
        owner = stack.enter_context(ledger.owners.claim())
        if weakness := ledger.owners.weakness:
            say(f"warning: {weakness}")
        sent = send(steps, opened, ledger, _sending(order, owner, manner.in_flight), quiet=manner.is_json)
        whole = Sent((*kept, *sent.results), sent.was_stopped, sent.fault)
        return _finish(whole, reports, order, opened, ledger, manner)


def _decided(guard: Guard, opened: Opened, ledger: Ledger) -> list[Step] | None:
    """The steps, or None where nothing may be sent, which has been said."""
    order = guard.order
    if order.asked.states:
        _refresh(order, opened, ledger)
    steps = decide(order, opened.target, ledger)
    if guard.forbids(steps, opened.target, ledger):
        return None
    if any(step.action.stops for step in steps):
        if not guard.take_over(steps, ledger):
            return None
        steps = decide(order, opened.target, ledger)
    return steps


def _refresh(order: Order, opened: Opened, ledger: Ledger) -> None:
    """Asks for the states of jobs before they decide what is sent."""
    specs = {payload.spec_id for payload in order.payloads}
    identity = opened.target.identity
    known = ledger.chosen(sorted(specs), (), whole_history=True) if specs else ()
    uuids = [one.uuid for one in known if one.uuid and one.key.target == identity]
    look(opened.watched, uuids, ledger, say)


def _sending(order: Order, owner: str, in_flight: int | None) -> Sending:
    settings = order.workplace.project.settings.targets[order.target]
    # Jobs on this machine are queued in the order in which they come.
    usual = 1 if settings.kind == "local" else IN_FLIGHT
    units = json.dumps(order.units, sort_keys=True)
    tags, project = settings.tag_names, os.path.realpath(order.workplace.project.root)
    return Sending(settings.name, units, owner, in_flight or usual, tag_names=tags, project=project)


def _finish(
    sent: Sent, reports: dict[str, JobReport], order: Order, opened: Opened, ledger: Ledger, manner: Manner
) -> int:
    """Says what came of it all, waits for the jobs if that was asked, and gives the exit code."""
    if not manner.is_json:
        show(sent.results, reports)
    report_rejections(sent.results)
    say(str(tally(sent.results)))
    for line in _ways_on(sent):
        say(line)
    waited = None
    if manner.wait and not sent.was_stopped and sent.fault is None:
        uuids = {result.uuid for result in sent.results if result.uuid}
        records = tuple(ledger.jobs(opened.target.identity, uuids))
        waited = wait_for([Group(opened, records)], ledger, manner.timeout)
        reports = waited.reports
        if not waited.was_stopped:
            say(str(waited.ending))
    if manner.is_json:
        target = {"name": order.target, "identity": opened.target.identity}
        results = [result_data(result, reports) for result in sent.results]
        jobs = {"jobs": asdict(waited.ending)} if waited is not None else {}
        write_json({"target": target, "results": results, "summary": {**asdict(tally(sent.results)), **jobs}})
    if sent.fault is not None:
        raise sent.fault
    if sent.was_stopped or (waited is not None and waited.was_stopped):
        return exits.INTERRUPTED
    if waited is None or sent.exit_code:
        return sent.exit_code
    return exits.BROKEN if waited.given_up else exit_code_of(waited.ending)


def _ways_on(sent: Sent) -> Sequence[str]:
    counts = tally(sent.results)
    lines = []
    if counts.unknown:
        lines.append("help: `specc ledger resolve` finds out what became of those that are unknown")
    if counts.not_sent or counts.not_tried:
        lines.append("help: the same command again sends what was not sent, and nothing twice")
    return lines


def exit_code_of(ended: Ending) -> int:
    if ended.open:
        return exits.TIMED_OUT
    return exits.JOB_FAILED if ended.failed or ended.cancelled else exits.OK
