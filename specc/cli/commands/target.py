"""`specc target`: trying the commands of a target of kind `command`."""

from typing import Annotated

import typer

from specc.app.trying import try_target
from specc.cli import exits
from specc.cli.completion import complete_target
from specc.cli.console import Terminal, say, write_json, write_line
from specc.cli.sessions import open_session
from specc.cli.waiting import seconds_of
from specc.diagnostics import did_you_mean
from specc.errors import SpeccError
from specc.reporters import TextOrJson, format_named
from specc.targets.command.trials import NAMES, Result
from specc.wording import counted

HELP = "Test the commands of a target against what specc expects of them."
target_app = typer.Typer(name="target", help=HELP, no_args_is_help=True)

Name = Annotated[
    str, typer.Argument(metavar="NAME", help="A target of kind `command`.", autocompletion=complete_target)
]
Trials = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="TRIAL", help=f"Only these trials, of {', '.join(NAMES)}; repeat for more."),
]
Patience = Annotated[
    str, typer.Option("--patience", metavar="DURATION", help="How long a job of a moment may take, with its queue.")
]
Limit = Annotated[
    str, typer.Option("--time-limit", metavar="DURATION", help="The time limit of the job that exceeds it.")
]
Keep = Annotated[bool, typer.Option("--keep", help="Keep the folders of the jobs, which else go where all went well.")]
Format = Annotated[str, typer.Option("--output", metavar="FORMAT", help="text or json.")]


@target_app.command("test")
def run_trials(
    name: Name,
    only: Trials = None,
    patience: Patience = "5min",
    time_limit: Limit = "1min",
    keep: Keep = False,
    output: Format = "text",
) -> int:
    """Try the commands of a target with small jobs of its own, and say of each what failed and what to change.

    A dozen jobs of a moment are sent to the scheduler, and one that exceeds its time limit. The ledger does not know
    them. Exits with 1 when a trial failed.

    Example: specc target test cluster --patience 30min
    """
    format_named(output, TextOrJson)
    chosen = frozenset(only or ())
    for unknown in chosen - set(NAMES):
        raise SpeccError(f"there is no trial `{unknown}`", help=did_you_mean(unknown, NAMES, "trials"))
    longest, limit = seconds_of(patience, "--patience"), seconds_of(time_limit, "--time-limit")
    trying = try_target(open_session(), name, Terminal(), patience=longest or 0.0, limit=limit or 0.0)
    results = []
    for result in trying.results(chosen, keeps=keep):
        results.append(result)
        if output == "text":
            _show(result)
    failed = [result for result in results if result.message]
    if output == "json":
        write_json({"target": name, "trials": [_data(result) for result in results]})
    elif failed:
        say(f"{counted(len(failed), 'trial')} of {len(results)} failed; the folders of the jobs are kept")
    else:
        say(f"{counted(len(results), 'trial')} passed")
    return exits.REFUSED if failed else exits.OK


def _show(result: Result) -> None:
    if not result.message:
        write_line(f"ok      {result.name:8} {result.what} ({result.seconds:.0f} s)")
        return
    write_line(f"FAILED  {result.name:8} {result.message}")
    if result.help:
        write_line(f"        {'':8} help: {result.help}")


def _data(result: Result) -> dict[str, object]:
    return {
        "name": result.name,
        "shows": result.what,
        "passed": not result.message,
        "seconds": round(result.seconds, 1),
        "message": result.message or None,
        "help": result.help or None,
    }
