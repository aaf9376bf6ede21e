"""`specc status`: what became of what was sent."""

from collections import Counter
from collections.abc import Iterator, Mapping

from specc.app.attempts import Words
from specc.app.following import Seen, look_at_chosen
from specc.cli import exits
from specc.cli.console import say, write_json_list, write_table
from specc.cli.options import AtTarget, Cells, Chosen, Only, Output, States
from specc.cli.records import HEAD, choose, record_data, row
from specc.reporters import TextOrJson, format_named
from specc.submission import Record, state_of
from specc.targets import JobReport


def status(
    chosen: Chosen = None,
    output: Output = "text",
    state: States = None,
    only: Only = None,
    cell: Cells = None,
    target: AtTarget = None,
) -> int:
    """Show what became of submissions: the latest of each cell.

    Where a target cannot be asked, what was last known is shown. Exits with 2 when no target of running jobs answers.

    Example: specc status jobs --state failed
    """
    format_named(output, TextOrJson)
    choice = choose(Words.of(chosen, only, cell, state, target))
    with choice.workplace.ledger_if_any() as ledger:
        seen = look_at_chosen(choice, ledger)  # before states choose
        reports, unasked = seen.reports, _unasked(seen)
        code = exits.BROKEN if seen.is_blind else exits.OK
        counts: Counter[str] = Counter()

        def rows() -> Iterator[tuple[str, ...]]:
            for record in choice.each(ledger):
                counts[state_of(record, reports)] += 1
                yield row(record, reports)

        if output == "json":
            jobs = ({**record_data(one, reports), **_asked(one, reports, unasked)} for one in choice.each(ledger))
            write_json_list({}, "jobs", jobs)
            return code
        write_table(HEAD, rows())
    say(", ".join(f"{count:,} {name}" for name, count in sorted(counts.items())) or "nothing was submitted")
    return code


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
