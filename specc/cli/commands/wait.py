"""`specc wait`: until the jobs have ended."""

import os
import time
from contextlib import ExitStack
from dataclasses import asdict

from specc.app.attempts import AttemptChoice, Words
from specc.app.following import UNHEARD, chosen_now, is_over, last_seen, reach
from specc.app.notifying import notice_of
from specc.app.notifying import notify as tell_of_end
from specc.cli import exits
from specc.cli.console import say, write_json
from specc.cli.options import AtTarget, Cells, Chosen, Only, Output, States, Timeout, WithParams
from specc.cli.records import choose, record_data
from specc.cli.submissions import Notify
from specc.cli.waiting import exit_code_of, seconds_of, wait_and_show
from specc.reporters import TextOrJson, format_named
from specc.submission import Ledger, Locked, Record, State, ending
from specc.wording import counted


def wait(
    chosen: Chosen = None,
    timeout: Timeout = None,
    notify: Notify = None,
    output: Output = "text",
    state: States = None,
    only: Only = None,
    cell: Cells = None,
    param: WithParams = None,
    target: AtTarget = None,
) -> int:
    """Wait until jobs have ended. Exits with 5 when one failed, 6 when the time ran out.

    What was rejected or is unknown has no job to wait for: then it exits with 3 or 4. A job whose target cannot be
    asked, or says nothing of it for 10 minutes, is not waited for: then it exits with 2.

    Example: specc wait jobs/hello.job.yaml --timeout 2h
    """
    format_named(output, TextOrJson)
    seconds, notice = seconds_of(timeout), notice_of(notify, os.environ)
    choice = choose(Words.of(chosen, only, cell, state, target, param))
    until = None if seconds is None else time.monotonic() + seconds
    with ExitStack() as stack:
        begun = _begun(choice, stack, until)
        if begun is None:
            return exits.TIMED_OUT
        ledger, records = begun
        why_none = "" if records else choice.why_none(ledger)
        found, lost = reach(choice.workplace, ledger, [record for record in records if not is_over(record)])
        left = None if until is None else max(0.0, until - time.monotonic())
        waited = wait_and_show(found, ledger, left, choice.workplace.usual_target)
        reports = last_seen(records) | waited.reports
        with_job = [one for one in records if one.uuid is not None]
        ended = ending([str(one.uuid) for one in with_job], reports)
        if notice is not None and waited.interrupted is None and not _without_job(records):
            tell_of_end(notice, choice.workplace, ledger, with_job, reports, ended)
    unasked = {one.uuid: each.why for each in lost for one in each.records if not is_over(one)}
    unasked |= {one.uuid: f"`{one.target_name}` {UNHEARD} it" for one in records if one.uuid in waited.given_up}
    if output == "json":
        jobs = [{**record_data(one, reports), "not_waited_for": unasked.get(one.uuid)} for one in records]
        write_json({"jobs": jobs, "summary": asdict(ended)})
    if waited.interrupted is not None:
        return exits.INTERRUPTED
    say((why_none or str(ended)) + (f"; {counted(len(unasked), 'job')} could not be waited for" if unasked else ""))
    return _without_job(records) or (exits.BROKEN if unasked else exit_code_of(ended))


def _begun(choice: AttemptChoice, stack: ExitStack, until: float | None) -> tuple[Ledger, list[Record]] | None:
    """Open the ledger and return it with the attempts that are meant. While another process locks it, that is waited
    for as jobs are; None when the time has run out."""
    is_said = False
    while True:
        try:
            with ExitStack() as opening:
                ledger = opening.enter_context(choice.workplace.ledger_if_any())
                records = chosen_now(choice, ledger)
                stack.push(opening.pop_all())
                return ledger, records
        except Locked as error:
            if not is_said:
                say(f"{error.message}; waiting for it")
            is_said = True
        if until is not None and time.monotonic() >= until:
            return None


def _without_job(records: list[Record]) -> int:
    states = {record.state for record in records}
    if states & {State.UNKNOWN, State.INTENT}:
        return exits.UNKNOWN
    return exits.REJECTED if State.REJECTED in states else exits.OK
