"""Every command in one table, and how a command line is handed to one."""

import sys

import typer

from specc.cli.cancel import cancel
from specc.cli.check import check
from specc.cli.config import config
from specc.cli.explain import explain
from specc.cli.init import init
from specc.cli.ledger import ledger_app
from specc.cli.logs import logs
from specc.cli.plan import plan
from specc.cli.render import render
from specc.cli.schema import schema_app
from specc.cli.serve import serve
from specc.cli.status import status
from specc.cli.submit import submit
from specc.cli.wait import wait

app = typer.Typer(
    name="specc",
    help="Compile declarative HPC job specs: check them, explain them, render canonical submitJob payloads.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("check")(check)
app.command("lint", hidden=True)(check)
app.command("render")(render)
app.command("explain")(explain)
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


@app.callback(epilog="`specc --version` prints the version.")
def specc(version: bool = typer.Option(False, "--version", "-V", help="Print the version.")) -> None:
    """Compile declarative HPC job specs: check them, explain them, render canonical submitJob payloads."""


def dispatch(arguments: list[str]) -> int:
    """Runs one command. Commands return an exit code, or None for 0."""
    try:
        code = typer.main.get_command(app).main(arguments, prog_name="specc", standalone_mode=False)
    except typer.TyperException as error:
        # A usage error, in our own manner. typer's own printing needs its private parts.
        print(f"error: {error.format_message()}", file=sys.stderr)
        print("help: `specc --help` lists the commands, `specc COMMAND --help` explains one", file=sys.stderr)
        return error.exit_code
    except typer.Abort:
        return 130
    return code if isinstance(code, int) else 0
