"""A submission that is carried out, whichever command asks for it: decided, sent, fed, waited for and summed up."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Annotated

import typer

from specc.app.failures import Failures
from specc.app.feeding import Feeder, Limits
from specc.app.following import Group, Waited, is_over, last_seen
from specc.app.notifying import Notice, notify
from specc.app.requests import SubmissionRequest
from specc.app.retrying import Retrying
from specc.app.submitting import (
    MOST_IN_FLIGHT,
    Decision,
    Objection,
    Sent,
    Submission,
    look_ahead,
    result_data,
    submission,
)
from specc.cli import exits
from specc.cli.console import agrees, is_terminal, say, write_json
from specc.cli.printing import print_diagnostics
from specc.cli.sending import following_run, show_results, show_standing, tell_retry
from specc.cli.steps import say_of_ignored, say_of_overwritten, say_of_states, show_steps, summary
from specc.cli.waiting import exit_code_of, wait_and_show
from specc.fast_dataclass import dataclass
from specc.submission import Action, PlanFile, Record, Room, Step, ending, step_data, tally
from specc.targets import JobReport
from specc.wording import counted

UNASKED = 10
"""So many payloads are sent without asking."""

SHOWN = 10
"""Of so many payloads that need one decision, each is shown."""

DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would be sent.")]
InFlight = Annotated[
    int | None,
    typer.Option(
        "--max-in-flight",
        metavar="N",
        min=1,
        max=MOST_IN_FLIGHT,
        help="Send at most so many requests at once (default: 4, or 1 on this machine).",
    ),
]
MaxActive = Annotated[
    int | None,
    typer.Option("--max-active", metavar="N", min=1, help="Have at most so many jobs of the project active."),
]
Wait = Annotated[bool, typer.Option("--wait", help="Wait for the jobs to end.")]


Notify = Annotated[
    str | None,
    typer.Option(
        "--notify",
        metavar="COMMAND|URL",
        help="When all jobs have ended, run this command with a summary in JSON on its standard input, or post that to "
        "this address; once for each run.",
    ),
]


@dataclass(frozen=True, slots=True)
class Manner:
    """How a submission is done, whatever is submitted."""

    output: str
    yes: bool
    in_flight: int | None
    wait: bool
    timeout: float | None
    retrying: Retrying | None = None
    most_active: int | None = None
    notice: Notice | None = None

    @property
    def is_json(self) -> bool:
        return self.output == "json"


def show_plan(request: SubmissionRequest, planned: PlanFile | None, manner: Manner) -> int:
    """Show what would be done. The target is made without a way to send, and no ledger is made."""
    with look_ahead(request, planned, retrying=manner.retrying) as run:
        steps = run.decide()
        overwritten = run.overwritten(steps)
        is_forbidden = _is_forbidden(run.objection(steps), manner)
    if is_forbidden and manner.is_json:
        return exits.REFUSED  # which has been written
    if manner.is_json:
        write_json({"dry_run": True, "steps": [step_data(step, request.units) for step in steps]})
    else:
        show_steps(steps)
        say(f"dry run: {summary(steps, request.units)}")
        say_of_states(request, is_retry=manner.retrying is not None)
        say_of_ignored(request, steps)
    say_of_overwritten(overwritten)
    return exits.REFUSED if is_forbidden or any(step.action.stops for step in steps) else exits.OK


def carry_out(request: SubmissionRequest, planned: PlanFile | None, manner: Manner) -> int:
    """Send what the request asks for, wait for the jobs if that was asked, and return the exit code."""
    with submission(request, planned, manner.retrying) as run:
        steps = _decided(run, manner)
        if steps is None or not _is_permitted(run, steps, manner):
            return exits.REFUSED
        if not steps and manner.retrying is not None and manner.retrying.is_all:
            reasons = ", ".join(f"`{reason}`" for reason in sorted(manner.retrying.reasons))
            say(f"no job has failed for {reasons}; `specc status` shows how each cell stands")
        kept, reports = run.standing(steps)
        if not manner.is_json:
            show_standing(kept, reports)
        feeder = Feeder(run, steps, kept, Limits(manner.most_active))
        with following_run(steps, quiet=manner.is_json) as watcher:
            sent = feeder.begin(lambda steps, room: run.send(steps, watcher, manner.in_flight, room))
        outcome = Sent((*kept, *sent.results), sent.was_stopped, sent.fault)
        return _finish(run, feeder, outcome, reports, manner)


def _decided(run: Submission, manner: Manner) -> list[Step] | None:
    """Return the steps, or None where nothing may be sent, which has been said."""
    decision = run.decided()
    if _is_forbidden(decision.objection, manner):
        return None
    if not decision.stopped:
        return decision.steps
    return run.decide() if _take_over(run, decision, manner) else None


def _is_forbidden(objection: Objection | None, manner: Manner) -> bool:
    """Say what speaks against the run, and return whether anything does."""
    if objection is None:
        return False
    if objection.diagnostics:
        return print_diagnostics(objection.diagnostics, is_json=manner.is_json)
    for line in objection.errors:
        say(f"error: {line}")
    say(f"help: {objection.help}")
    if manner.is_json:
        write_json({"refused": {"errors": list(objection.errors), "help": objection.help}})
    return True


def _take_over(run: Submission, decision: Decision, manner: Manner) -> bool:
    """List what needs a decision. A person at a terminal can take over at once what was only moved: then True."""
    stopped = decision.stopped
    moved = [(step.last.key, step.key) for step in stopped if step.action is Action.REFUSE_MOVED and step.last]
    for action, steps in groupby(sorted(stopped, key=lambda step: step.action), lambda step: step.action):
        alike = list(steps)
        for step in alike[:SHOWN]:
            say(f"{step.action}: {step.key}: {step.why}")
        if len(alike) > SHOWN:
            say(f"{action}: and {len(alike) - SHOWN:,} more; `specc plan{run.request.at}` shows each")
    if len(moved) == len(stopped) and not manner.is_json and run.planned is None and is_terminal():
        if not agrees(f"take over {len(moved):,} jobs under their new names?"):
            return False
        run.take_over(moved)
        return True
    payloads = counted(len(decision.steps), "payload")
    message = (
        f"nothing was sent: 1 of {payloads} needs a decision first"
        if len(stopped) == 1
        else f"nothing was sent: {len(stopped):,} of {payloads} need a decision first"
    )
    say(message)
    if manner.is_json:
        refused = [step_data(step, run.request.units) for step in stopped]
        write_json({"refused": {"errors": [message], "steps": refused}})
    return False


def _is_permitted(run: Submission, steps: Sequence[Step], manner: Manner) -> bool:
    """Ask the person, where there are many payloads, and the ledger, where there is a plan. First warn of files of
    earlier jobs that would be written anew.
    """
    say_of_overwritten(run.overwritten(steps))
    count = sum(step.action.sends for step in steps)
    if count > UNASKED and not manner.yes and not manner.is_json and is_terminal():
        say(summary(steps, run.request.units))
        if not agrees(f"send {count:,} payloads to `{run.request.target}`?"):
            return False
    return not _is_forbidden(run.begin(), manner)


def _finish(run: Submission, feeder: Feeder, sent: Sent, reports: dict[str, JobReport], manner: Manner) -> int:
    """Say what came of everything, wait for the jobs if that was asked, and return the exit code."""
    if not manner.is_json:
        show_results((*sent.results, *feeder.left), reports)
    print_diagnostics(sent.rejections())
    waits = manner.wait and not sent.was_stopped and sent.fault is None
    if not waits or not feeder.left:
        _sum_up(run, sent, feeder)
    waited = None
    if waits:
        first = len(feeder.results)
        waited = _wait(run, feeder, manner)
        print_diagnostics(feeder.diagnostics)  # of attempts that could not be made
        fed = feeder.results[first:]
        sent = Sent((*sent.results, *fed), sent.was_stopped, sent.fault)
        # Jobs that had ended before the waiting began are not asked about again: the ledger has what was seen of them.
        over = [one for one in run.ledger.jobs(run.opened.target.identity, feeder.uuids) if is_over(one)]
        reports = {**last_seen(over), **reports, **waited.reports}
        if fed or feeder.left:
            _sum_up(run, sent, feeder)
        if waited.interrupted is None:
            say(str(ending(feeder.uuids, reports)))
            _notify(run, feeder, reports, manner)
    else:
        _say_failed_before(run, sent, reports)
    results = (*sent.results, *feeder.left)
    if manner.is_json:
        target = {"name": run.request.target, "identity": run.opened.target.identity}
        listed = [result_data(result, reports) for result in results]
        jobs = {"jobs": asdict(ending(feeder.uuids, reports))} if waited is not None else {}
        write_json({"target": target, "results": listed, "summary": {**asdict(tally(results)), **jobs}})
    if sent.fault is not None:
        raise sent.fault
    if sent.was_stopped or (waited is not None and waited.interrupted is not None):
        return exits.INTERRUPTED
    code = _exit_code(sent, has_room=manner.most_active is not None or not feeder.left)
    if waited is None or (code and not feeder.left):
        return code
    if waited.given_up:
        return exits.BROKEN
    return exits.TIMED_OUT if feeder.left else exit_code_of(ending(feeder.uuids, reports))


def _say_failed_before(run: Submission, sent: Sent, reports: Mapping[str, JobReport]) -> None:
    """Say which jobs of those that were accepted before have failed, and how to try them again."""
    kept = (result.step for result in sent.results if result.step.action is Action.KEEP)
    usual = run.request.workplace.usual_target
    failed = Failures(usual, (step.last for step in kept if step.last is not None), reports)
    for line in failed.lines():
        say(line)


def _notify(run: Submission, feeder: Feeder, reports: dict[str, JobReport], manner: Manner) -> None:
    """Tell whom the user wants to be told, when everything has been sent and has ended."""
    if manner.notice is None or feeder.left:
        return
    records = run.ledger.jobs(run.opened.target.identity, feeder.uuids)
    notify(manner.notice, run.request.workplace, run.ledger, records, reports, ending(feeder.uuids, reports))


def _sum_up(run: Submission, sent: Sent, feeder: Feeder) -> None:
    say(str(tally((*sent.results, *feeder.left))))
    for line in _next_steps(sent):
        say(line)
    if left := feeder.left:
        again = "the same command sends more"
        if run.planned is not None:
            again = f"`specc plan{run.request.at}` shows what is left of the plan"
        say(f"{left[0].message}; {again}, and `--wait` sends it as jobs end")


def _wait(run: Submission, feeder: Feeder, manner: Manner) -> Waited:
    """Wait until all jobs have ended, and feed the rest and the next attempts meanwhile."""
    identity = run.opened.target.identity

    def send(steps: Sequence[Step], room: Room | None) -> Sent:
        with following_run(steps, quiet=manner.is_json, has_bar=False) as watcher:
            sent = run.send(steps, watcher, manner.in_flight, room)
        print_diagnostics(sent.rejections())
        for result in sent.results:
            tell_retry(result)
        return sent

    def feed(reports: Mapping[str, JobReport]) -> tuple[Sequence[Record], bool]:
        more = feeder.feed(reports, send)
        return run.ledger.jobs(identity, more.uuids) if more.uuids else (), more.is_open

    records = tuple(record for record in run.ledger.jobs(identity, feeder.uuids) if not is_over(record))
    return wait_and_show(
        [Group(run.opened, records)], run.ledger, manner.timeout, run.request.workplace.usual_target, feed
    )


def _exit_code(sent: Sent, *, has_room: bool) -> int:
    """Return the exit code for what was sent. Without room for the rest, the target has refused it for now."""
    counts = tally(sent.results)
    if counts.unknown:
        return exits.UNKNOWN
    if counts.rejected:
        return exits.REJECTED
    return exits.BROKEN if counts.not_sent or counts.not_tried or not has_room else exits.OK


def _next_steps(sent: Sent) -> list[str]:
    counts = tally(sent.results)
    lines = []
    if counts.unknown:
        lines.append("help: `specc ledger resolve` finds out what became of the unknown ones")
    if counts.not_sent or counts.not_tried:
        lines.append("help: run the same command again to send what was not sent; nothing is sent twice")
    return lines
