"""`specc trust`: the hosts that may get signed requests."""

import os
from pathlib import Path
from typing import Annotated

import typer

from specc.cli.console import say, write_row
from specc.errors import SpeccError
from specc.project import Apis
from specc.targets.ehpc.account import origin_of
from specc.targets.trust import VARIABLE, TrustedHosts

Hosts = Annotated[
    list[str] | None,
    typer.Argument(metavar="[HOST]...", help="Hosts or web addresses; without a scheme, `https://` is meant."),
]
Forget = Annotated[bool, typer.Option("--forget", help="Stop trusting these hosts.")]


def trust(hosts: Hosts = None, forget: Forget = False) -> int:
    """Let the targets of any project send signed requests to a host. Without a host, list those that may get them.

    A project's settings name the host of a target, but only its user can trust it: on a terminal specc asks once for
    each new host, and elsewhere it refuses. The hosts of the API pages that ship with specc are trusted from the start.
    On a CI runner, the variable SPECC_TRUSTED_HOSTS lists hosts, separated by commas.

    Example: specc trust https://hpc.example.org
    """
    apis = Apis()
    shipped = tuple(endpoint for api in apis.values() if (endpoint := api.endpoint) is not None)
    trusted = TrustedHosts(os.environ, shipped, origin_of, Path.cwd())
    if not hosts:
        if forget:
            raise SpeccError("nothing says which host to forget", help="`specc trust` lists them")
        _list(trusted)
        return 0
    origins = [origin_of(host) for host in hosts]
    if forget:
        _forget(trusted, origins)
    else:
        trusted.add(origins)
        say(f"{', '.join(origins)} may get signed requests (noted in {trusted.path})")
    return 0


def _forget(trusted: TrustedHosts, origins: list[str]) -> None:
    unknown = set(origins) - set(trusted.of_user())
    if unknown:
        raise SpeccError(f"{trusted.path} does not list {', '.join(sorted(unknown))}", help="`specc trust` lists them")
    trusted.remove(origins)


def _list(trusted: TrustedHosts) -> None:
    """Print a line for each host: the host, and who says that it is trusted."""
    groups = ((trusted.of_vendor(), "ships with specc"), (trusted.of_environment(), VARIABLE))
    for origins, why in (*groups, (trusted.of_user(), str(trusted.path))):
        for origin in origins:
            write_row((origin, why))
