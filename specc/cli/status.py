"""`specc status`: what became of what was sent."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from specc.cli import exits
from specc.cli.choosing import Choice, Words
from specc.cli.following import Group, Unreachable, is_over, look_at, reach
from specc.cli.options import Cells, Only
from specc.cli.sendoptions import AtTarget, Chosen, Output, States
from specc.cli.speech import say, write_json_list, write_table
from specc.reporters import TextOrJson, format_named
from specc.submission.follow import state_of
from specc.submission.records import Record, State
from specc.targets import JobReport

HEAD = ("state", "uuid", "spec", "cell", "name", "")


def status(
    chosen: Chosen = None,
    output: Output = "text",
    state: States = None,
    only: Only = None,
    cell: Cells = None,
    target: AtTarget = None,
) -> int:
    """Show what became of submissions: of each cell the latest.

    Where a target cannot be asked, what was last known is shown; exits with 2 when that is so for all jobs that go on.

    Example: specc status jobs --state failed
    """
    format_named(output, TextOrJson)
    words = Words.of(chosen, only, cell, None, target)
    choice = Choice.of(Words.of(chosen, only, cell, state, target))
    with choice.workplace.ledger_if_any() as ledger:
        # The states are looked at before they choose.
        candidates = Choice(choice.workplace, words, choice.specs).each(ledger)
        going_on = [one for one in candidates if one.uuid and not is_over(one)]
        found, lost = reach(choice.workplace, ledger, going_on)
        reports = look_at(found, ledger)
        unasked = _unasked(found, lost, reports)
        code = exits.BROKEN if going_on and not reports else exits.OK
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


def _unasked(found: Sequence[Group], lost: Sequence[Unreachable], reports: Mapping[str, JobReport]) -> dict[str, str]:
    """Why nothing is known now of a job that goes on."""
    silent = {
        uuid: f"the target `{group.opened.name}` did not say: {group.opened.trouble()}".removesuffix(": ")
        for group in found
        for uuid in group.uuids
        if uuid not in reports
    }
    return silent | {one.uuid: each.why for each in lost for one in each.records if one.uuid is not None}


def _asked(record: Record, reports: Mapping[str, JobReport], unasked: Mapping[str, str]) -> dict[str, object]:
    """Whether the state is that of now; if not, why the target was not asked, or did not say."""
    if record.uuid is None:
        return {"asked": False, "not_asked": "there is no job"}
    if record.uuid in reports:
        return {"asked": True, "not_asked": None}
    return {"asked": False, "not_asked": unasked.get(record.uuid, "it has ended")}


def row(record: Record, reports: dict[str, JobReport]) -> tuple[str, ...]:
    key = record.key
    return state_of(record, reports), record.uuid or "", key.spec, key.cell, record.sent_name, _said(record, reports)


def _said(record: Record, reports: dict[str, JobReport]) -> str:
    if record.state is not State.ACCEPTED:
        return ": ".join(filter(None, (record.code, record.message)))
    reason, exit_code = _seen(record, reports)
    return reason or (f"exit code {exit_code}" if exit_code else "")


def _seen(record: Record, reports: dict[str, JobReport]) -> tuple[str | None, int | None]:
    """Why the job is in its state, and its exit code: as the target says now, else as it was last seen."""
    report = reports.get(record.uuid or "")
    return (record.job_reason, record.exit_code) if report is None else (report.reason, report.exit_code)


def record_data(record: Record, reports: dict[str, JobReport]) -> dict[str, object]:
    """An attempt as JSON data, with what its target says of the job now."""
    key, report = record.key, reports.get(record.uuid or "")
    reason, exit_code = _seen(record, reports)
    return {
        "attempt": record.attempt,
        "number": record.number,
        "spec": key.spec,
        "cell": key.cell,
        "slug": record.slug,
        "axes": json.loads(record.axes),
        "params": json.loads(key.params),
        "target": {"name": record.target_name, "identity": key.target},
        "name": record.sent_name,
        "digest": record.digest,
        "state": record.state.value,
        "uuid": record.uuid,
        "job_state": report.state.value if report else record.job_state,
        "reason": reason,
        "exit_code": exit_code,
        "code": record.code,
        "message": record.message,
        "created_at": record.created_at,
        "settled_at": record.settled_at,
    }
