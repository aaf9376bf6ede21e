"""`specc wait`: until the jobs have ended."""

from dataclasses import asdict

from specc.cli import exits
from specc.cli.choosing import Choice, Words
from specc.cli.following import groups, seconds_of, wait_for
from specc.cli.options import Cells, Only
from specc.cli.sendoptions import AtTarget, Chosen, Output, States, Timeout
from specc.cli.speech import check_output, say, write_json
from specc.cli.status import record_data
from specc.cli.submit import exit_code_of
from specc.submission.records import Record, State


def wait(
    chosen: Chosen = None,
    timeout: Timeout = None,
    output: Output = "text",
    state: States = None,
    only: Only = None,
    cell: Cells = None,
    target: AtTarget = None,
) -> int:
    """Wait until jobs have ended. Exits with 5 when one failed, 6 when the time ran out.

    What was rejected or is unknown has no job to wait for: then it exits with 3 or 4.

    Example: specc wait jobs/cavity.job.yaml --timeout 2h
    """
    check_output(output)
    seconds = seconds_of(timeout)
    choice = Choice.of(Words.of(chosen, only, cell, state, target))
    with choice.workplace.ledger_if_any() as ledger:
        records = choice.records(ledger)
        found = groups(choice.workplace, ledger, records)
        reports, ended = wait_for(found, ledger, seconds)
    if output == "json":
        write_json({"jobs": [record_data(record, reports) for record in records], "summary": asdict(ended)})
    say(str(ended))
    unreachable = sum(record.uuid is not None for record in records) - sum(len(group.uuids) for group in found)
    return _without_job(records) or (exits.BROKEN if unreachable else exit_code_of(ended))


def _without_job(records: list[Record]) -> int:
    states = {record.state for record in records}
    if states & {State.UNKNOWN, State.INTENT}:
        return exits.UNKNOWN
    return exits.REJECTED if State.REJECTED in states else exits.OK
