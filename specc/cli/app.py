"""Every command in one table, and how a command line is handed to one."""

import os
from typing import Any

import typer

from specc import __version__
from specc.cli.cancel import cancel
from specc.cli.check import check
from specc.cli.completion import COMPLETE, answer_shell
from specc.cli.config import config
from specc.cli.diff import diff
from specc.cli.explain import explain
from specc.cli.fmt import fmt
from specc.cli.graph import graph
from specc.cli.init import init
from specc.cli.ledger import ledger_app
from specc.cli.logs import logs
from specc.cli.plan import plan
from specc.cli.render import render
from specc.cli.rules import rules
from specc.cli.schema import schema_app
from specc.cli.serve import serve
from specc.cli.status import status
from specc.cli.submit import submit
from specc.cli.wait import wait
from specc.errors import SpeccError

NAME = "specc"

app = typer.Typer(
    name=NAME,
    help="Compile declarative HPC job specs: check them, explain them, render canonical submitJob payloads.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("check")(check)
app.command("lint", hidden=True)(check)
app.command("render")(render)
app.command("explain")(explain)
app.command("diff")(diff)
app.command("fmt")(fmt)
app.command("graph")(graph)
app.command("rules")(rules)
app.command("plan")(plan)
app.command("submit")(submit)
app.command("status")(status)
app.command("wait")(wait)
app.command("logs")(logs)
app.command("cancel")(cancel)
app.add_typer(ledger_app, name="ledger")
app.add_typer(schema_app, name="schema")
app.command("init")(init)
app.command("config")(config)
app.command("serve")(serve)


@app.callback(epilog="Begin with `specc init DIR`. `specc COMMAND --help` has an example of each command.")
def specc(version: bool = typer.Option(False, "--version", "-V", help="Print the version.")) -> None:
    """Compile declarative HPC job specs: check them, explain them, render canonical submitJob payloads."""
    if version:
        print(f"specc {__version__}")
        raise typer.Exit


def dispatch(arguments: list[str]) -> int:
    """Runs one command. Commands return an exit code, or None for 0."""
    command = typer.main.get_command(app)
    _set_examples_apart(command)
    if COMPLETE in os.environ:
        answer_shell(lambda: command.main(arguments, prog_name=NAME))
        return 0
    try:
        # Not `main()`, which ends the process itself when nobody reads its output.
        with command.make_context(NAME, arguments) as context:
            code = command.invoke(context)
    except typer.Exit as ending:
        return ending.exit_code
    except typer.Abort:
        return 130
    except typer.TyperException as error:
        # In our own manner. Without a message it has printed the help, for a command line without a command.
        if not error.format_message():
            return error.exit_code
        place = getattr(error, "ctx", None)
        name = place.command_path if place is not None else NAME
        raise SpeccError(error.format_message(), help=f"`{name} --help` says what there is") from error
    return code if isinstance(code, int) else 0


def _set_examples_apart(command: Any) -> None:
    """The example of a docstring is shown below the options, on a line of its own, so that it can be copied."""
    for each in getattr(command, "commands", {}).values():
        _set_examples_apart(each)
    text, _, example = (command.help or "").partition("Example: ")
    if example:
        command.help, command.epilog = text.rstrip(), f"Example:\n\n{example}"
