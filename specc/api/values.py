"""What the methods of a project return and raise: frozen values, which show themselves in notebooks."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field  # Python's own, whose parameters callers may look at
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING, Any, Literal, overload

from specc.app.results import ResultColumn, ResultRow
from specc.app.submitting import message_of, word_for
from specc.diagnostics import Diagnostic as Found
from specc.errors import SpeccError
from specc.evaluator import MASK
from specc.explanation import Explanation
from specc.lowering import Payload as Lowered
from specc.reporters import Report, ReportFormat, format_named, report_text
from specc.submission import Record, Step, changes_of, last_word, life_of, state_of, why_of
from specc.submission import Result as Outcome
from specc.targets import JobReport, JobState, Usage
from specc.targets.lives import TIMES
from specc.visible import visible

if TYPE_CHECKING:
    from specc.api.project import Project

Severity = Literal["error", "warning"]


class InvalidSpec(SpeccError):
    """A spec, or the project's settings, have errors, so there are no payloads. `diagnostics` says which."""

    def __init__(self, diagnostics: Sequence["Diagnostic"]) -> None:
        self.diagnostics = tuple(diagnostics)
        errors = [each for each in self.diagnostics if each.severity == "error"]
        more = f" (and {len(errors) - 1:,} more)" if len(errors) > 1 else ""
        super().__init__(f"{errors[0]}{more}", help="`diagnostics` has all of them")


class NotSubmitted(SpeccError):
    """Nothing was sent, because something needs a decision first. `reasons` says what, one text each."""

    def __init__(self, reasons: Sequence[str], help: str | None = None) -> None:
        self.reasons = tuple(reasons)
        super().__init__("; ".join(self.reasons), help=help)


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One fact about a spec or the settings. `line` and `column` count from 1; `path` is as the commands print it."""

    code: str
    name: str
    severity: Severity
    message: str
    path: str
    line: int
    column: int
    help: str | None = None
    notes: tuple[str, ...] = ()

    @classmethod
    def _of(cls, found: Found) -> "Diagnostic":
        first = found.span.first
        where = found.span.source.path, first.line, first.column
        severity: Severity = "error" if found.is_error else "warning"
        return cls(found.code.code, found.code.slug, severity, found.message, *where, found.help, found.notes)

    def __str__(self) -> str:
        """Return the diagnostic on one line, as compilers write it."""
        return visible(f"{self.path}:{self.line}:{self.column}: {self.severity}[{self.code}]: {self.message}")


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check found. `files` were read as specs, `specs` of them can be sent, and come to `payloads` payloads."""

    diagnostics: tuple[Diagnostic, ...]
    files: int
    specs: int
    payloads: int
    _report: Report = field(repr=False)

    @classmethod
    def _of(cls, report: Report) -> "CheckResult":
        summary = report.summary
        shown = tuple(map(Diagnostic._of, report.diagnostics))
        return cls(shown, summary.files, summary.specs, summary.payloads, report)

    @property
    def ok(self) -> bool:
        """Whether there is no error. Warnings do not count: `not result.diagnostics` says that there are none."""
        return not any(each.severity == "error" for each in self.diagnostics)

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self.diagnostics)

    def __len__(self) -> int:
        return len(self.diagnostics)

    def __bool__(self) -> bool:
        """Return True, with and without diagnostics; `ok` says which it is."""
        return True

    def to(self, format: str) -> str:
        """Return the report in a format of `specc check --output`: text, concise, json, sarif, github, gitlab, junit.

        Raises SpeccError for another format.
        """
        return report_text(self._report, format_named(format, ReportFormat))

    def _repr_html_(self) -> str:
        rows = [(d.path, d.line, f"{d.severity} {d.code}", d.message, d.help or "") for d in self.diagnostics]
        return _table(("file", "line", "diagnostic", "message", "help"), rows)


@dataclass(frozen=True, slots=True)
class Payload:
    """The body of one submitJob call. `axes` are the values of its cell; `canonical` are the bytes that are sent.

    `body` holds real values, also those of hidden variables; the `repr` masks these.
    """

    spec: str
    cell: str
    axes: Mapping[str, object]
    body: Mapping[str, Any] = field(repr=False)
    canonical: bytes = field(repr=False)
    digest: str
    shown: Mapping[str, Any]

    @classmethod
    def _of(cls, made: Lowered) -> "Payload":
        axes = dict.fromkeys(made.cell.data(), MASK) if made.hides_cell else made.cell.data()
        return cls(made.spec_id, made.cell.id, axes, made.body, made.canonical, made.digest, made.shown)

    @property
    def name(self) -> str:
        """The name of the job."""
        return str(self.body.get("name", ""))

    def _repr_html_(self) -> str:
        return _table(("field", "value"), [(name, _text(value)) for name, value in self.shown.items()])


@dataclass(frozen=True, slots=True)
class Writer:
    """One layer that wrote a value: what kind of layer, where, and what is written there."""

    layer: str
    path: str
    line: int
    written: object


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a value comes from: the layers that wrote it, the winner first, and what its template read.

    `state` is "known", "unknown" where an input is not given, "removed" by `$unset`, or "hidden".
    """

    name: str
    state: str
    value: object
    writers: tuple[Writer, ...]
    reads: tuple["Provenance", ...]
    _text: str = field(default="", repr=False)

    @classmethod
    def _of(cls, explained: Explanation, text: str = "") -> "Provenance":
        writers = tuple(
            Writer(step.layer, step.span.source.path, step.span.first.line, step.written) for step in explained.steps
        )
        reads = tuple(cls._of(read) for read in explained.reads)
        return cls(explained.name, explained.state, explained.data, writers, reads, text)

    def __str__(self) -> str:
        """Return the tree that `specc explain` prints."""
        return self._text or f"{self.name} = {_text(self.value)}"


@dataclass(frozen=True, slots=True)
class Change:
    """A field that is not as it was when the payload was last accepted."""

    field: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """What would be done with one payload. `action` is `send`, `keep`, `rerun`, `resend`, or why it needs a decision:
    `changed`, `moved`, `twin`, `unknown`, `in-flight`; `why` says it in words."""

    spec: str
    cell: str
    name: str
    action: str
    why: str
    digest: str
    changes: tuple[Change, ...]

    @classmethod
    def _of(cls, step: Step) -> "PlannedStep":
        changes = tuple(Change(each.field, tuple(each.lines())) for each in changes_of(step))
        payload = step.payload
        return cls(
            step.key.spec, step.key.cell, payload.shown_name, step.action.value, step.why, payload.digest, changes
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """What submitting would do. `cost` is an upper bound in words, such as `core-hours: at most 12`."""

    target: str
    steps: tuple[PlannedStep, ...]
    cost: str

    @property
    def has_changes(self) -> bool:
        """Whether anything is not as it was sent."""
        return any(step.action != "keep" for step in self.steps)

    def __iter__(self) -> Iterator[PlannedStep]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    def _repr_html_(self) -> str:
        rows = [(step.action, step.spec, step.cell, step.name, step.why) for step in self.steps]
        return _table(("action", "spec", "cell", "name", "why"), rows)


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


@dataclass(frozen=True, slots=True)
class Job:
    """One attempt as the ledger and its target know it.

    `state` is the job's (`pending`, `running`, `finished`, `exited`, `cancelled`, `stopped`, `suspended`, `lost`) or,
    where there is no job, the attempt's (`rejected`, `unknown`, ...). `uuid` is the target's name for the job.
    Times are in UTC; `seconds` is how long the job ran, and `usage` what it used beside what it asked for. What the
    target does not know is None.
    """

    uuid: str | None
    spec: str
    cell: str
    name: str
    target: str
    state: str
    reason: str
    exit_code: int | None
    number: int
    axes: Mapping[str, object]
    params: Mapping[str, str]
    submitted_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    seconds: float | None
    node: str | None
    usage: Usage
    _project: "Project" = field(repr=False)

    @classmethod
    def _of(cls, record: Record, reports: Mapping[str, JobReport], project: "Project") -> "Job":
        life = life_of(record, reports)
        return cls(
            record.uuid,
            record.key.spec,
            record.key.cell,
            record.shown_name,
            record.target_name,
            state_of(record, reports),
            why_of(record, reports),
            last_word(record, reports)[1],
            record.number,
            record.shown_axes,
            json.loads(record.key.params),
            _moment(life.submitted_at),
            _moment(life.started_at),
            _moment(life.ended_at),
            life.seconds,
            life.node or None,
            life.usage,
            project,
        )

    @property
    def has_ended(self) -> bool:
        """Whether the job's state is final."""
        return self.state in {state.value for state in JobState if state.is_final}

    def logs(self, stream: str = "stdout") -> str:
        """Return what the job wrote to `stdout` or `stderr`, at most the last 16 MiB; what is not UTF-8 is replaced.

        Some kinds of targets have more streams, such as `slurm`, in which Slurm writes of the job.

        Raises SpeccError where there is no job, where its target cannot be asked, and where the file is not visible
        from here.
        """
        return self._project._logs(self, stream)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one payload. `state` is `accepted`, `rejected`, `unknown`, `not-sent`, or `not tried`; of a job that
    was there before, its last known state."""

    spec: str
    cell: str
    name: str
    action: str
    state: str
    uuid: str | None
    code: str | None
    message: str
    help: str | None

    @classmethod
    def _of(cls, outcome: Outcome, reports: Mapping[str, JobReport]) -> "Result":
        key, payload = outcome.step.key, outcome.step.payload
        said = outcome.code, message_of(outcome), outcome.help
        names = key.spec, key.cell, payload.shown_name
        return cls(*names, outcome.step.action.value, word_for(outcome, reports), outcome.uuid, *said)


@dataclass(frozen=True, slots=True)
class Run:
    """One submission: a result for each payload, and the jobs that these came to, also those accepted earlier."""

    results: tuple[Result, ...]
    jobs: tuple[Job, ...]
    _project: "Project" = field(repr=False)

    @property
    def failed(self) -> tuple[Job, ...]:
        """The jobs that ended, and did not finish: exited, stopped, lost or cancelled."""
        return tuple(job for job in self.jobs if job.has_ended and job.state != JobState.FINISHED)

    @property
    def unsent(self) -> tuple[Result, ...]:
        """The results of payloads without a job: rejected, unknown, not sent or not tried."""
        return tuple(result for result in self.results if result.uuid is None)

    def wait(self, timeout: float | None = None) -> "Run":
        """Wait until all jobs have ended, for `timeout` seconds at most, and return the run with their states.

        A job whose target cannot be asked, or says nothing of it for ten minutes, keeps its last state.
        KeyboardInterrupt ends the waiting and is raised on; the jobs keep running.
        """
        return Run(self.results, self._project._wait(self.jobs, timeout), self._project)

    def _repr_html_(self) -> str:
        return _table(("state", "uuid", "spec", "cell", "name", "reason"), [_job_row(job) for job in self.jobs])


@dataclass(frozen=True, slots=True)
class Results(Sequence[dict[str, object]]):
    """What jobs came to: a mapping for each cell, with all of `columns`, as pandas and polars take it.

    `pandas.DataFrame(project.results())` has the columns of `specc results --csv`. Times are in UTC. A result that is
    missing is None, and `missing` says for each row, by the name of the result, why. Where the first hundred rows lack
    a result, polars needs `infer_schema_length=None`.
    """

    columns: tuple[str, ...]
    missing: tuple[Mapping[str, str], ...]
    _rows: tuple[dict[str, object], ...] = field(repr=False)

    @classmethod
    def _of(cls, columns: Sequence[ResultColumn], rows: Iterable[ResultRow]) -> "Results":
        found = [({column.name: _cell(column, row) for column in columns}, row.missing) for row in rows]
        names = tuple(column.name for column in columns)
        return cls(names, tuple(missing for _, missing in found), tuple(row for row, _ in found))

    @overload
    def __getitem__(self, index: int) -> dict[str, object]: ...
    @overload
    def __getitem__(self, index: slice) -> list[dict[str, object]]: ...
    def __getitem__(self, index: int | slice) -> dict[str, object] | list[dict[str, object]]:
        return dict(self._rows[index]) if isinstance(index, int) else [dict(row) for row in self._rows[index]]

    def __len__(self) -> int:
        return len(self._rows)

    def _repr_html_(self) -> str:
        return _table(self.columns, [["" if cell is None else _text(cell) for cell in row.values()] for row in self])


def _cell(column: ResultColumn, row: ResultRow) -> object:
    value = row.cell_of(column)
    is_time = column.group == "job" and column.key in TIMES and isinstance(value, int | float)
    return datetime.fromtimestamp(value, UTC) if is_time and isinstance(value, int | float) else value


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _job_row(job: Job) -> tuple[object, ...]:
    return job.state, job.uuid or "", job.spec, job.cell, job.name, job.reason


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return an HTML table in which every text is escaped, for notebooks."""
    heads = "".join(f"<th>{escape(name)}</th>" for name in head)
    lines = ("".join(f"<td>{escape(visible(str(cell)))}</td>" for cell in row) for row in rows)
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
