"""The command reference, from the command line's own definition."""

from collections.abc import Iterator
from inspect import cleandoc
from textwrap import fill
from typing import Any

from specc.cli.dispatch import NAME, load
from specc.cli.table import COMMANDS

HEAD = """# Commands

What `specc COMMAND --help` says, on one page.

Exit codes: 0 clean, 1 diagnostics, 2 usage, configuration or I/O, 3 rejected, 4 outcome unknown, 5 a job failed,
6 waiting timed out, 10 changes found, 101 a bug in specc.
"""


def commands_page() -> str:
    commands = {command.name: load(command) for command in COMMANDS}
    return HEAD + "".join(_sections(commands, NAME))


def _sections(commands: dict[str, Any], path: str) -> Iterator[str]:
    for name, command in commands.items():
        if command.hidden:
            continue
        if hasattr(command, "commands"):
            yield f"\n## {path} {name}\n\n{_filled(command)}\n"
            yield from (f"\n#{section.lstrip()}" for section in _sections(command.commands, f"{path} {name}"))
        else:
            yield _section(command, f"{path} {name}")


def _section(command: Any, path: str) -> str:
    text, example = _filled(command), (command.epilog or "").removeprefix("Example:")
    shown = [parameter for parameter in command.params if not getattr(parameter, "hidden", False)]
    arguments = [each for each in shown if each.param_type_name == "argument"]
    options = [each for each in shown if each.param_type_name == "option"]
    usage = " ".join([path, *(["[OPTIONS]"] if options else []), *(_metavar(each) for each in arguments)])
    parts = [f"\n## {path}\n\n```text\n{usage}\n```\n\n{text.strip()}\n"]
    if arguments:
        parts.append("\n" + _table("argument", [(_metavar(each), each.help or "") for each in arguments]))
    if options:
        parts.append("\n" + _table("option", [(_option(each), each.help or "") for each in options]))
    if example:
        parts.append(f"\n```sh\n{example.strip()}\n```\n")
    return "".join(parts)


def _filled(command: Any) -> str:
    """Return the help of a command in lines that an editor shows whole."""
    paragraphs = cleandoc(command.help or "").split("\n\n")
    return "\n\n".join(each if "\n" in each else fill(each, 120, break_long_words=False) for each in paragraphs)


def _metavar(argument: Any) -> str:
    return str(argument.metavar or argument.name.upper())


def _option(option: Any) -> str:
    value = "" if option.is_flag else f" {option.metavar or option.type.name.upper()}"
    return ", ".join([*option.opts, *option.secondary_opts]) + value


def _table(head: str, rows: list[tuple[str, str]]) -> str:
    lines = [f"| `{_cell(name)}` | {_cell(help)} |\n" for name, help in rows]
    return f"| {head} | what it does |\n|---|---|\n" + "".join(lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
