"""What a page is about: jobs as rows, the columns by which they are shown and compared, and their origin."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from math import isfinite

from specc.fast_dataclass import dataclass
from specc.wording import RESULT_DIGITS, duration_text, exact_text, size_text


class Outcome(StrEnum):
    """The kinds of states, each of which has a colour and a sign of its own. The later ones are the worse news."""

    FINISHED = "finished"
    RUNNING = "running"
    WAITING = "waiting"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"
    FAILED = "failed"

    @property
    def sign(self) -> str:
        """Return a character that tells the outcome without its colour."""
        return SIGNS[self]


SIGNS = {
    Outcome.FINISHED: "✓",
    Outcome.RUNNING: "▶",
    Outcome.WAITING: "…",
    Outcome.CANCELLED: "⊘",
    Outcome.UNKNOWN: "?",
    Outcome.FAILED: "✗",
}


@dataclass(frozen=True, slots=True)
class Missing:
    """A result that a job has not, and why."""

    why: str


@dataclass(frozen=True, slots=True)
class Log:
    """The end of an output of a job. `note` says what is not shown, or why nothing is."""

    stream: str
    text: str
    note: str


@dataclass(frozen=True, slots=True)
class Job:
    """One row. Times are in seconds since the epoch, memory is in bytes; None stands for what is not known.

    `cores` are those kept busy on average. `results` holds values that JSON has, or why there are none.
    """

    spec: str
    cell: str
    slug: str
    name: str
    state: str
    outcome: Outcome
    axes: Mapping[str, object]
    params: Mapping[str, object]
    results: Mapping[str, object]
    uuid: str = ""
    attempt: int = 1
    digest: str = ""
    target: str = ""
    node: str = ""
    reason: str = ""
    exit_code: int | None = None
    submitted_at: float | None = None
    started_at: float | None = None
    ended_at: float | None = None
    seconds: float | None = None
    cores: float | None = None
    cores_asked: float | None = None
    memory: float | None = None
    memory_asked: float | None = None
    seconds_asked: float | None = None
    logs: tuple[Log, ...] = ()

    @property
    def waited(self) -> float | None:
        """Return for how many seconds the job waited; None where that is not known, or the clock was set back."""
        if self.submitted_at is None or self.started_at is None or self.started_at < self.submitted_at:
            return None
        return self.started_at - self.submitted_at


@dataclass(frozen=True, slots=True)
class Page:
    """A page about jobs. `made_at` is the one thing in it that is not of the jobs and files.

    `facts` say where the jobs come from, as pairs of a name and a value. `commands` are the next ones to type, each
    behind what it does. `advice` says what to ask for instead, behind the name of each spec. `across`, `down` and
    `value` are the names of the columns that are compared first, where somebody chose them. `units` are those of
    results. `seen_at` is the last time at which anything is known of jobs.
    """

    title: str
    jobs: tuple[Job, ...]
    facts: tuple[tuple[str, str], ...]
    commands: tuple[tuple[str, str], ...]
    made_at: float
    advice: tuple[tuple[str, str], ...] = ()
    seen_at: float | None = None
    units: Mapping[str, str] | None = None
    across: str | None = None
    down: str | None = None
    value: str | None = None


class Kind(StrEnum):
    """What a column is for: jobs are chosen by axes and parameters, and compared by results and measures."""

    STATE = "state"
    AXIS = "axis"
    PARAM = "param"
    RESULT = "result"
    MEASURE = "measure"
    TEXT = "text"


CHOSEN = (Kind.AXIS, Kind.PARAM)
COMPARED = (Kind.RESULT, Kind.MEASURE)
SPACES = {Kind.AXIS: "matrix", Kind.PARAM: "params", Kind.RESULT: "results"}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table, which may be an axis or a value of the pictures, too.

    The value of a job is None where nothing is known. `key` is the name of an axis, a parameter or a result by itself,
    where `name` tells it from another column.
    """

    name: str
    kind: Kind
    value: Callable[[Job], object]
    text: Callable[[object], str]
    title: str = ""
    unit: str = ""
    key: str = ""

    @property
    def head(self) -> str:
        """Return the name as people read it, with the unit."""
        return f"{self.name} [{self.unit}]" if self.unit else self.name

    def brief(self, number: float) -> str:
        """Return a number of this column in a few digits."""
        return self.text(float(f"{number:.4g}")) if self.kind is Kind.RESULT else self.text(number)

    def number(self, job: Job) -> float | None:
        """Return the value, where it is a number that can be drawn."""
        return drawable(self.value(job))


def drawable(value: object) -> float | None:
    """Return a value as a number that can be drawn; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if isfinite(found) else None


def value_text(value: object) -> str:
    """Return any value of JSON as a person reads it. What is missing is empty."""
    if value is None or isinstance(value, Missing):
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return exact_text(value)
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": "))


def columns_of(jobs: Sequence[Job], units: Mapping[str, str] | None = None) -> tuple[Column, ...]:
    """Return the columns in which jobs differ, or of which anything is known, in a fixed order.

    A name that two of them would have is written with its namespace, as in tables of results.
    """
    axes, params, results = (_names(getattr(job, kind) for job in jobs) for kind in ("axes", "params", "results"))
    found = [Column("state", Kind.STATE, lambda job: job.state, str)]
    found += [_entry("axes", name, Kind.AXIS) for name in axes]
    found += [
        _entry("params", name, Kind.PARAM) for name in params if _differs(_entry("params", name, Kind.PARAM), jobs)
    ]
    found += [_entry("results", name, Kind.RESULT, (units or {}).get(name, "")) for name in results]
    found += [column for column in MEASURES if any(column.number(job) is not None for job in jobs)]
    found += [column for column in TEXTS if _differs(column, jobs) or column.name in IDENTITY]
    taken = Counter(column.name for column in found)
    return tuple(_told_apart(column) if taken[column.name] > 1 else column for column in found)


def _told_apart(column: Column) -> Column:
    space = SPACES.get(column.kind)
    return replace(column, name=f"{space}.{column.name}") if space else column


def inputs_and_values(columns: Sequence[Column], jobs: Sequence[Job]) -> tuple[list[Column], list[Column]]:
    """Return the columns by which jobs are chosen, and those that are compared: the state, and what has numbers."""
    inputs = [column for column in columns if column.kind in CHOSEN]
    states = [column for column in columns if column.kind is Kind.STATE]
    values = (column for column in columns if column.kind in COMPARED)
    return inputs, states + [column for column in values if any(column.number(job) is not None for job in jobs)]


def column_named(name: str | None, columns: Sequence[Column]) -> Column | None:
    """Return the column with a name, or else the one that has it without its namespace."""
    wanted = [column for column in columns if column.name == name] + [
        column for column in columns if column.key == name
    ]
    return wanted[0] if name is not None and wanted else None


def shared_params(jobs: Sequence[Job]) -> dict[str, str]:
    """Return the parameters that are the same for all jobs."""
    columns = (_entry("params", name, Kind.PARAM) for name in _names(job.params for job in jobs))
    return {column.name: column.text(column.value(jobs[0])) for column in columns if not _differs(column, jobs)}


def _names(each: Iterable[Mapping[str, object]]) -> list[str]:
    return list(dict.fromkeys(name for mapping in each for name in mapping))


def _entry(field: str, name: str, kind: Kind, unit: str = "") -> Column:
    def value(job: Job) -> object:
        found: object = getattr(job, field).get(name)
        return found

    return Column(name, kind, value, _result_text if kind is Kind.RESULT else value_text, unit=unit, key=name)


def _result_text(value: object) -> str:
    return f"{value:.{RESULT_DIGITS}g}" if isinstance(value, float) else value_text(value)


def is_numeric(column: Column, jobs: Iterable[Job]) -> bool:
    """Return whether all that is known of a column are numbers."""
    values = [value for job in jobs if not isinstance(value := column.value(job), Missing | None)]
    return bool(values) and all(drawable(value) is not None for value in values)


def _differs(column: Column, jobs: Sequence[Job]) -> bool:
    return len({column.text(column.value(job)) for job in jobs}) > 1


def _known(text: Callable[[float], str]) -> Callable[[object], str]:
    def shown(value: object) -> str:
        found = drawable(value)
        return "" if found is None else text(found)

    return shown


MEASURES = (
    Column("waited", Kind.MEASURE, lambda job: job.waited, _known(duration_text), "from submission to start"),
    Column("ran", Kind.MEASURE, lambda job: job.seconds, _known(duration_text), "from start to end"),
    Column("memory", Kind.MEASURE, lambda job: job.memory, _known(size_text), "the most in use at a time"),
    Column("cores", Kind.MEASURE, lambda job: job.cores, _known(lambda value: f"{value:.3g}"), "kept busy on average"),
)
IDENTITY = ("name", "job")
"""Columns that are there even if there is one job."""

TEXTS = (
    Column("spec", Kind.TEXT, lambda job: job.spec, value_text),
    Column("target", Kind.TEXT, lambda job: job.target, value_text),
    Column("attempt", Kind.TEXT, lambda job: job.attempt, value_text),
    Column("node", Kind.TEXT, lambda job: job.node, value_text),
    Column("reason", Kind.TEXT, lambda job: job.reason, value_text),
    Column("name", Kind.TEXT, lambda job: job.name, value_text),
    Column("job", Kind.TEXT, lambda job: job.uuid, value_text),
    Column("cell", Kind.TEXT, lambda job: job.cell, value_text),
    Column("digest", Kind.TEXT, lambda job: job.digest[:12], value_text, "the first digits of the payload's SHA-256"),
)
