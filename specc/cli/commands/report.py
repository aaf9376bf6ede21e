"""`specc report`: a page about jobs, in one file."""

import time
from pathlib import Path
from typing import Annotated

import typer

from specc.app.attempts import Words
from specc.app.pages import Wishes, gather
from specc.app.session import request_of
from specc.cli import exits
from specc.cli.console import say, write_data
from specc.cli.options import AtTarget, Cells, Chosen, Only, Profiles, Sets, States, WithParams
from specc.cli.printing import print_diagnostics
from specc.cli.records import choose
from specc.disk.outputs import write_file
from specc.errors import SpeccError
from specc.reporters.page import render
from specc.wording import counted

Out = Annotated[
    Path, typer.Option("-o", "--output", metavar="FILE", help="The HTML file to write; `-` is standard output.")
]
Across = Annotated[
    str | None, typer.Option("--x", metavar="AXIS", help="The axis or parameter that maps and plots go across by.")
]
Down = Annotated[
    str | None, typer.Option("--y", metavar="AXIS", help="The axis or parameter of a map's rows and a plot's lines.")
]
Value = Annotated[
    str | None,
    typer.Option("--value", metavar="NAME", help="What is compared: a result, state, ran, waited, memory or cores."),
]
HasLogs = Annotated[bool, typer.Option("--logs/--no-logs", help="Show the end of the logs of failed jobs.")]


def report(
    out: Out,
    chosen: Chosen = None,
    across: Across = None,
    down: Down = None,
    value: Value = None,
    logs: HasLogs = True,
    profile: Profiles = None,
    set_: Sets = None,
    state: States = None,
    only: Only = None,
    cell: Cells = None,
    param: WithParams = None,
    target: AtTarget = None,
) -> int:
    """Write a page about jobs: what became of them, when they ran, what they used, results over axes, what failed.

    The page is one HTML file that needs nothing else. It is for people you would show your specs and logs to. Exits
    with 1 where a spec declares a result wrongly.

    Example: specc report jobs -o run.html
    """
    choice = choose(Words.of(chosen, only, cell, state, target, param))
    with choice.workplace.ledger_if_any() as ledger:
        wishes = Wishes(across, down, value, logs)
        found = gather(choice, ledger, wishes, time.time(), request_of(profile, (), set_))
        if not found.page.jobs:
            why = choice.why_none(ledger)
            raise SpeccError(f"there is nothing to report: {why}", help="`specc submit` sends payloads")
    has_errors = print_diagnostics(found.diagnostics)
    for doubt in found.mixed_units:
        say(f"warning: {doubt}")
    if str(out) == "-":
        write_data(render(found.page))
    else:
        write_file(out, render(found.page))
        say(f"{counted(len(found.page.jobs), 'job')} in {out}")
    return exits.BROKEN if found.is_blind else exits.REFUSED if has_errors else exits.OK
