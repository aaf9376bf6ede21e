"""How a command line is handed to a command. Only the command that is called is imported."""

import importlib
import os
import sys
from functools import cache
from inspect import cleandoc
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from specc import __version__
from specc.cli import COMPLETE, import_libraries
from specc.cli.console import write_line
from specc.cli.table import COMMANDS, Command, panel_of
from specc.docstrings import restore
from specc.errors import SpeccError
from specc.language import translated, translator

NAME = "specc"
COMPLETION = ("--show-completion", "--install-completion")


class _Spoken:
    """Help in the language of the person: our own texts, and the words of the library that draws it."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        from specc.cli.help_words import in_language  # brings rich, for help alone

        with in_language(self, translator()):
            super().format_help(ctx, formatter)  # type: ignore[misc]

    def get_usage(self, ctx: Any) -> str:
        usage: str = super().get_usage(ctx)  # type: ignore[misc]
        return translated("Usage: ") + usage.removeprefix("Usage: ")

    def get_help_option(self, ctx: Any) -> Any:
        option = super().get_help_option(ctx)  # type: ignore[misc]
        option.help = translated("Show this message and exit.")
        return option

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        try:
            rest: list[str] = super().parse_args(ctx, args)  # type: ignore[misc]
        except typer.TyperException as error:
            # Of an option without its argument, the parser does not say which command it is of.
            if getattr(error, "ctx", None) is None:
                error.ctx = ctx  # type: ignore[attr-defined]
            raise
        return rest


class _Command(_Spoken, TyperCommand):
    """A command that is called."""


class _Group(_Spoken, TyperGroup):
    """A command that has commands of its own."""


class _Named(TyperCommand):
    """A command as the list of commands has it. It becomes the real one when it is given a command line."""

    def __init__(self, command: Command) -> None:
        panel = panel_of(command.name)
        super().__init__(command.name, help=command.summary, hidden=command.is_hidden, rich_help_panel=panel)
        self._command = command

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        return load(self._command).make_context(info_name, args, parent, **extra)


class _Commands(_Group):
    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = {command.name: _Named(command) for command in COMMANDS}


app = typer.Typer(
    name=NAME,
    cls=_Commands,
    help="Compile declarative HPC job specs: check them, explain them, render canonical submitJob payloads.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(epilog="Begin with `specc init DIR`. `specc COMMAND --help` has an example of each command.")
def specc(version: bool = typer.Option(False, "--version", "-V", help="Print the version.")) -> None:
    """Compile declarative HPC job specs: check them, explain them, render canonical submitJob payloads."""
    if version:
        write_line(f"specc {__version__}")
        raise typer.Exit


@cache
def load(command: Command) -> Any:
    """Return the command itself, with its options and its whole help. A process makes it once."""
    import_libraries()
    named = getattr(importlib.import_module(f"specc.cli.commands.{command.module}"), command.attribute)
    holder = typer.Typer()
    for function in _functions(named) if sys.flags.optimize > 1 else ():
        restore(function)
    if isinstance(named, typer.Typer):
        for each in named.registered_commands:
            each.cls = _Command
        holder.add_typer(named, name=command.name, cls=_Group)
    else:
        holder.command(command.name, hidden=command.is_hidden, cls=_Command)(named)
    loaded = typer.main.get_group(holder).commands[command.name]
    _set_examples_apart(loaded)
    return loaded


def _functions(named: Any) -> list[Any]:
    """The functions whose docstrings are help: of one command, or of all commands of a group."""
    commands = named.registered_commands if isinstance(named, typer.Typer) else ()
    return [command.callback for command in commands] or [named]


@cache
def _all_commands() -> Any:
    return typer.main.get_command(app)


def dispatch(arguments: list[str]) -> int:
    """Runs one command. Commands return an exit code, or None for 0."""
    command = _all_commands()
    if COMPLETE in os.environ:
        from specc.cli.completion import answer_shell  # for TAB only

        answer_shell(lambda: command.main(arguments, prog_name=NAME))
        return 0
    if arguments and arguments[0] in COMPLETION:
        from specc.cli.completion_scripts import answer  # once in the life of a shell

        return answer(arguments[0], arguments[1:], NAME)
    try:
        # Not `main()`, which ends the process itself when nobody reads its output.
        with command.make_context(NAME, arguments) as context:
            code = command.invoke(context)
    except typer.Exit as ending:
        return ending.exit_code
    except typer.Abort:
        return 130
    except SystemExit as ending:
        # rich, which prints the help, ends the process with 1 when nobody reads on.
        if isinstance(ending.__context__, BrokenPipeError):
            raise ending.__context__ from None
        raise
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
    text, _, example = cleandoc(command.help or "").partition("Example: ")
    command.help = "\n\n".join(map(_on_one_line, text.rstrip().split("\n\n")))
    if example:
        command.epilog = f"Example:\n\n{example}"


def _on_one_line(paragraph: str) -> str:
    """Return a paragraph without the line breaks of the source, so that it fits the width of the terminal."""
    lines = paragraph.splitlines()
    is_list = any(line.startswith((" ", "- ", "* ", "|")) for line in lines)
    return paragraph if is_list else " ".join(lines)
