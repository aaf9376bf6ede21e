"""What a page about jobs shows, gathered: rows of results, ends of logs, and where all of it comes from."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import specc
from specc.app.advice import advice_by_spec, in_words
from specc.app.attempts import AttemptChoice
from specc.app.failures import Failures, said_of
from specc.app.following import reach
from specc.app.results import NOTHING_ASKED, ResultRow, Results, Units
from specc.app.usage import used_by
from specc.comparison.git import GitOrigin
from specc.compiler import Request
from specc.diagnostics import Diagnostic, did_you_mean
from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.reporters.page import (
    Job,
    Log,
    Missing,
    Outcome,
    Page,
    column_named,
    columns_of,
    failures_of,
    inputs_and_values,
)
from specc.submission import (
    FAILED,
    Ledger,
    OutputReader,
    Record,
    State,
    last_word,
    life_of,
    shown_state,
    state_of,
)
from specc.system.private import user_name
from specc.targets import JobReport, JobState, Target

MOST_JOBS = 100_000
LOG_BYTES, LOG_LINES = 8192, 30
"""How much of the end of a log is shown."""

MOST_LISTED, MOST_ADVICE = 5, 10
MODIFIED = ", with changes that were not committed"

COLOURS = re.compile(r"\x1b\[[0-9;]{0,40}m")
"""What sets colours on a terminal. All else that a terminal obeys is shown as an escape."""

OUTCOMES: dict[str, Outcome] = {
    **dict.fromkeys(FAILED, Outcome.FAILED),
    State.REJECTED: Outcome.FAILED,
    JobState.FINISHED: Outcome.FINISHED,
    JobState.CANCELLED: Outcome.CANCELLED,
    JobState.RUNNING: Outcome.RUNNING,
    JobState.SUSPENDED: Outcome.RUNNING,
    JobState.PENDING: Outcome.WAITING,
    State.INTENT: Outcome.WAITING,
    State.ACCEPTED: Outcome.WAITING,
}
"""The kinds of states of jobs and attempts. Nobody knows what the others came to."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user of a page wants of it: what is compared first, and whether logs are in it."""

    across: str | None = None
    down: str | None = None
    value: str | None = None
    has_logs: bool = True


@dataclass(frozen=True, slots=True)
class Gathered:
    """A page, what is wrong with the specs of the jobs, and whether no target answered about jobs that run.

    `mixed_units` says which results have several units.
    """

    page: Page
    diagnostics: tuple[Diagnostic, ...]
    is_blind: bool
    mixed_units: tuple[str, ...]


def gather(
    choice: AttemptChoice, ledger: Ledger, wishes: Wishes, made_at: float, request: Request = NOTHING_ASKED
) -> Gathered:
    """Return the page of the attempts that are meant. `request` has profiles and overrides for what specs declare.

    Raises SpeccError where they are too many, and where an axis or a value that is wished for does not exist.
    """
    found = Results(choice, ledger, request)
    reports = found.seen.reports
    records: list[Record] = []
    jobs: list[Job] = []
    units = Units()
    for record, row in found.with_attempts():
        if len(jobs) >= MOST_JOBS:
            help = "choose some with SPEC or `--only AXIS=VALUE`, or write all to a table with `specc results --csv`"
            raise SpeccError(f"a page shows at most {MOST_JOBS:,} jobs", help=help)
        records.append(record)
        jobs.append(replace(job_of(record, reports, _results_of(row)), attempt=row.attempt))
        units.meet(record.key.spec, found.units(record))
    _check(wishes, jobs)
    if wishes.has_logs:
        logs = _logs(choice, ledger, records, jobs)
        jobs = [replace(job, logs=logs[job.uuid]) if job.uuid in logs else job for job in jobs]
    seen = [record.seen_at for record in records if record.seen_at is not None]
    page = Page(
        title=choice.workplace.project.settings.project,
        jobs=tuple(jobs),
        facts=tuple(_facts(choice, records)),
        commands=tuple(_commands(Failures(choice.workplace.usual_target, records, reports), jobs)),
        made_at=made_at,
        advice=tuple(_advice(records, reports)),
        seen_at=made_at if reports else max(seen, default=None),
        units={name: unit for name, unit in units.found().items() if unit},
        across=wishes.across,
        down=wishes.down,
        value=wishes.value,
    )
    return Gathered(page, tuple(found.diagnostics), found.seen.is_blind, tuple(units.mixed()))


def _check(wishes: Wishes, jobs: Sequence[Job]) -> None:
    """Raise SpeccError for an axis by which jobs cannot be compared, and for a value that is not there to compare."""
    inputs, values = inputs_and_values(columns_of(jobs), jobs)
    axes, compared = ([column.name for column in columns] for columns in (inputs, values))
    same, known = {name for job in jobs for name in job.params}, {name for job in jobs for name in job.results}
    across, down = (column_named(name, inputs) for name in (wishes.across, wishes.down))
    for option, name, column in (("--x", wishes.across, across), ("--y", wishes.down, down)):
        if name is not None and column is None:
            if name in same:
                raise SpeccError(f"`{option} {name}`: all jobs have the same value", help=_choices(axes))
            help = did_you_mean(name, sorted(axes), "axes and parameters")
            raise SpeccError(f"`{option} {name}`: no job has this axis or parameter", help=help)
    if across is not None and across is down:
        others = [name for name in axes if name != across.name]
        raise SpeccError(f"`--x` and `--y` are both `{wishes.across}`", help=_choices(others))
    if wishes.value is not None and column_named(wishes.value, values) is None:
        if wishes.value in known:
            raise SpeccError(f"`--value {wishes.value}`: no job has a number for it", help=_choices(compared))
        help = did_you_mean(wishes.value, sorted(compared), "values")
        raise SpeccError(f"`--value {wishes.value}`: no job has this value", help=help)


def _choices(names: Iterable[str]) -> str | None:
    listed = ", ".join(f"`{name}`" for name in sorted(names))
    return f"choose one of {listed}" if listed else None


def outcome_of(state: str) -> Outcome:
    """Return the kind of a state of a job or an attempt."""
    return OUTCOMES.get(state, Outcome.UNKNOWN)


def job_of(record: Record, reports: Mapping[str, JobReport], results: Mapping[str, object] | None = None) -> Job:
    """Return an attempt as a row of a page, without its logs. Of a state it has the word that chooses it."""
    life, state = life_of(record, reports), state_of(record, reports)
    used = used_by(life)
    return Job(
        spec=record.key.spec,
        cell=record.key.cell,
        slug=record.shown_slug,
        name=record.shown_name,
        state=shown_state(state),
        outcome=outcome_of(state),
        axes={name: "null" if value is None else value for name, value in record.flat_axes.items()},
        params=record.shown_params,
        results=results or {},
        uuid=record.uuid or "",
        attempt=record.number,
        digest=record.digest,
        target=record.target_name,
        node=life.node,
        reason=said_of(record, reports),
        exit_code=last_word(record, reports)[1],
        submitted_at=record.created_at if life.submitted_at is None else life.submitted_at,
        started_at=life.started_at,
        ended_at=life.ended_at,
        seconds=life.seconds,
        cores=used.cores.used,
        cores_asked=used.cores.asked,
        memory=used.memory.used,
        memory_asked=used.memory.asked,
        seconds_asked=used.time.asked,
    )


def _results_of(row: ResultRow) -> dict[str, object]:
    return {name: Missing(row.missing[name]) if name in row.missing else value for name, value in row.values.items()}


def _logs(
    choice: AttemptChoice, ledger: Ledger, records: Iterable[Record], jobs: Iterable[Job]
) -> dict[str, tuple[Log, ...]]:
    """Return the ends of the logs of the failed jobs that a page lists. Their targets are asked where the logs are."""
    listed = {job.uuid for _, alike, _ in failures_of(jobs) for job in alike if job.outcome is Outcome.FAILED}
    groups, _ = reach(choice.workplace, ledger, [one for one in records if one.uuid in listed])
    return {uuid: logs_of(group.opened.target, uuid) for group in groups for uuid in group.uuids}


def logs_of(target: Target, uuid: str) -> tuple[Log, ...]:
    """Return the ends of what a job wrote: its errors first."""
    try:
        files = sorted(target.logs(uuid).files, key=lambda file: file.stream != "stderr")
    except SpeccError as error:
        return (Log("its output", "", f"cannot be had: {error.message}"),)
    found = []
    for file in files:
        if file.path is None:
            found.append(Log(file.stream, "", f"is not visible from here: {file.where}"))
            continue
        if not os.path.lexists(file.path):
            found.append(Log(file.stream, "", "is not there any more, or was never written"))
            continue
        try:
            data, is_cut = OutputReader(file.path).last(LOG_BYTES)
        except SpeccError as error:
            found.append(Log(file.stream, "", error.message))
            continue
        text, is_short = end_of(data)
        note = "is empty" if not data else "(the end)" if is_cut or is_short else ""
        found.append(Log(file.stream, text, note))
    return tuple(found)


def end_of(data: bytes) -> tuple[str, bool]:
    """Return the last lines of a log without its colours, and whether that is not everything."""
    text = COLOURS.sub("", data.decode(errors="replace")).replace("\r\n", "\n").replace("\r", "\n")
    lines = text.rstrip("\n").split("\n")
    return "\n".join(lines[-LOG_LINES:]), len(lines) > LOG_LINES


def _facts(choice: AttemptChoice, records: Sequence[Record]) -> Iterable[tuple[str, str]]:
    """Yield where jobs come from: what they were made of, who sent them, and what the project is now."""
    project = choice.workplace.project
    yield "project", project.settings.project
    yield "specs", _listed(record.key.spec for record in records)
    yield "targets", _listed(record.target_name for record in records)
    senders, commits = _listed(map(_sender_of, records)), _listed(map(_commit_of, records))
    if senders:
        yield "submitted by", senders
    if commits:
        yield "submitted from commit", commits
    revision = GitOrigin(project.root, project.environment).revision()
    if revision is not None:
        commit, is_changed = revision
        yield "commit when this page was made", commit + (MODIFIED if is_changed else "")
    yield "page made by", f"{user_name()}, with specc {specc.__version__}"


def _advice(records: Iterable[Record], reports: Mapping[str, JobReport]) -> Iterable[tuple[str, str]]:
    """Yield what to ask for instead, by what the jobs of each spec used; of many specs only of the first."""
    said = [(spec, words) for spec, each in advice_by_spec(records, reports).items() if (words := in_words(each))]
    yield from said[:MOST_ADVICE]
    if len(said) > MOST_ADVICE:
        yield "more", f"`specc usage --by-spec` says it of all {len(said):,} specs"


def _sender_of(record: Record) -> str:
    host = record.sent_by.get("host")
    return f"{record.who or ''}{f' on {host}' if host else ''}"


def _commit_of(record: Record) -> str:
    commit = record.sent_by.get("commit")
    return f"{commit}{MODIFIED if record.sent_by.get('modified') else ''}" if commit else ""


def _listed(texts: Iterable[str]) -> str:
    """Return the texts that occur, each once; of many only the first, and how many there are."""
    found = [text for text in dict.fromkeys(texts) if text]
    more = f", and {len(found) - MOST_LISTED:,} more" if len(found) > MOST_LISTED else ""
    return ", ".join(found[:MOST_LISTED]) + more


def _commands(failed: Failures, jobs: Iterable[Job]) -> Iterable[tuple[str, str]]:
    if failed.count:
        yield "What they wrote", failed.logs()
        yield "Once more", failed.again()
    if any(job.state == State.UNKNOWN for job in jobs):
        yield "Attempts of which nobody knows whether they were accepted", "specc ledger resolve"
