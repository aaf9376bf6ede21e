"""`specc status`: what became of what was sent."""

import json
from collections import Counter

from specc.cli.choosing import Choice, Words
from specc.cli.following import groups, look_at
from specc.cli.options import Cells, Only
from specc.cli.sendoptions import AtTarget, Chosen, Output, States
from specc.cli.speech import check_output, say, write_json, write_table
from specc.submission.records import Record, State
from specc.targets import JobReport, JobState

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

    Example: specc status jobs --state failed
    """
    check_output(output)
    words = Words.of(chosen, only, cell, None, target)
    choice = Choice.of(Words.of(chosen, only, cell, state, target))
    with choice.workplace.ledger_if_any() as ledger:
        # The states are looked at before they choose.
        candidates = Choice(choice.workplace, words, choice.specs).records(ledger)
        asked = [one for one in candidates if one.uuid and not _has_ended(one)]
        reports = look_at(groups(choice.workplace, ledger, asked), ledger)
        records = choice.records(ledger)
    if output == "json":
        write_json({"jobs": [record_data(record, reports) for record in records]})
        return 0
    write_table(HEAD, [row(record, reports) for record in records])
    counts = Counter(state_of(record, reports) for record in records)
    say(", ".join(f"{count:,} {name}" for name, count in sorted(counts.items())) or "nothing was submitted")
    return 0


def _has_ended(record: Record) -> bool:
    return record.job_state is not None and JobState(record.job_state).is_final


def state_of(record: Record, reports: dict[str, JobReport]) -> str:
    """The job's state where it is known, else the attempt's."""
    report = reports.get(record.uuid or "")
    if report is not None and report.state is not JobState.UNKNOWN:
        return report.state.value
    return record.job_state or record.state.value


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
