"""`specc trust`: the hosts that may get signed requests, and the commands of targets that may run."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from specc.app.selection import Sites
from specc.app.session import Session
from specc.app.workplace import unknown_target
from specc.cli.console import say, write_row
from specc.errors import SpeccError
from specc.language import translated
from specc.project import Apis
from specc.settings import Target
from specc.targets.ehpc.account import origin_of
from specc.targets.trust import COMMANDS_VARIABLE, VARIABLE, TrustedCommands, TrustedHosts, command_line

Hosts = Annotated[
    list[str] | None,
    typer.Argument(metavar="[HOST]...", help="Hosts or web addresses; without a scheme, `https://` is meant."),
]
OfTarget = Annotated[
    str | None, typer.Option("--target", metavar="NAME", help="Trust the commands of this target of the project.")
]
Forget = Annotated[bool, typer.Option("--forget", help="Stop trusting these hosts, or the commands of this target.")]

SHIPPED = "ships with specc"


def trust(hosts: Hosts = None, target: OfTarget = None, forget: Forget = False) -> int:
    """Let targets send signed requests to a host, or run commands of a site. Without either, list what is trusted.

    A project's settings name the host of a target, and the commands of a target of kind `command`, but only its user
    can trust them: on a terminal specc asks once for each, and elsewhere it refuses. The hosts of the API pages that
    ship with specc are trusted from the start. On a CI runner, the variable SPECC_TRUSTED_HOSTS lists hosts, separated
    by commas, and SPECC_TRUSTED_COMMANDS what `specc trust --target NAME` prints for the commands.

    Example: specc trust https://hpc.example.org
    """
    if target is not None:
        if hosts:
            raise SpeccError("trust a host or the commands of a target, one at a time")
        return _commands(target, forget=forget)
    apis = Apis()
    shipped = tuple(endpoint for api in apis.values() if (endpoint := api.endpoint) is not None)
    trusted = TrustedHosts(os.environ, shipped, origin_of, Path.cwd())
    if not hosts:
        if forget:
            raise SpeccError("nothing says which host to forget", help="`specc trust` lists them")
        _list(trusted, TrustedCommands(os.environ, Path.cwd()))
        return 0
    origins = [origin_of(host) for host in hosts]
    if forget:
        _forget(trusted, origins)
    else:
        trusted.add(origins)
        say(f"{', '.join(origins)} may get signed requests (noted in {trusted.path})")
    return 0


def _commands(name: str, *, forget: bool) -> int:
    """Trust the commands of a target, or forget that, and print what stands for them in the variable."""
    project = Session(Sites()).project(Path.cwd())
    settings = project.settings.targets.get(name)
    if settings is None:
        raise unknown_target(name, project.settings.targets)
    commands = _commands_of(settings, project.root)
    trusted = TrustedCommands(project.environment, project.root)
    if forget:
        if not trusted.remove(commands):
            raise SpeccError(f"{trusted.path} does not list the commands of `{name}`")
        return 0
    trusted.add(commands)
    for action, words in commands.items():
        say(f"{action:7} {command_line(words)}")
    say(f"these commands may run (noted in {trusted.path}); for {COMMANDS_VARIABLE}:")
    write_row((trusted.digest(commands),))
    return 0


def _commands_of(settings: Target, root: Path) -> dict[str, tuple[str, ...]]:
    # What starts programs, which the list of hosts does not need.
    from specc.targets.command.opening import check_places, commands_of

    if not settings.commands:
        raise SpeccError(f"the target `{settings.name}` has no commands of its own that one could trust")
    check_places(settings, root)
    return commands_of(settings)


def _forget(trusted: TrustedHosts, origins: list[str]) -> None:
    unknown = set(origins) - set(trusted.of_user())
    if unknown:
        raise SpeccError(f"{trusted.path} does not list {', '.join(sorted(unknown))}", help="`specc trust` lists them")
    trusted.remove(origins)


def _list(trusted: TrustedHosts, commands: TrustedCommands) -> None:
    """Print a line for each host and for each target's commands: what is trusted, and who says so."""
    shipped = translated(SHIPPED) if sys.stdout.isatty() else SHIPPED
    groups = ((trusted.of_vendor(), shipped), (trusted.of_environment(), VARIABLE))
    for origins, why in (*groups, (trusted.of_user(), str(trusted.path))):
        for origin in origins:
            write_row((origin, why))
    for digest in commands.of_environment():
        write_row((digest, COMMANDS_VARIABLE))
    for digest, shown in commands.of_user().items():
        write_row((digest, str(commands.path), shown))
