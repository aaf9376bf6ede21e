"""What jobs came to: a row for each cell, made of the ledger, of what targets say, and of what the jobs wrote."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from specc.app.attempts import AttemptChoice
from specc.app.following import Seen, look_at_chosen
from specc.fast_dataclass import dataclass
from specc.submission import Ledger, Record, Selector, last_word, life_of, state_of, why_of
from specc.targets import JobReport, Life
from specc.targets.lives import TIMES, USED

Group = Literal["job", "axis", "param", "result"]
FIRST = ("spec", "cell", "target")
OF_JOB = ("state", "exit_code", "attempt", "uuid", *TIMES, "seconds", "node", *USED)
"""The columns of every table before and behind those of axes and parameters. No result has one of these names."""

RESERVED = frozenset((*FIRST, *OF_JOB))


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One cell that was submitted, and its latest job.

    `target` is the name of the target, and `cell` the id of the cell, whose values are `axes` and whose `slug` is the
    word for it in names. `params` has every parameter of the spec when it was submitted, given with `-p` or not.
    `state` is the job's or, where there is no job, the attempt's, and `reason` says why. `attempt` counts from 1.
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
    values: dict[str, object]
    missing: dict[str, str]

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
            **{name: self.of_job(name) for name in OF_JOB},
            "results": self.values,
            "missing": self.missing,
        }

    def of_job(self, name: str) -> object:
        """Return the value of one of the columns FIRST and OF_JOB. What is not known is None."""
        if name in USED:
            value: object = getattr(self.life.usage, name)
            return value
        value = getattr(self if hasattr(self, name) else self.life, name)
        return None if value == "" else value

    def cell_of(self, column: "ResultColumn") -> object:
        """Return the value in a column; None where this row has none."""
        match column.group:
            case "axis":
                return self.axes.get(column.key)
            case "param":
                return self.params.get(column.key)
            case "result":
                return self.values.get(column.key)
            case "job":
                return self.of_job(column.key)


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """One column of a flat table. `key` is its name in the axes, parameters or results of a row; `name` is unique in
    the table. `unit` is set for results alone.
    """

    name: str
    group: Group
    key: str
    unit: str | None = None


def columns_of(axes: Iterable[str], params: Iterable[str], results: Mapping[str, str | None]) -> list[ResultColumn]:
    """Return the columns of a flat table in their one order. `results` are the names of results with their units.

    A name that two columns would have is written with its namespace, as templates write it, such as `params.n`.
    """
    named: list[tuple[Group, str]] = [*(("axis", each) for each in axes), *(("param", each) for each in params)]
    taken = [*RESERVED, *results, *(key for _, key in named)]
    spaces = {"axis": "matrix", "param": "params"}
    inputs = [
        ResultColumn(key if taken.count(key) == 1 else f"{spaces[group]}.{key}", group, key) for group, key in named
    ]
    first, rest = ([ResultColumn(name, "job", name) for name in names] for names in (FIRST, OF_JOB))
    return [*first, *inputs, *rest, *(ResultColumn(name, "result", name, unit) for name, unit in results.items())]


class Results:
    """The rows of the attempts that are meant, and their columns. The ledger stays open while rows are read.

    `seen` is what targets said of jobs that had not ended, when this was made.
    """

    def __init__(self, choice: AttemptChoice, ledger: Ledger) -> None:
        self.seen: Seen = look_at_chosen(choice, ledger)
        self._choice = choice
        self._ledger = ledger

    def columns(self) -> list[ResultColumn]:
        """Return the columns of all rows. This reads all of the attempts, but nothing that jobs wrote."""
        axes: dict[str, None] = {}
        params: dict[str, None] = {}
        for record in self._records():
            axes |= dict.fromkeys(json.loads(record.axes))
            params |= dict.fromkeys(record.shown_params)
        return columns_of(axes, params, {})

    def rows(self) -> Iterator[ResultRow]:
        """Yield a row for each cell, one by one: all of a large ledger does not fit into memory."""
        for record in self._records():
            yield _row(record, self.seen.reports, {}, {})

    def _records(self) -> Iterator[Record]:
        """Yield the latest job of each cell, or the latest attempt where no attempt became a job."""
        selector = self._choice.selector(self._ledger)
        for record in self._choice.each(self._ledger):
            if not (record.uuid is None and record.number > 1 and self._has_job(record, selector)):
                yield record

    def _has_job(self, record: Record, selector: Selector) -> bool:
        """Return whether an earlier attempt for the same cell became a job, which has a row of its own."""
        return any(one.uuid is not None and selector.picks(one) for one in self._ledger.of_key(record.key))


def _row(
    record: Record, reports: Mapping[str, JobReport], values: dict[str, object], missing: dict[str, str]
) -> ResultRow:
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
        record.number,
        record.uuid,
        life_of(record, reports),
        values,
        missing,
    )
