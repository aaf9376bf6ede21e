"""`specc results`: what jobs came to, beside what they were given."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from specc.app.attempts import Words
from specc.app.results import SPACES, ResultColumn, ResultRow, Results, csv_lines
from specc.app.session import request_of
from specc.cli import exits
from specc.cli.console import say, write_json_list, write_lines, write_table
from specc.cli.options import AtTarget, Cells, Chosen, Only, Output, Profiles, Sets, States, WithParams
from specc.cli.printing import print_diagnostics
from specc.cli.records import choose
from specc.errors import SpeccError
from specc.language import translated
from specc.reporters import TextOrJson, format_named
from specc.submission import flat, shown_state
from specc.wording import RESULT_DIGITS, brief, counted, duration_text, exact_text, size_text

AsCsv = Annotated[bool, typer.Option("--csv", help="Write CSV with all columns, for a program or a spreadsheet.")]
MOST_NOTES = 10
MOST_LOST = 3
LONGEST = 40
NAME_OR_NUMBER = re.compile("`[^`]*`|[0-9][0-9,.]*")
MEASURES = ("time", "memory")
"""Heads of columns of the table alone."""


def results(
    chosen: Chosen = None,
    is_csv: AsCsv = False,
    output: Output = "text",
    profile: Profiles = None,
    set_: Sets = None,
    state: States = None,
    only: Only = None,
    cell: Cells = None,
    param: WithParams = None,
    target: AtTarget = None,
) -> int:
    """Show what jobs came to: one row for each cell, with its axes, parameters, times, usage and results.

    Which results there are, the specs say as they are now, under `results:`. The table says why a value is missing; in
    a CSV file it is empty, and JSON has the reasons. Exits with 1 where a spec declares a result wrongly.

    Example: specc results jobs --csv
    """
    format = format_named(output, TextOrJson)
    if is_csv and format is TextOrJson.JSON:
        raise SpeccError("`--csv` and `--output json` are two formats", help="leave out one of them")
    choice = choose(Words.of(chosen, only, cell, state, target, param))
    with choice.workplace.ledger_if_any() as ledger:
        found = Results(choice, ledger, request_of(profile, (), set_))
        columns = found.columns()
        has_errors = print_diagnostics(found.diagnostics)
        for doubt in found.mixed_units:
            say(f"warning: {doubt}")
        if found.lost_specs:
            names = ", ".join(found.lost_specs[:MOST_LOST]) + (", ..." if len(found.lost_specs) > MOST_LOST else "")
            say(f"the project has no such spec now, so nothing says what to read of its jobs: {names}")
        if is_csv:
            write_lines(csv_lines(columns, found.rows()))
        elif format is TextOrJson.JSON:
            head: dict[str, object] = {"columns": [_column_data(column) for column in columns]}
            write_json_list(head, "rows", (row.data() for row in found.rows()))
        else:
            _write_table(columns, found.rows())
        if not found.count:
            say(choice.why_none(ledger))
        return exits.BROKEN if found.seen.is_blind else exits.REFUSED if has_errors else exits.OK


def _column_data(column: ResultColumn) -> dict[str, object]:
    return {"name": column.name, "group": column.group, "key": column.key, "unit": column.unit}


def _write_table(columns: Sequence[ResultColumn], rows: Iterator[ResultRow]) -> None:
    """Write the columns that differ, and below the table why values are missing."""
    shown = [column for column in columns if _is_shown(column)]
    before = [column for column in shown if column.group != "result"]
    results = [column for column in shown if column.group == "result"]
    notes = _Notes()
    head = ["state", *map(_head, before), *MEASURES, *map(_head, results), ""]
    write_table(
        head,
        (
            (
                shown_state(row.state),
                *(_input_text(row, column) for column in before),
                "" if row.life.seconds is None else duration_text(row.life.seconds),
                "" if row.life.usage.peak_memory is None else size_text(row.life.usage.peak_memory),
                *(_text(row.cell_of(column)) or notes.mark(row, column) for column in results),
                row.reason or (f"exit code {row.exit_code}" if row.exit_code else ""),
            )
            for row in rows
        ),
        foreign={at for at, column in enumerate(before, 1) if column.group != "job"}
        | {*range(len(before) + 3, len(before) + 3 + len(results))},
    )
    notes.say()


def _head(column: ResultColumn) -> str:
    """Return the head of a column. One that a measure has, too, is written with its namespace."""
    return f"{SPACES[column.group]}.{column.head}" if column.name in MEASURES else column.head


def _is_shown(column: ResultColumn) -> bool:
    if column.group == "job":
        return column.key in ("spec", "target", "repeat", "attempt") and column.varies
    return column.group in ("axis", "result") or column.varies


def _input_text(row: ResultRow, column: ResultColumn) -> str:
    """Return the value of an axis or a parameter, whole: values that differ must look different."""
    value = row.cell_of(column)
    if isinstance(value, float):
        return exact_text(value)
    if value is None and column.key not in (flat(row.axes) if column.group == "axis" else row.params):
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case float():
            return f"{value:.{RESULT_DIGITS}g}"
        case str():
            return brief(value, LONGEST)
        case list() if len(value) > 3:
            return f"[{', '.join(map(_text, value[:2]))}, ..., {_text(value[-1])}]"
        case _:
            return brief(json.dumps(value, ensure_ascii=False), LONGEST)


class _Notes:
    """Why values are missing: each reason has a number, which stands in the place of the value.

    Reasons of one result that differ in names or numbers alone, as where each cell has a file of its own, share one.
    """

    def __init__(self) -> None:
        self._notes: list[_Note] = []
        self._same: dict[str, int] = {}
        self._alike: dict[tuple[str, str], int] = {}

    def mark(self, row: ResultRow, column: ResultColumn) -> str:
        """Return what stands in the place of a missing value; nothing where the spec does not declare the result."""
        why = row.missing.get(column.key)
        if why is None:
            return ""
        alike = column.key, NAME_OR_NUMBER.sub("", why)
        at = self._same.get(why, self._alike.get(alike))
        if at is None and len(self._notes) >= MOST_NOTES:
            why = "other reasons: `--output json` has them all"
            at = self._same.get(why)
        if at is None:
            at = self._same[why] = len(self._notes)
            self._notes.append(_Note(why))
        if at < MOST_NOTES:
            self._alike.setdefault(alike, at)
        self._notes[at].add(why)
        return f"({at + 1})"

    def say(self) -> None:
        for number, note in enumerate(self._notes, 1):
            # By itself, the reason is recognized for sure: it may hold commas, and another reason.
            say(f"({number}) {translated(note.why)}{note.more}")


class _Note:
    """A reason, and how often it and reasons like it stand in the table."""

    def __init__(self, why: str) -> None:
        self.why = why
        self._count = 0
        self._is_one = True

    def add(self, why: str) -> None:
        self._count += 1
        self._is_one &= why == self.why

    @property
    def more(self) -> str:
        """Return what to say behind the reason; nothing where one value is missing for it."""
        if not self._is_one:
            return f", and {self._count - 1:,} more like this"
        return f", {counted(self._count, 'value')}" if self._count > 1 else ""
