"""`specc usage`: what jobs used of what they asked for."""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated

import typer

from specc.app.advice import Advice, advice_by_spec, in_words
from specc.app.attempts import Words
from specc.app.following import look_at_chosen
from specc.app.usage import Share, SpecUsage, Used, by_spec, used_by
from specc.cli import exits
from specc.cli.console import say, write_json_list, write_table
from specc.cli.options import AtTarget, Cells, Chosen, Only, Output, States, WithParams
from specc.cli.records import choose, record_data
from specc.language import translated
from specc.reporters import TextOrJson, format_named
from specc.submission import Record, life_of, shown_state, state_of
from specc.targets import JobReport
from specc.wording import duration_text, size_text

JOBS = ("state", "uuid", "spec", "cell", "cores", "memory", "time")
SPECS = ("ended jobs", "spec", "cores", "memory", "time", "")
BySpec = Annotated[bool, typer.Option("--by-spec", help="One row for each spec, of its jobs that have ended.")]


def usage(
    chosen: Chosen = None,
    output: Output = "text",
    is_by_spec: BySpec = False,
    state: States = None,
    only: Only = None,
    cell: Cells = None,
    param: WithParams = None,
    target: AtTarget = None,
) -> int:
    """Show what jobs used of the cores, memory and time that they asked for.

    Cores are those kept busy on average, memory is the peak. What the target does not say is left empty. With
    `--by-spec` it also says what to ask for instead, from the jobs that finished.

    Example: specc usage jobs --by-spec
    """
    format_named(output, TextOrJson)
    choice = choose(Words.of(chosen, only, cell, state, target, param))
    with choice.workplace.ledger_if_any() as ledger:
        seen = look_at_chosen(choice, ledger)
        if next(choice.each(ledger), None) is None:
            say(choice.why_none(ledger))
        code = exits.BROKEN if seen.is_blind else exits.OK
        reports = seen.reports
        records = (record for record in choice.each(ledger) if record.uuid is not None)
        if is_by_spec:
            shown = advice_by_spec(choice.each(ledger), reports)
            rows = [(found, shown.get(found.spec, [])) for found in by_spec(records, reports)]
            if output == "json":
                write_json_list({}, "specs", (_spec_data(*row) for row in rows))
            else:
                write_table(SPECS, (_spec_row(*row) for row in rows))
        elif output == "json":
            write_json_list({}, "jobs", (_job_data(record, reports) for record in records))
        else:
            write_table(JOBS, (_row(record, reports) for record in records))
    return code


def _spec_row(found: SpecUsage, advice: Sequence[Advice]) -> tuple[str, ...]:
    return f"{found.jobs:,}", found.spec, *_cells(found.used), in_words(advice)


def _row(record: Record, reports: Mapping[str, JobReport]) -> tuple[str, ...]:
    used = used_by(life_of(record, reports))
    return shown_state(state_of(record, reports)), record.uuid or "", record.key.spec, record.key.cell, *_cells(used)


def _cells(used: Used) -> tuple[str, str, str]:
    """Return texts such as `3.9 of 4 (97%)`; without what is not known."""
    return (
        _text(used.cores, lambda cores: f"{cores:.2f}".rstrip("0").rstrip(".")),
        _text(used.memory, size_text),
        _text(used.time, duration_text),
    )


def _text(share: Share, shown: Callable[[float], str]) -> str:
    if share.used is None:
        return ""
    if share.asked is None or share.efficiency is None:
        return shown(share.used)
    of = translated("of") if sys.stdout.isatty() else "of"  # a row in a pipe is data
    return f"{shown(share.used)} {of} {shown(share.asked)} ({share.efficiency:.0%})"


def _job_data(record: Record, reports: Mapping[str, JobReport]) -> dict[str, object]:
    """Return what `status` says of a job, and its efficiency."""
    return {**record_data(record, reports), "efficiency": _efficiency(used_by(life_of(record, reports)))}


def _spec_data(each: SpecUsage, advice: Sequence[Advice]) -> dict[str, object]:
    used = each.used
    return {
        "spec": each.spec,
        "ended_jobs": each.jobs,
        "cores": used.cores.used,
        "cores_asked": used.cores.asked,
        "peak_memory": used.memory.used,
        "memory_asked": used.memory.asked,
        "seconds": used.time.used,
        "seconds_asked": used.time.asked,
        "efficiency": _efficiency(used),
        "advice": [{**found._asdict(), "write": found.limit or None} for found in advice],
    }


def _efficiency(used: Used) -> dict[str, float | None]:
    return {"cores": used.cores.efficiency, "memory": used.memory.efficiency, "time": used.time.efficiency}
