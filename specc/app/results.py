"""What jobs came to: a row for each cell, made of the ledger, of what targets say, and of what the jobs wrote."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Literal

from specc.app.attempts import AttemptChoice
from specc.app.extracting import Extractor
from specc.app.following import Seen, look_at_chosen
from specc.compiler import Request
from specc.diagnostics import Diagnostic
from specc.extraction import Missing, Value
from specc.fast_dataclass import dataclass
from specc.resolver.results import FIRST_COLUMNS, JOB_COLUMNS
from specc.submission import Ledger, Record, Selector, flat, last_word, life_of, state_of, why_of
from specc.targets import JobReport, Life
from specc.targets.lives import TIMES, USED

NOTHING_ASKED = Request()
Group = Literal["job", "axis", "param", "result"]


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One cell that was submitted, and its latest job.

    `target` is the name of the target, and `cell` the id of the cell, whose values are `axes` and whose `slug` is the
    word for it in names. `params` has every parameter of the spec when it was submitted, given with `-p` or not.
    `state` is the job's or, where there is no job, the attempt's, and `reason` says why. `attempt` counts the jobs of
    the cell from 1.
    `life` has times and usage. `values` has the results that the spec declares, in its order. A value that is missing
    is None, and `missing` says by its name why.
    """

    spec: str
    cell: str
    slug: str
    target: str
    name: str
    axes: dict[str, object]
    params: dict[str, object]
    state: str
    reason: str
    exit_code: int | None
    attempt: int
    uuid: str | None
    life: Life
    values: dict[str, Value | None]
    missing: dict[str, str]

    @property
    def repeat(self) -> int | None:
        """Return which repetition of its cell this is, from 1, where the sweep repeats its cells."""
        number = self.cell.partition(".")[2]
        return int(number) if number else None

    def data(self) -> dict[str, object]:
        """Return the row as JSON data."""
        return {
            "spec": self.spec,
            "cell": self.cell,
            "slug": self.slug,
            "target": self.target,
            "name": self.name,
            "axes": self.axes,
            "params": self.params,
            "reason": self.reason,
            **{name: self.of_job(name) for name in JOB_COLUMNS},
            "results": self.values,
            "missing": self.missing,
        }

    def of_job(self, name: str) -> object:
        """Return the value of one of the columns that every table has. What is not known is None."""
        if name in USED:
            value: object = getattr(self.life.usage, name)
            return value
        value = getattr(self if hasattr(self, name) else self.life, name)
        return None if value == "" else value

    def cell_of(self, column: "ResultColumn") -> object:
        """Return the value in a column; None where this row has none."""
        match column.group:
            case "axis":
                return flat(self.axes).get(column.key)
            case "param":
                return self.params.get(column.key)
            case "result":
                return self.values.get(column.key)
            case "job":
                return self.of_job(column.key)


SPACES: Mapping[Group, str] = {"axis": "matrix", "param": "params", "result": "results"}


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """One column of a flat table.

    `key` is its name in the axes, parameters or results of a row; `name` is unique in the table. Of an axis whose
    values are mappings, each key has a column, such as `case.mesh`. `unit` is set for results alone. `varies` is False
    where all rows surely have the same value.
    """

    name: str
    group: Group
    key: str
    unit: str | None = None
    varies: bool = True

    @property
    def head(self) -> str:
        """Return the name as people read it, with the unit."""
        return f"{self.name} [{self.unit}]" if self.unit else self.name


def columns_of(
    axes: Mapping[str, bool], params: Mapping[str, bool], results: Mapping[str, str | None], fixed: Iterable[str] = ()
) -> list[ResultColumn]:
    """Return the columns of a flat table in their one order.

    Of axes and parameters it is given whether their values vary, and of results their units; `fixed` are columns of the
    job that have one value in all rows. A name that two columns would have is written with its namespace, as templates
    write it, such as `params.n`.
    """
    named: list[tuple[Group, str, bool]] = [("axis", *each) for each in axes.items()]
    named += [("param", *each) for each in params.items()]
    taken = [*FIRST_COLUMNS, *JOB_COLUMNS, *results, *(key for _, key, _ in named)]
    inputs = [
        ResultColumn(key if taken.count(key) == 1 else f"{SPACES[group]}.{key}", group, key, varies=varies)
        for group, key, varies in named
    ]
    same = set(fixed)
    first, rest = (
        [ResultColumn(name, "job", name, varies=name not in same) for name in names]
        for names in (FIRST_COLUMNS, JOB_COLUMNS)
    )
    return [*first, *inputs, *rest, *(ResultColumn(name, "result", name, unit) for name, unit in results.items())]


class Results:
    """The rows of the attempts that are meant, and their columns. The ledger stays open while rows are read.

    `seen` is what targets said of jobs that had not ended, when this was made; once there are `columns`, `count` is the
    number of rows, and `mixed_units` says which results have several units.
    """

    def __init__(self, choice: AttemptChoice, ledger: Ledger, request: Request = NOTHING_ASKED) -> None:
        self.seen: Seen = look_at_chosen(choice, ledger)
        self.count = 0
        self.mixed_units: list[str] = []
        self._choice = choice
        self._ledger = ledger
        self._extractor = Extractor(choice.workplace, ledger, request)

    @property
    def diagnostics(self) -> list[Diagnostic]:
        """What is wrong with the specs as they are now, as far as rows were read."""
        return self._extractor.diagnostics.all()

    @property
    def lost_specs(self) -> list[str]:
        """The specs of attempts that the project does not have now, as far as rows were read."""
        return self._extractor.lost_specs

    def columns(self) -> list[ResultColumn]:
        """Return the columns of all rows. This reads all of the attempts, but nothing that jobs wrote."""
        axes, params, job = _Variety(), _Variety(), _Variety()
        results = Units()
        self.count = 0
        for record in self._records():
            self.count += 1
            axes.meet(record.flat_axes)
            params.meet(record.shown_params)
            job.meet(
                {
                    "spec": record.key.spec,
                    "target": record.target_name,
                    "repeat": record.key.cell.partition(".")[2],
                    "attempt": self._ledger.run_of(record.key, record.number),
                }
            )
            results.meet(record.key.spec, self._extractor.units(record))
        self.mixed_units = results.mixed()
        fixed = (name for name, varies in job.found().items() if not varies)
        return columns_of(axes.found(), params.found(), results.found(), fixed)

    def rows(self) -> Iterator[ResultRow]:
        """Yield a row for each cell, one by one: all of a large ledger does not fit into memory."""
        for _, row in self.with_attempts():
            yield row

    def with_attempts(self) -> Iterator[tuple[Record, ResultRow]]:
        """Yield the rows, each behind the attempt that it is of."""
        for record in self._records():
            found = self._extractor.values(record, self.seen.reports)
            yield record, _row(record, self.seen.reports, found, self._ledger.run_of(record.key, record.number))

    def units(self, record: Record) -> dict[str, str | None]:
        """Return the results that the spec of an attempt declares, with their units."""
        return dict(self._extractor.units(record))

    def _records(self) -> Iterator[Record]:
        """Yield the latest job of each cell, or the latest attempt where no attempt became a job."""
        selector = self._choice.selector(self._ledger)
        for record in self._choice.each(self._ledger):
            if not (record.uuid is None and record.number > 1 and self._has_job(record, selector)):
                yield record

    def _has_job(self, record: Record, selector: Selector) -> bool:
        """Return whether an earlier attempt for the same cell became a job, which has a row of its own."""
        return any(one.uuid is not None and selector.picks(one) for one in self._ledger.of_key(record.key))


class Units:
    """The units of results. One that has several, of several specs, has none that is right for all rows."""

    def __init__(self) -> None:
        self._found: dict[str, dict[str | None, str]] = {}

    def meet(self, spec: str, units: Mapping[str, str | None]) -> None:
        for name, unit in units.items():
            self._found.setdefault(name, {}).setdefault(unit, spec)

    def found(self) -> dict[str, str | None]:
        return {name: next(iter(units)) if len(units) == 1 else None for name, units in self._found.items()}

    def mixed(self) -> list[str]:
        """Return which results have several units, and which of them a spec gives, for a person."""
        several = {name: units for name, units in self._found.items() if len(units) > 1}
        listed = {
            name: ", ".join(f"{spec}: {unit or '-'}" for unit, spec in units.items()) for name, units in several.items()
        }
        return [
            f"the result `{name}` has several units, and is shown without one: {each}" for name, each in listed.items()
        ]


class _Variety:
    """Which names rows have, in the order in which they come, and whether all rows have one value for a name."""

    def __init__(self) -> None:
        self._first: dict[str, object] = {}
        self._varying: set[str] = set()
        self._rows = 0

    def meet(self, values: Mapping[str, object]) -> None:
        for name, value in values.items():
            if name not in self._first:
                self._first[name] = value
                self._varying |= {name} if self._rows else set()
            elif self._first[name] != value:
                self._varying.add(name)
        self._varying |= self._first.keys() - values.keys()
        self._rows += 1

    def found(self) -> dict[str, bool]:
        return {name: name in self._varying for name in self._first}


RISKY = re.compile("[=@\\t\\r\\n\uff1d\uff20]|[-+\uff0d\uff0b][^(|!]*[(|!]")
"""What a spreadsheet would calculate: `=`, `@`, and a sign before a call, a pipe or a reference to another sheet."""


def csv_lines(columns: Sequence[ResultColumn], rows: Iterable[ResultRow]) -> Iterator[str]:
    """Yield the lines of a CSV file (RFC 4180), the names of the columns first.

    A text that a spreadsheet would take for a formula has an apostrophe before it. Times are in UTC (ISO 8601), lists
    are JSON, and what is missing is empty.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    for line in chain(([column.name for column in columns],), (_csv_texts(columns, row) for row in rows)):
        writer.writerow(line)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def _csv_texts(columns: Sequence[ResultColumn], row: ResultRow) -> list[str]:
    return [harmless(plain_text(row.cell_of(column), column)) for column in columns]


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if RISKY.match(text) else text


def plain_text(value: object, column: ResultColumn) -> str:
    """Return a value as it stands in a CSV file."""
    if value is None:
        return ""
    if column.group == "job" and column.key in TIMES and isinstance(value, float | int):
        return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _row(record: Record, reports: Mapping[str, JobReport], found: Mapping[str, Value | Missing], run: int) -> ResultRow:
    values = {name: None if isinstance(value, Missing) else value for name, value in found.items()}
    missing = {name: record.cleaned_on or value.why for name, value in found.items() if isinstance(value, Missing)}
    return ResultRow(
        record.key.spec,
        record.key.cell,
        record.shown_slug,
        record.target_name,
        record.shown_name,
        record.shown_axes,
        record.shown_params,
        state_of(record, reports),
        why_of(record, reports),
        last_word(record, reports)[1],
        run,
        record.uuid,
        life_of(record, reports),
        values,
        missing,
    )
