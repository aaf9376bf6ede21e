"""`specc results`: what jobs came to, beside what they were given."""

import csv
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from specc.app.attempts import Words
from specc.app.results import ResultColumn, ResultRow, Results
from specc.cli import exits
from specc.cli.console import say, write_json_list, write_table
from specc.cli.options import AtTarget, Cells, Chosen, Only, Output, States
from specc.cli.records import choose
from specc.reporters import TextOrJson, format_named
from specc.targets.lives import TIMES

AsCsv = Annotated[bool, typer.Option("--csv", help="Write comma-separated values, with all columns.")]


def results(
    chosen: Chosen = None,
    is_csv: AsCsv = False,
    output: Output = "text",
    state: States = None,
    only: Only = None,
    cell: Cells = None,
    target: AtTarget = None,
) -> int:
    """Show what jobs came to: one row for each cell, with its axes, parameters, times, usage and results.

    What results there are, the specs say under `results:`.

    Example: specc results jobs --csv
    """
    format_named(output, TextOrJson)
    choice = choose(Words.of(chosen, only, cell, state, target))
    with choice.workplace.ledger_if_any() as ledger:
        found = Results(choice, ledger)
        if is_csv:
            _write_csv(found.columns(), found.rows())
        elif output == "json":
            write_json_list({}, "rows", (row.data() for row in found.rows()))
        else:
            columns = found.columns()
            write_table([column.name for column in columns], (_texts(columns, row) for row in found.rows()))
        if next(choice.each(ledger), None) is None:
            say("nothing was submitted")
        return exits.BROKEN if found.seen.is_blind else exits.OK


def _write_csv(columns: Sequence[ResultColumn], rows: Iterator[ResultRow]) -> None:
    """Write comma-separated values as RFC 4180 has them, row by row."""
    writer = csv.writer(sys.stdout, lineterminator="\r\n")
    writer.writerow([column.name for column in columns])
    writer.writerows(_texts(columns, row) for row in rows)


def _texts(columns: Sequence[ResultColumn], row: ResultRow) -> list[str]:
    return [_text(column, row.cell_of(column)) for column in columns]


def _text(column: ResultColumn, value: object) -> str:
    """Return a value as it stands in a table. Times are in UTC, as ISO 8601 writes them; what is missing is empty."""
    if value is None:
        return ""
    if column.name in TIMES and isinstance(value, float | int):
        return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
