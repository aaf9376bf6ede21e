"""Every command in one table, and how a command line is handed to one."""

import click
import typer

from specc.cli.check import check
from specc.cli.config import config
from specc.cli.explain import explain
from specc.cli.init import init
from specc.cli.render import render
from specc.cli.schema import schema_app

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
app.add_typer(schema_app, name="schema")
app.command("init")(init)
app.command("config")(config)


@app.callback(epilog="`specc --version` prints the version.")
def specc(version: bool = typer.Option(False, "--version", "-V", help="Print the version.")) -> None:
    """Compile declarative HPC job specs: check them, explain them, render canonical submitJob payloads."""


def dispatch(arguments: list[str]) -> int:
    """Runs one command. Commands return an exit code, or None for 0."""
    try:
        code = typer.main.get_command(app).main(arguments, prog_name="specc", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        return 130
    return code if isinstance(code, int) else 0
