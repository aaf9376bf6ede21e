"""`specc status`: what became of what was sent."""

import sys
from collections import Counter
from collections.abc import Mapping
from typing import Annotated

import typer

from specc.app.attempts import AttemptChoice, Words
from specc.app.failures import Failures
from specc.app.following import Seen, look_at_chosen
from specc.cli import exits
from specc.cli.console import MOST_DRAWN, say, write_json_list, write_table
from specc.cli.options import AtTarget, Cells, Chosen, Only, Output, States, WithParams
from specc.cli.records import Differences, choose, record_data
from specc.errors import SpeccError
from specc.reporters import TextOrJson, format_named
from specc.submission import Ledger, Record, shown_state, state_of
from specc.targets import JobReport
from specc.wording import counted

Watch = Annotated[bool, typer.Option("--watch", help="Show it live on a terminal, until all jobs have ended or ^C.")]


def status(
    chosen: Chosen = None,
    watch: Watch = False,
    output: Output = "text",
    state: States = None,
    only: Only = None,
    cell: Cells = None,
    param: WithParams = None,
    target: AtTarget = None,
) -> int:
    """Show what became of submissions: the latest of each cell.

    Counts come first, then a row for each job with the axes and parameters in which jobs differ, then why jobs failed
    and what to type next. Where a target cannot be asked, what was last known is shown. Exits with 2 when no target of
    running jobs answers.

    Example: specc status jobs --state failed
    """
    format_named(output, TextOrJson)
    if watch and output == "json":
        raise SpeccError("`--watch` shows text only", help="leave out `--output json`, or leave out `--watch`")
    choice = choose(Words.of(chosen, only, cell, state, target, param))
    with choice.workplace.ledger_if_any() as ledger:
        if watch:
            from specc.cli.watching import watch_status  # brings rich, which costs 50 ms

            watch_status(choice, ledger)
        seen = look_at_chosen(choice, ledger)  # before states choose
        if output == "json":
            reports, unasked = seen.reports, _unasked(seen)
            jobs = ({**record_data(one, reports), **_asked(one, reports, unasked)} for one in choice.each(ledger))
            write_json_list({}, "jobs", jobs)
        else:
            _show(choice, ledger, seen.reports)
        return exits.BROKEN if seen.is_blind else exits.OK


def _show(choice: AttemptChoice, ledger: Ledger, reports: Mapping[str, JobReport]) -> None:
    """Write how many there are of each state, then a row for each, then why jobs failed."""
    counts: Counter[str] = Counter()
    differences = Differences(lambda record: ledger.run_of(record.key, record.number))
    failed = Failures(choice.workplace.usual_target)
    few: list[Record] = []
    for record in choice.each(ledger):
        if len(few) <= MOST_DRAWN:
            few.append(record)
        counts[shown_state(state_of(record, reports))] += 1
        differences.look_at(record)
        failed.add(record, reports)
    if not counts:
        say(choice.why_none(ledger))
        return
    named = ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items()))
    say(f"{counted(counts.total(), 'job')}: {named}" if len(counts) > 1 else named)

    # Many are read from the ledger once more: they do not fit into memory.
    records = few if len(few) == counts.total() else choice.each(ledger)
    has_head = sys.stdout.isatty() and counts.total() < MOST_DRAWN
    rows = differences.rows(records, reports, has_head=has_head)
    write_table(differences.head(), rows, foreign=differences.foreign())
    for line in failed.lines():
        say(line)


def _unasked(seen: Seen) -> dict[str, str]:
    """Return why nothing is known now of jobs that have not ended."""
    silent = {
        uuid: f"the target `{group.opened.name}` did not say: {group.opened.last_error()}".removesuffix(": ")
        for group in seen.groups
        for uuid in group.uuids
        if uuid not in seen.reports
    }
    return silent | {one.uuid: each.why for each in seen.lost for one in each.records if one.uuid is not None}


def _asked(record: Record, reports: Mapping[str, JobReport], unasked: Mapping[str, str]) -> dict[str, object]:
    """Return whether the state is current; if not, why the target was not asked, or did not answer."""
    if record.uuid is None:
        return {"asked": False, "not_asked": "there is no job"}
    if record.uuid in reports:
        return {"asked": True, "not_asked": None}
    return {"asked": False, "not_asked": unasked.get(record.uuid, "it has ended")}
